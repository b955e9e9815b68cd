"""Invoices, lines, payments and write-offs as rows of the raw tables.

A row arrives in the month of its date, which may be later than the month it was simulated in. Until then it is kept
in compact arrays.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER
from seeders.simulation.subscription.account_rows import account_ids
from seeders.simulation.subscription.lifecycles import METHODS
from seeders.simulation.subscription.plans import CURRENCY, PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.simulation.months import MonthAxis
    from seeders.simulation.subscription.facts import Settlement

INVOICES: Final = "raw_billing.invoices"
LINE_ITEMS: Final = "raw_billing.invoice_line_items"
PAYMENTS: Final = "raw_payments.payments"
WRITE_OFFS: Final = "raw_billing.write_offs"

_PAYMENT: Final = ord("P")
_TOP_UP: Final = ord("Q")

_Rows = TypeVar("_Rows", bound="_Arrays")


@dataclass(frozen=True)
class _Arrays(Arrays):
    """Rows of one subscription each. `entity` holds its digits."""

    entity: NDArray[np.uint8]


@dataclass(frozen=True)
class InvoiceRows(_Arrays):
    """Invoices, each with its one line. `month` is the month that is billed."""

    month: NDArray[np.int32]
    issued_on: NDArray[np.int32]
    due_on: NDArray[np.int32]
    plan: NDArray[np.int8]
    quantity: NDArray[np.int64]
    unit_cents: NDArray[np.int64]


@dataclass(frozen=True)
class PaymentRows(_Arrays):
    """Payments. `kind` is the first letter of their ids."""

    month: NDArray[np.int32]
    kind: NDArray[np.uint8]
    paid_on: NDArray[np.int32]
    cents: NDArray[np.int64]
    method: NDArray[np.int8]


@dataclass(frozen=True)
class WriteOffRows(_Arrays):
    """Write-offs of whole invoices."""

    month: NDArray[np.int32]
    written_off_on: NDArray[np.int32]


@dataclass(frozen=True)
class Arrivals:
    """Rows still to be written, by the month they arrive in."""

    rows: dict[tuple[type[Any], int], list[Any]] = field(default_factory=lambda: defaultdict(list))

    def add(self, rows: _Arrays, arrival: NDArray[np.int32], earliest: int) -> None:
        """Add rows; those that arrive before `earliest` have been written already and are dropped.

        Args:
            rows: k rows.
            arrival: The month each arrives in.
            earliest: The first month still to be written.
        """
        if len(arrival) == 0:
            return
        first = int(arrival.min())
        if first >= earliest and first == int(arrival.max()):
            self.rows[type(rows), first].append(rows)
            return
        for month in np.unique(arrival[arrival >= earliest]).tolist():
            self.rows[type(rows), month].append(rows.select(arrival == month))

    def take(self, kind: type[_Rows], month: int) -> _Rows | None:
        """Remove and return all rows of a kind that arrive in a month."""
        parts = self.rows.pop((kind, month), None)
        return kind.concatenate(parts) if parts else None


def schedule_arrivals(
    arrivals: Arrivals, axis: MonthAxis, settled: Settlement, earliest: int
) -> None:
    """Add the rows of one month's invoices to the months they arrive in.

    Args:
        arrivals: Rows still to be written.
        axis: The simulated months.
        settled: The invoices and how they are settled.
        earliest: The first month still to be written.
    """
    bills = settled.bills
    customers = bills.lifecycles.customers
    entity = bills.lifecycles.subscriptions.digits[bills.row]
    month = np.full(len(bills.row), bills.month, dtype=np.int32)
    method = customers.method[bills.owner]

    invoices = InvoiceRows(
        entity=entity,
        month=month,
        issued_on=bills.issued_on,
        due_on=settled.due_on,
        plan=bills.plan,
        quantity=bills.quantity,
        unit_cents=bills.unit_cents,
    )
    arrivals.add(invoices, axis.month_of(bills.issued_on), earliest)

    for letter, paid_on, cents, delay in (
        (_PAYMENT, settled.paid_on, settled.paid_cents, settled.arrives_late),
        (_TOP_UP, settled.topped_up_on, settled.missing_cents, None),
    ):
        happens = paid_on < NEVER
        payments = PaymentRows(
            entity=entity[happens],
            month=month[happens],
            kind=np.full(int(happens.sum()), letter, dtype=np.uint8),
            paid_on=paid_on[happens],
            cents=cents[happens],
            method=method[happens],
        )
        arrival = axis.month_of(payments.paid_on)
        arrivals.add(payments, arrival if delay is None else arrival + delay[happens], earliest)

    happens = settled.written_off_on < NEVER
    write_offs = WriteOffRows(
        entity=entity[happens],
        month=month[happens],
        written_off_on=settled.written_off_on[happens],
    )
    arrivals.add(write_offs, axis.month_of(write_offs.written_off_on), earliest)


def arriving_rows(
    arrivals: Arrivals, axis: MonthAxis, month: int, batch: int
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Return the rows that arrive in a month.

    Args:
        arrivals: Rows still to be written.
        axis: The simulated months.
        month: Number of the month.
        batch: Number of the batch they arrive with.

    Yields:
        Names of raw tables with their rows.
    """
    invoices = arrivals.take(InvoiceRows, month)
    if invoices is not None:
        yield INVOICES, _invoices(axis, invoices, batch)
        yield LINE_ITEMS, _line_items(invoices, batch)
    payments = arrivals.take(PaymentRows, month)
    if payments is not None:
        yield PAYMENTS, _payments(payments, batch)
    write_offs = arrivals.take(WriteOffRows, month)
    if write_offs is not None:
        yield WRITE_OFFS, _write_offs(write_offs, batch)


