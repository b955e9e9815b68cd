"""Trade customers and their accounts, and the state of their rows at any second."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.entities import Entities, last_transition, moment, never
from seeders.simulation.months import NEVER
from seeders.simulation.trade.accounts import SEGMENTS
from seeders.simulation.trade.catalogue import CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seeders.simulation.pools import Pools
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.facts import StatusDays

LINE_OF_BUSINESS: Final = "trade_credit"

_STATUSES: Final = ("Active", "Suspended", "Closed")
_APPLICATIONS: Final = ("open_item", "balance_forward")
_HOUSE_NUMBERS: Final = 2_000
_RAISED: Final = 1.5


def customers(pools: Pools, these: Accounts) -> Entities:
    """Return the customers of accounts: created, moved.

    Args:
        pools: Names and addresses.
        these: n accounts, of one customer each.

    Returns:
        The rows of `raw_crm.customers`.
    """
    transitions = tuple(
        moment(day, kind, these.number)
        for kind, day in enumerate((these.opened_on, these.moved_on))
    )
    return Entities(
        table="raw_crm.customers",
        key="customer_id",
        number=these.number,
        transitions=transitions,
        deleted_at=never(these.number),
        rows_at=partial(_customer_rows, pools, these, transitions),
    )


def accounts(these: Accounts, status_days: StatusDays) -> Entities:
    """Return accounts: opened, limit raised, put on credit hold, reinstated, limit cut, closed.

    Args:
        these: n accounts.
        status_days: When their status changes.

    Returns:
        The rows of `raw_crm.accounts`, which are never deleted.
    """
    closed_on = status_days.closed_on
    days = (
        these.opened_on,
        np.where(these.limit_raised_on < closed_on, these.limit_raised_on, NEVER),
        status_days.suspended_on,
        status_days.reinstated_on,
        np.where(these.limit_cut_on < closed_on, these.limit_cut_on, NEVER),
        closed_on,
    )
    transitions = tuple(moment(day, kind, these.number) for kind, day in enumerate(days))
    return Entities(
        table="raw_crm.accounts",
        key="account_id",
        number=these.number,
        transitions=transitions,
        deleted_at=never(these.number),
        rows_at=partial(_account_rows, these, status_days, transitions),
        letter="T",
    )


def account_ids(digits: NDArray[np.uint8]) -> pa.StringArray:
    """Account ids of an n x 6 matrix of digits."""
    return columns.around("T", digits)


def customer_ids(digits: NDArray[np.uint8]) -> pa.StringArray:
    """Customer ids of an n x 6 matrix of digits."""
    return columns.around("B", digits)


def currencies(is_eur: NDArray[np.bool_]) -> pa.Array:
    """Return the currency of each row."""
    return columns.choice(CURRENCIES, is_eur.astype(np.int8))


def _customer_rows(
    pools: Pools,
    these: Accounts,
    transitions: Sequence[NDArray[np.int64]],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    transitions = [transition[rows] for transition in transitions]
    created, moved = transitions
    start, count = int(these.number[0]) - 1, len(these.number)

    def pick(stream: str, options: int) -> NDArray[np.int32]:
        at_first, later = (
            pools.streams.uniform(f"trade.customer.{stream}{suffix}", start, count)[rows]
            for suffix in ("", "/moved")
        )
        return (np.where(moved <= at, later, at_first) * options).astype(np.int32)

    named = pools.streams.uniform("trade.customer.name", start, count)[rows]
    city, digits = pick("city", len(pools.cities)), these.digits[rows]
    street = pa.array(pools.streets).take(pa.array(pick("street", len(pools.streets))))
    house = pa.array(pick("house", _HOUSE_NUMBERS) + 1).cast(pa.string())
    return {
        "customer_id": customer_ids(digits),
        "full_name": pa.array(pools.companies).take(
            pa.array((named * len(pools.companies)).astype(np.int32))
        ),
        "email": columns.around("b", digits, "@example.com"),
        "phone": columns.around("+15556", digits),
        "street": pc.binary_join_element_wise(house, street, " "),
        "city": columns.choice(pools.cities, city),
        "region": columns.choice(pools.states, city),
        "postal_code": columns.choice(pools.codes, city),
        "country": columns.constant("US", len(rows)),
        "segment": columns.choice(SEGMENTS, these.segment[rows]),
        "created_at": columns.timestamps(created),
        "updated_at": columns.timestamps(last_transition(transitions, at)),
    }


def _account_rows(
    these: Accounts,
    status_days: StatusDays,
    transitions: Sequence[NDArray[np.int64]],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    transitions = [transition[rows] for transition in transitions]
    _, raised, suspended, reinstated, cut, closed = transitions
    status = np.select([closed <= at, (suspended <= at) & (at < reinstated)], [2, 1], 0)
    limit = these.limit_cents[rows] * np.where(raised <= at, _RAISED, 1.0)
    limit = np.where(cut <= at, limit / 2, limit)
    digits = these.digits[rows]
    return {
        "account_id": account_ids(digits),
        "customer_id": customer_ids(digits),
        "line_of_business": columns.constant(LINE_OF_BUSINESS, len(rows)),
        "status": columns.choice(_STATUSES, status.astype(np.int8)),
        "opened_on": columns.days(these.opened_on[rows]),
        "closed_on": columns.days(np.where(closed <= at, status_days.closed_on[rows], NEVER)),
        "payment_terms_days": pa.array(these.terms[rows]),
        "cash_application": columns.choice(
            _APPLICATIONS, these.is_balance_forward[rows].astype(np.int8)
        ),
        "credit_limit": columns.money(limit.astype(np.int64)),
        "currency": currencies(these.is_eur[rows]),
        "updated_at": columns.timestamps(last_transition(transitions, at)),
    }
