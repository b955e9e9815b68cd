"""The facts of a cycle as rows of the raw tables.

A fact arrives in the month of its date; usage is read on the last day of its cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.utility import names
from seeders.simulation.utility.facts import (
    ACTIONS,
    CLOSED,
    STATUSES,
    STEPS,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.batches import Batches
    from seeders.simulation.utility.cycles import Cycles
    from seeders.simulation.utility.facts import Bills, Checks, CycleFacts, Payments, Usages
    from seeders.simulation.utility.names import Names
    from seeders.writer import Appender

_RATIO_UNITS: Final = 1_000_000
_SCORE_DIGITS: Final = 3
_ENERGY_DIGITS: Final = 3
_RATIO_DIGITS: Final = 6
_CENT_DIGITS: Final = 2

_Rows = dict[str, pa.Array]


@dataclass(frozen=True)
class FactWriter:
    """Writes what is dated from `since` to `until`, days both included."""

    appender: Appender
    batches: Batches
    cycles: Cycles
    since: int
    until: int

    def write(self, facts: CycleFacts, ids: Names) -> None:
        """Write the facts of a cycle.

        Args:
            facts: What happens in it.
            ids: The ids of all accounts opened so far.
        """
        cycle = facts.cycle
        begins, ends = self.cycles.begins(cycle), self.cycles.ends(cycle)
        if ends < self.since:
            return
        if begins >= self.since:
            checks, bills = facts.checks, facts.bills
            closed = checks.select(np.flatnonzero(checks.status == CLOSED))
            self._add("raw_billing.balance_snapshots", begins, self._checks(cycle, checks, ids))
            self._add("raw_billing.invoices", begins, self._bills(cycle, bills, ids))
            self._add("raw_billing.bad_debts", begins, self._bad_debts(cycle, closed, ids))
            given_up = closed.select(np.flatnonzero(closed.unpaid > 0))
            self._add("raw_billing.write_offs", begins, self._write_offs(cycle, given_up, ids))
        self._payments(facts.payments, ids)
        if ends <= self.until:
            self._add("raw_metering.usages", ends, self._usages(cycle, facts.usages, ids))

    def _add(self, table: str, day: int, rows: _Rows) -> None:
        """Append rows of one day."""
        count = len(next(iter(rows.values())))
        if count > 0:
            booked = self.batches.columns(self._months(np.full(count, day, dtype=np.int32)))
            self.appender.add(table, pa.record_batch({**rows, **booked}))

    def _months(self, days: NDArray[np.int32]) -> NDArray[np.int32]:
        # the days span few months: look up each day once
        first, last = int(days.min()), int(days.max())
        months = self.batches.axis.month_of(np.arange(first, last + 1, dtype=np.int32))
        return months[days - first]

    def _days(self, day: int, count: int) -> pa.Array:
        return columns.days(np.full(count, day, dtype=np.int32))

    def _checks(self, cycle: int, checks: Checks, ids: Names) -> _Rows:
        count, day = len(checks.account), self.cycles.begins(cycle)
        ratio = np.zeros(count, dtype=np.int64)
        asked = np.flatnonzero(checks.unpaid > 0)
        unpaid, total = checks.unpaid[asked], checks.total[asked]
        ratio[asked] = (2 * unpaid * _RATIO_UNITS + total) // (2 * total)
        return {
            "account_id": ids.short(names.ACCOUNT, checks.account),
            "invoice_id": ids.long(names.BILL, checks.account, cycle - 1),
            "check_date": self._days(day, count),
            "total_due": columns.decimals(checks.total, _CENT_DIGITS),
            "due_date": self._days(day, count),
            "unpaid_balance": columns.decimals(checks.unpaid, _CENT_DIGITS),
            "unpaid_ratio": columns.decimals(ratio, _RATIO_DIGITS),
            "previous_unpaid_balance": columns.decimals(checks.unpaid_before, _CENT_DIGITS),
            "previous_score": columns.decimals(checks.score_before, _SCORE_DIGITS),
            "delinquency_type": columns.choice(STEPS, checks.step),
            "penalty": columns.decimals(checks.penalty, _SCORE_DIGITS),
            "score": columns.decimals(checks.score, _SCORE_DIGITS),
            "status": columns.choice(STATUSES, checks.status),
            "action": columns.choice(ACTIONS, checks.action),
        }

    def _bills(self, cycle: int, bills: Bills, ids: Names) -> _Rows:
        count = len(bills.account)
        return {
            "invoice_id": ids.long(names.BILL, bills.account, cycle),
            "account_id": ids.short(names.ACCOUNT, bills.account),
            "invoice_date": self._days(self.cycles.begins(cycle), count),
            "due_date": self._days(self.cycles.begins(cycle + 1), count),
            "period_start": self._days(self.cycles.begins(cycle - 1), count),
            "period_end": self._days(self.cycles.ends(cycle - 1), count),
            "amount": columns.decimals(bills.cents, _CENT_DIGITS),
            "statement_amount": columns.decimals(bills.total, _CENT_DIGITS),
        }

    def _bad_debts(self, cycle: int, closed: Checks, ids: Names) -> _Rows:
        return {
            "account_id": ids.short(names.ACCOUNT, closed.account),
            "closed_on": self._days(self.cycles.begins(cycle), len(closed.account)),
            "closing_balance": columns.decimals(closed.unpaid, _CENT_DIGITS),
            "score": columns.decimals(closed.score, _SCORE_DIGITS),
            "is_bad_debt": pa.array(closed.unpaid > 0),
        }

    def _write_offs(self, cycle: int, given_up: Checks, ids: Names) -> _Rows:
        count = len(given_up.account)
        return {
            "write_off_id": ids.short(names.WRITE_OFF, given_up.account),
            "account_id": ids.short(names.ACCOUNT, given_up.account),
            "written_off_on": self._days(self.cycles.begins(cycle), count),
            "reason": columns.constant("account closed", count),
        }

    def _payments(self, payments: Payments, ids: Names) -> None:
        is_new = payments.paid_on >= self.since
        if not is_new.all():
            payments = payments.select(is_new)
        if len(payments.account) == 0:
            return
        rows = {
            "payment_id": ids.long(names.PAYMENT, payments.account, payments.billed),
            "account_id": ids.short(names.ACCOUNT, payments.account),
            "payment_date": columns.days(payments.paid_on),
            "amount_paid": columns.decimals(payments.cents, _CENT_DIGITS),
            **self.batches.columns(self._months(payments.paid_on)),
        }
        self.appender.add("raw_payments.payments", pa.record_batch(rows))

    def _usages(self, cycle: int, usages: Usages, ids: Names) -> _Rows:
        count = len(usages.account)
        return {
            "usage_id": ids.long(names.USAGE, usages.account, cycle),
            "account_id": ids.short(names.ACCOUNT, usages.account),
            "cycle_start": self._days(self.cycles.begins(cycle), count),
            "cycle_end": self._days(self.cycles.ends(cycle), count),
            "usage_kwh": columns.decimals(usages.milli_kwh, _ENERGY_DIGITS),
        }