def _invoices(axis: MonthAxis, rows: InvoiceRows, batch: int) -> pa.RecordBatch:
    count = len(rows.month)
    starts = axis.nth_day(rows.month, np.ones(count, dtype=np.int32))
    return pa.record_batch(
        {
            "invoice_id": columns.month_id("I", rows.entity, rows.month),
            "account_id": account_ids(rows.entity),
            "subscription_id": columns.around("S", rows.entity),
            "invoice_date": columns.days(rows.issued_on),
            "due_date": columns.days(rows.due_on),
            "period_start": columns.days(starts),
            "period_end": columns.days(axis.month_end(starts)),
            "amount": columns.money(rows.unit_cents * rows.quantity),
            "currency": columns.constant(CURRENCY, count),
            "_batch_no": columns.constant_number(batch, count),
        }
    )


def _line_items(rows: InvoiceRows, batch: int) -> pa.RecordBatch:
    count = len(rows.month)
    return pa.record_batch(
        {
            "line_item_id": columns.month_id("L", rows.entity, rows.month),
            "invoice_id": columns.month_id("I", rows.entity, rows.month),
            "charge_type": columns.constant("subscription", count),
            "description": columns.choice([f"{p.name} plan" for p in PLANS], rows.plan),
            "quantity": pa.array(rows.quantity),
            "unit_price": columns.money(rows.unit_cents),
            "amount": columns.money(rows.unit_cents * rows.quantity),
            "_batch_no": columns.constant_number(batch, count),
        }
    )


def _payments(rows: PaymentRows, batch: int) -> pa.RecordBatch:
    count = len(rows.month)
    return pa.record_batch(
        {
            "payment_id": columns.month_id(rows.kind, rows.entity, rows.month),
            "account_id": account_ids(rows.entity),
            "invoice_id": columns.month_id("I", rows.entity, rows.month),
            "payment_date": columns.days(rows.paid_on),
            "amount_paid": columns.money(rows.cents),
            "currency": columns.constant(CURRENCY, count),
            "method": columns.choice(METHODS, rows.method),
            "_batch_no": columns.constant_number(batch, count),
        }
    )


def _write_offs(rows: WriteOffRows, batch: int) -> pa.RecordBatch:
    count = len(rows.month)
    return pa.record_batch(
        {
            "write_off_id": columns.month_id("W", rows.entity, rows.month),
            "invoice_id": columns.month_id("I", rows.entity, rows.month),
            "account_id": account_ids(rows.entity),
            "written_off_on": columns.days(rows.written_off_on),
            "reason": columns.constant("account closed", count),
            "_batch_no": columns.constant_number(batch, count),
        }
    )
