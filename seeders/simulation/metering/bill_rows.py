"""Bills and payments as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.metering import names
from seeders.simulation.metering.account_rows import CURRENCY
from seeders.simulation.metering.billing import METHODS, issued_on
from seeders.simulation.metering.facts import GHOST, NOT_DUE
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeders.simulation.metering.facts import Bills
    from seeders.simulation.metering.run import Run

INVOICES: Final = "raw_billing.invoices"
LINES: Final = "raw_billing.invoice_line_items"
PAYMENTS: Final = "raw_payments.payments"

CHARGES: Final = ("energy", "fixed", "tax", "duty", "fee")

_CENT_DIGITS: Final = 2
_ENERGY_DIGITS: Final = 3


def bill_rows(run: Run, bills: Bills, batch: int) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Write a month's bills and payments, which arrive in the month that follows.

    Args:
        run: The places and the month that is billed.
        bills: The bills.
        batch: Number of the batch they come with.

    Yields:
        Names of raw tables with their rows.
    """
    issued = bills.select((bills.fault != GHOST) & (bills.fault != NOT_DUE))
    number, count = run.places.number[issued.place], len(issued.place)
    calendar, month = run.calendar, run.calendar.month
    next_month = calendar.first_day + calendar.days
    on = issued_on(run.config, next_month)
    invoice_id = names.of_month(names.INVOICE, number, month)
    yield (
        INVOICES,
        pa.record_batch(
            {
                "invoice_id": invoice_id,
                "account_id": names.of_place(names.ACCOUNT, number),
                "meter_number": names.of_meter(names.METER_NUMBER, number, issued.sequence),
                "invoice_date": _days(on, count),
                "due_date": _days(on + run.config.due_after_days, count),
                "period_start": _days(calendar.first_day, count),
                "period_end": _days(next_month - 1, count),
                "amount": columns.decimals(issued.total, _CENT_DIGITS),
                "currency": columns.constant(CURRENCY, count),
                "_batch_no": columns.constant_number(batch, count),
            }
        ),
    )
    for tag, kind in enumerate(CHARGES, start=1):
        nothing = pa.nulls(count, pa.decimal64(18, _ENERGY_DIGITS))
        energy = columns.decimals(issued.watt_hours, _ENERGY_DIGITS)
        yield (
            LINES,
            pa.record_batch(
                {
                    "line_item_id": names.of_month(names.LINE, number, month, str(tag)),
                    "invoice_id": invoice_id,
                    "charge_type": columns.constant(kind, count),
                    "quantity": energy if kind == "energy" else nothing,
                    "amount": columns.decimals(getattr(issued, kind), _CENT_DIGITS),
                    "_batch_no": columns.constant_number(batch, count),
                }
            ),
        )
    paid = issued.select(issued.paid_on < NEVER)
    number, count = run.places.number[paid.place], len(paid.place)
    yield (
        PAYMENTS,
        pa.record_batch(
            {
                "payment_id": names.of_month(names.PAYMENT, number, month),
                "account_id": names.of_place(names.ACCOUNT, number),
                "invoice_id": names.of_month(names.INVOICE, number, month),
                "payment_date": columns.days(paid.paid_on),
                "amount_paid": columns.decimals(paid.paid, _CENT_DIGITS),
                "currency": columns.constant(CURRENCY, count),
                "method": columns.choice(METHODS, paid.method),
                "_batch_no": columns.constant_number(batch, count),
            }
        ),
    )


def _days(day: int, count: int) -> pa.Array:
    return columns.days(np.full(count, day, dtype=np.int32))
