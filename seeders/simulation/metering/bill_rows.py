"""Bills, payments and the truth about them as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.metering import names
from seeders.simulation.metering.billing import (
    GHOST,
    METHODS,
    NOT_DUE,
    RIGHT,
    RULES,
    issued_on,
)
from seeders.simulation.metering.state_rows import CURRENCY
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.simulation.metering.billing import Bills
    from seeders.simulation.metering.energy import Run

INVOICES: Final = "raw_billing.invoices"
LINES: Final = "raw_billing.invoice_line_items"
PAYMENTS: Final = "raw_payments.payments"
FAULTS: Final = "ground_truth.faults"

CHARGES: Final = ("energy", "fixed", "tax", "duty", "fee")

_CENT_DIGITS: Final = 2
_ENERGY_DIGITS: Final = 3


def bill_rows(run: Run, bills: Bills, batch: int) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Write a month's bills and payments, which arrive in the month that follows.

    Args:
        run: The places and the month that is billed.
        bills: What becomes of it.
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


def bill_truth(run: Run, bills: Bills, grace_days: int, lag_days: int) -> Iterator[pa.RecordBatch]:
    """Tell what is wrong with a month's bills, and which of them are not paid or not in full.

    Args:
        run: The places and the month that is billed.
        bills: What becomes of it.
        grace_days: Days past due after which an unpaid bill is a zombie.
        lag_days: Days that a bill may follow its month by before it is missing.

    Yields:
        Rows of `ground_truth.faults`.
    """
    calendar = run.calendar
    next_month = calendar.first_day + calendar.days
    on = issued_on(run.config, next_month)
    for fault, rule in enumerate(RULES):
        if fault in (RIGHT, NOT_DUE):
            continue
        these = bills.select(bills.fault == fault)
        is_ghost = fault == GHOST
        seen_on = next_month + lag_days if is_ghost else on
        count = len(these.place)
        yield fault_rows(
            run,
            rule,
            "GUOND"[fault - 1],
            these.place,
            these.truth,
            np.full(count, seen_on, dtype=np.int32),
            is_injected=True,
            is_account=is_ghost,
        )
    issued = bills.select((bills.fault != GHOST) & (bills.fault != NOT_DUE))
    due_on = on + run.config.due_after_days
    open_cents = issued.total - issued.paid
    for rule, tag, which in (
        ("zombie", "Z", (issued.paid == 0) & (open_cents > 0)),
        ("leaky_bucket", "L", (issued.paid > 0) & (open_cents > 0)),
    ):
        rows = issued.select(which)
        past_grace = np.full(len(rows.place), due_on + grace_days + 1, dtype=np.int32)
        yield fault_rows(
            run,
            rule,
            tag,
            rows.place,
            open_cents[which],
            past_grace if tag == "Z" else np.maximum(rows.paid_on, due_on + 1).astype(np.int32),
            is_injected=False,
        )


def fault_rows(
    run: Run,
    rule: str,
    tag: str,
    place: NDArray[np.int64],
    cents: NDArray[np.int64],
    seen_on: NDArray[np.int32],
    *,
    is_injected: bool,
    is_account: bool = False,
) -> pa.RecordBatch:
    """Write faults of one rule in a run's month, about its bills or accounts. They never end."""
    number, count, month = run.places.number[place], len(place), run.calendar.month
    account = names.of_place(names.ACCOUNT, number)
    return pa.record_batch(
        {
            "fault_id": names.of_month("M" + tag, number, month, "T"),
            "rule": columns.constant(rule, count),
            "cause": columns.constant("injected" if is_injected else "natural", count),
            "entity_type": columns.constant("account" if is_account else "invoice", count),
            "entity_id": account
            if is_account
            else names.of_month(names.INVOICE, number, month),
            "account_id": account,
            "period_start": _days(run.calendar.first_day, count),
            "amount": columns.decimals(cents, _CENT_DIGITS),
            "currency": columns.constant(CURRENCY, count),
            "observable_from": columns.days(seen_on),
            "ends_on": _days(NEVER, count),
        }
    )


def _days(day: int, count: int) -> pa.Array:
    return columns.days(np.full(count, day, dtype=np.int32))
