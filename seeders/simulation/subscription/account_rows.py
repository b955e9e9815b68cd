"""Accounts and subscriptions, and the state of their rows at any second."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.entities import Entities, last_transition, moment, never
from seeders.simulation.months import NEVER, SECONDS_PER_DAY, or_never
from seeders.simulation.subscription.lifecycles import LIST_PRICE
from seeders.simulation.subscription.plans import CURRENCY, LINE_OF_BUSINESS, PLANS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seeders.config import SimulationConfig
    from seeders.simulation.subscription.lifecycles import Customers, Subscriptions

ACCOUNT_STATUSES: Final = ("Active", "Suspended", "Closed")
SUBSCRIPTION_STATUSES: Final = ("Trial", "Active", "Cancelled")


def accounts(config: SimulationConfig, customers: Customers) -> Entities:
    """Return the accounts of customers: opened, suspended, reinstated, closed, deleted.

    Args:
        config: The terms of payment.
        customers: n customers.

    Returns:
        n accounts.
    """
    days = (
        customers.created_on,
        customers.suspended_on,
        customers.reinstated_on,
        customers.closed_on,
        customers.purged_on,
    )
    transitions = tuple(moment(day, kind, customers.number) for kind, day in enumerate(days))
    return Entities(
        table="raw_crm.accounts",
        key="account_id",
        # the last digit is 0; those of the customer's subscriptions are 1 and 2
        number=customers.number * 10,
        transitions=transitions,
        deleted_at=transitions[-1],
        rows_at=partial(_account_rows, config, customers, transitions),
    )


def subscriptions(these: Subscriptions) -> Entities:
    """Return subscriptions: started, trial over, plan changed, cancelled.

    Args:
        these: n subscriptions.

    Returns:
        Their rows, which are never deleted.
    """
    has_trial = these.trial_until > these.started_on
    days = (
        these.started_on,
        or_never(has_trial, these.trial_until),
        these.plan_changed_on,
        these.cancelled_on,
    )
    transitions = tuple(moment(day, kind, these.number) for kind, day in enumerate(days))
    return Entities(
        table="raw_billing.subscriptions",
        key="subscription_id",
        number=these.number,
        transitions=transitions,
        deleted_at=never(these.number),
        rows_at=partial(_subscription_rows, these, transitions),
    )


def account_ids(digits: NDArray[np.uint8]) -> pa.StringArray:
    """Return account ids for an n x 8 matrix of subscription digits: the first seven are the account's."""
    return columns.around("A", digits[:, :-1])


def _account_rows(
    config: SimulationConfig,
    customers: Customers,
    transitions: Sequence[NDArray[np.int64]],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    transitions = [transition[rows] for transition in transitions]
    _, suspended, reinstated, closed, _ = transitions
    count = len(rows)
    status = np.select([closed <= at, (suspended <= at) & (at < reinstated)], [2, 1], 0)
    digits = customers.digits[rows]
    terms = config.subscription.payment_terms_days
    return {
        "account_id": columns.around("A", digits),
        "customer_id": columns.around("C", digits),
        "line_of_business": columns.constant(LINE_OF_BUSINESS, count),
        "status": columns.choice(ACCOUNT_STATUSES, status.astype(np.int8)),
        "opened_on": columns.days(customers.created_on[rows]),
        "closed_on": columns.days(np.where(closed <= at, customers.closed_on[rows], NEVER)),
        "payment_terms_days": pa.array(np.full(count, terms, dtype=np.int32)),
        "cash_application": columns.constant("open_item", count),
        "currency": columns.constant(CURRENCY, count),
        "updated_at": columns.timestamps(last_transition(transitions, at)),
    }


def _subscription_rows(
    these: Subscriptions,
    transitions: Sequence[NDArray[np.int64]],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    transitions = [transition[rows] for transition in transitions]
    _, trial_over, changed, cancelled = transitions
    on_trial = (at < trial_over) & (trial_over < NEVER * np.int64(SECONDS_PER_DAY))
    status = np.select([cancelled <= at, on_trial], [2, 0], 1)
    plan = these.plan[rows] + (changed <= at).astype(np.int8)
    agreed = np.where(changed <= at, LIST_PRICE, these.agreed_cents[rows])
    is_list_price = agreed == LIST_PRICE
    digits = these.digits[rows]
    return {
        "subscription_id": columns.around("S", digits),
        "account_id": account_ids(digits),
        "plan_id": columns.choice([p.plan_id for p in PLANS], plan),
        "status": columns.choice(SUBSCRIPTION_STATUSES, status.astype(np.int8)),
        "started_on": columns.days(these.started_on[rows]),
        "cancelled_on": columns.days(np.where(cancelled <= at, these.cancelled_on[rows], NEVER)),
        "billing_day": pa.array(these.billing_day[rows]),
        "quantity": pa.array(these.quantity[rows]),
        "unit_price": columns.money(np.where(is_list_price, 0, agreed), is_list_price),
        "updated_at": columns.timestamps(last_transition(transitions, at)),
    }
