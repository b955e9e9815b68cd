"""Customers, accounts and meters of a utility, and how accounts change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.change_feed import CHANGE_EVENTS, RowChanges, delivered
from seeders.simulation.entities import SECONDS_PER_HOUR, Entities, last_transition, moment, never
from seeders.simulation.months import NEVER, SECONDS_PER_DAY
from seeders.simulation.utility import names
from seeders.simulation.utility.facts import ACTIVE, CLOSED, STATUSES
from seeders.simulation.utility.ledger import MAX_ACCOUNTS
from seeders.simulation.utility.people import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.simulation.batches import Batches
    from seeders.simulation.pools import Pools
    from seeders.simulation.utility.cycles import Cycles
    from seeders.simulation.utility.facts import Accounts
    from seeders.simulation.utility.history import Changes
    from seeders.simulation.utility.ledger import Ledger
    from seeders.simulation.utility.names import Names
    from seeders.simulation.utility.people import Customers

LINE_OF_BUSINESS: Final = "utility"
CURRENCY: Final = "USD"

_ACCOUNTS: Final = "raw_crm.accounts"
_OPENED: Final = 0
SCHEDULES: Final = ("RES", "COM")
_METER_STATUSES: Final = ("Active", "Disconnected")
_HOUSE_NUMBERS: Final = 2_000
_CHANGES: Final = ("reinstate", "suspend", "close")


@dataclass(frozen=True)
class Registry:
    """The customers of a run and all their accounts, in their final state.

    Attributes:
        customers: The run of customers.
        accounts: All accounts.
        ids: Their ids.
        status: The status of each.
        changed: The cycle in which each last changed status.
        cycles: The calendar.
    """

    customers: Customers
    accounts: Accounts
    ids: Names
    status: NDArray[np.int8]
    changed: NDArray[np.int32]
    cycles: Cycles

    @classmethod
    def of(cls, ledger: Ledger, customers: Customers, ids: Names, cycles: Cycles) -> Registry:
        """Take the state of a ledger."""
        return cls(customers, ledger.accounts, ids, ledger.status, ledger.changed, cycles)

    @property
    def number(self) -> NDArray[np.int64]:
        """A number for each account, unique over all runs."""
        owner = self.customers.number[self.accounts.customer]
        numbers: NDArray[np.int64] = owner * MAX_ACCOUNTS + self.accounts.within
        return numbers

    @property
    def first_opened_on(self) -> NDArray[np.int32]:
        """The day each customer opened the first account, `NEVER` for customers without one."""
        day = np.full(len(self.customers.number), NEVER, dtype=np.int32)
        np.minimum.at(day, self.accounts.customer, self.cycles.first_days(self.accounts.opened))
        return day

    def people(self, pools: Pools) -> Entities:
        """Return the customers that have ever had an account."""
        transitions = (moment(self.first_opened_on, _OPENED, self.customers.number),)

        def rows_at(rows: NDArray[np.intp], at: NDArray[np.int64]) -> dict[str, pa.Array]:
            return _customer_rows(pools, self.customers, transitions[0], rows, at)

        return Entities(
            table="raw_crm.customers",
            key="customer_id",
            number=self.customers.number,
            transitions=transitions,
            deleted_at=never(self.customers.number),
            rows_at=rows_at,
        )

    def account_states(self) -> Entities:
        """Return the accounts in their final state."""

        def rows_at(rows: NDArray[np.intp], at: NDArray[np.int64]) -> dict[str, pa.Array]:
            return self._account_rows(
                rows, self.status[rows], last_transition(_taken(transitions, rows), at)
            )

        transitions = self._transitions(self.changed > self.accounts.opened)
        return Entities(
            table=_ACCOUNTS,
            key="account_id",
            number=self.number,
            transitions=transitions,
            deleted_at=never(self.number),
            rows_at=rows_at,
        )

    def meters(self) -> Entities:
        """Return the meters, one for each account, disconnected when it is closed."""
        transitions = self._transitions(self.status == CLOSED)

        def rows_at(rows: NDArray[np.intp], at: NDArray[np.int64]) -> dict[str, pa.Array]:
            is_commercial = self.customers.is_commercial[self.accounts.customer[rows]]
            is_closed = transitions[1][rows] <= at
            return {
                "meter_id": self.ids.short(names.METER, rows),
                "meter_number": self.ids.short(names.METER_NUMBER, rows),
                "account_id": self.ids.short(names.ACCOUNT, rows),
                "rate_schedule": columns.choice(SCHEDULES, is_commercial.astype(np.int8)),
                "status": columns.choice(_METER_STATUSES, is_closed.astype(np.int8)),
                "installed_on": columns.days(self.cycles.first_days(self.accounts.opened[rows])),
                "updated_at": columns.timestamps(last_transition(_taken(transitions, rows), at)),
            }

        return Entities(
            table="raw_metering.meters",
            key="meter_id",
            number=self.number,
            transitions=transitions,
            deleted_at=never(self.number),
            rows_at=rows_at,
        )

    def events(
        self, batches: Batches, changes: Changes, since: int, until: int
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Return the change feed of accounts, and the audit trail of their changes.

        Args:
            batches: The batches of the line.
            changes: All changes so far, in order.
            since: The first day whose events to return.
            until: The last one.

        Yields:
            Names of raw tables with their rows.
        """
        first, last = np.int64(since) * SECONDS_PER_DAY, np.int64(until + 1) * SECONDS_PER_DAY
        at = self.opened_at
        rows = np.flatnonzero((at >= first) & (at < last))
        at = at[rows]
        yield (
            CHANGE_EVENTS,
            RowChanges(
                event_id=self.ids.long(names.ACCOUNT, rows, self.accounts.opened[rows]),
                table=_ACCOUNTS,
                key="account_id",
                sequence=self.number[rows] * 10,
                at=at,
                arrived_at=delivered(at),
                before=None,
                after=self._account_rows(rows, np.full(len(rows), ACTIVE, dtype=np.int8), at),
            ).rows(_booked(batches, at)),
        )
        at = self._changed_at(changes.account, changes.cycle, changes.status)
        is_first = np.diff(changes.account, prepend=-1) != 0
        before = np.where(is_first, self.opened_at[changes.account], np.roll(at, 1))
        is_new = np.flatnonzero((at >= first) & (at < last))
        these, at, before = changes.select(is_new), at[is_new], before[is_new]
        rows, booked = these.account.astype(np.intp), _booked(batches, at)
        yield (
            CHANGE_EVENTS,
            RowChanges(
                event_id=self.ids.long(names.ACCOUNT, rows, these.cycle),
                table=_ACCOUNTS,
                key="account_id",
                sequence=self.number[rows] * 10,
                at=at,
                arrived_at=delivered(at),
                before=self._account_rows(rows, these.was, before),
                after=self._account_rows(rows, these.status, at),
            ).rows(booked),
        )
        yield (
            "raw_regulatory.audit_events",
            pa.record_batch(
                {
                    "audit_event_id": self.ids.long(names.AUDIT, rows, these.cycle),
                    "entity_type": columns.constant("account", len(rows)),
                    "entity_id": self.ids.short(names.ACCOUNT, rows),
                    "occurred_at": columns.timestamps(at),
                    "action": columns.choice(_CHANGES, these.status),
                    **booked,
                }
            ),
        )

    @property
    def opened_at(self) -> NDArray[np.int64]:
        """The second at which each account opened."""
        return moment(self.cycles.first_days(self.accounts.opened), _OPENED, self.number)

    def _changed_at(
        self, account: NDArray[np.integer], cycle: NDArray[np.int32], status: NDArray[np.int8]
    ) -> NDArray[np.int64]:
        """Return the second of each change: an hour for each status, after the one in which accounts open."""
        at = moment(self.cycles.first_days(cycle), _OPENED + 1, self.number[account])
        return at + status * np.int64(SECONDS_PER_HOUR)

    def _transitions(
        self, has_changed: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        everyone = np.arange(len(self.status))
        changed_at = self._changed_at(everyone, self.changed, self.status)
        return self.opened_at, np.where(has_changed, changed_at, never(self.number))

    def _account_rows(
        self, rows: NDArray[np.intp], status: NDArray[np.int8], changed_at: NDArray[np.int64]
    ) -> dict[str, pa.Array]:
        """Rows of `raw_crm.accounts`. Nothing changes after closure, so the last change of a closed account is it."""
        owner = self.customers.digits[self.accounts.customer[rows]]
        changed_on = (changed_at // SECONDS_PER_DAY).astype(np.int32)
        terms = np.full(len(rows), self.cycles.config.cycle_days, dtype=np.int32)
        return {
            "account_id": self.ids.short(names.ACCOUNT, rows),
            "customer_id": columns.around(names.CUSTOMER, owner),
            "line_of_business": columns.constant(LINE_OF_BUSINESS, len(rows)),
            "status": columns.choice(STATUSES, status),
            "opened_on": columns.days(self.cycles.first_days(self.accounts.opened[rows])),
            "closed_on": columns.days(
                np.where(status == CLOSED, changed_on, NEVER).astype(np.int32)
            ),
            "payment_terms_days": pa.array(terms),
            "cash_application": columns.constant("balance_forward", len(rows)),
            "currency": columns.constant(CURRENCY, len(rows)),
            "updated_at": columns.timestamps(changed_at),
        }


def _booked(batches: Batches, at: NDArray[np.int64]) -> dict[str, pa.Array]:
    """Return the batch of the month that rows are dated in."""
    return batches.columns(batches.axis.month_of((at // SECONDS_PER_DAY).astype(np.int32)))


def _taken(
    transitions: tuple[NDArray[np.int64], ...], rows: NDArray[np.intp]
) -> list[NDArray[np.int64]]:
    return [transition[rows] for transition in transitions]


def _customer_rows(
    pools: Pools,
    customers: Customers,
    created: NDArray[np.int64],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    start, count = int(customers.number[0]) - 1, len(customers.number)
    is_commercial = customers.is_commercial[rows]

    def pick(stream: str, pool: tuple[str, ...]) -> pa.Array:
        drawn = pools.streams.uniform(f"utility.customer.{stream}", start, count)[rows]
        return pa.array(pool).take(pa.array((drawn * len(pool)).astype(np.int32)))

    city = pools.streams.uniform("utility.customer.city", start, count)[rows]
    place = (city * len(pools.cities)).astype(np.int32)
    house = pools.streams.uniform("utility.customer.house", start, count)[rows] * _HOUSE_NUMBERS
    digits = customers.digits[rows]
    person = pc.binary_join_element_wise(
        pick("first_name", pools.first_names), pick("last_name", pools.last_names), " "
    )
    return {
        "customer_id": columns.around(names.CUSTOMER, digits),
        "full_name": pc.if_else(pa.array(is_commercial), pick("company", pools.companies), person),
        "email": columns.around("h", digits, "@example.com"),
        "phone": columns.around("+15557", digits),
        "street": pc.binary_join_element_wise(
            pa.array(house.astype(np.int32) + 1).cast(pa.string()),
            pick("street", pools.streets),
            " ",
        ),
        "city": columns.choice(pools.cities, place),
        "region": columns.choice(pools.states, place),
        "postal_code": columns.choice(pools.codes, place),
        "country": columns.constant("US", len(rows)),
        "segment": columns.choice(SEGMENTS, is_commercial.astype(np.int8)),
        "created_at": columns.timestamps(created[rows]),
        "updated_at": columns.timestamps(np.minimum(created[rows], at)),
    }
