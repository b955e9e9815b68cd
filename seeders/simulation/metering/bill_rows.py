"""Bills, payments and the truth about them as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.metering import names
from seeders.simulation.metering.billing import (
    GHOST,
    METHODS,
    NOT_DUE,
    RULES,
    issued_on,
)
from seeders.simulation.metering.state_rows import CURRENCY
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.metering.billing import Bills
    from seeders.simulation.metering.run import Run

INVOICES: Final = "raw_billing.invoices"
LINES: Final = "raw_billing.invoice_line_items"
PAYMENTS: Final = "raw_payments.payments"
FAULTS: Final = "ground_truth.faults"

CHARGES: Final = ("energy", "fixed", "tax", "duty", "fee")

# fault ids begin with them; those of meters are in `event_rows`
_LETTERS: Final = {
    "ghost": "MG",
    "unbilled_usage": "MU",
    "over_billed": "MO",
    "under_billed": "MN",
    "billed_while_disconnected": "MD",
    "zombie": "MZ",
    "leaky_bucket": "ML",
}

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


@dataclass(frozen=True)
class Found(Arrays):
    """The truth about n bills.

    Attributes:
        place: Position of each one's place in its run.
        cents: What it is about.
        seen_on: The day from which on it can be seen.
    """

    place: NDArray[np.int64]
    cents: NDArray[np.int64]
    seen_on: NDArray[np.int32]


def bill_truth(run: Run, bills: Bills, policy: PolicyConfig) -> Iterator[pa.RecordBatch]:
    """Write what is wrong with a month's bills, and which of them are unpaid or partly paid.

    Args:
        run: The places and the month that is billed.
        bills: What becomes of it.
        policy: The thresholds of the rules.

    Yields:
        Rows of `ground_truth.faults`.
    """
    calendar = run.calendar
    next_month = calendar.first_day + calendar.days
    on = issued_on(run.config, next_month)
    for fault, rule in enumerate(RULES):
        if rule:
            these = bills.select(bills.fault == fault)
            seen_on = next_month + policy.usage_invoicing_lag_days if fault == GHOST else on
            seen = np.full(len(these.place), seen_on, dtype=np.int32)
            yield _fault_rows(run, rule, Found(these.place, these.truth, seen))
    issued = bills.select((bills.fault != GHOST) & (bills.fault != NOT_DUE))
    past_due = on + run.config.due_after_days + 1
    left = issued.total - issued.paid
    past_grace = np.full(len(left), past_due + policy.zombie_grace_days, dtype=np.int32)
    unpaid = Found(issued.place, left, past_grace)
    yield _fault_rows(run, "zombie", unpaid.select((issued.paid == 0) & (left > 0)))
    in_part = Found(issued.place, left, np.maximum(issued.paid_on, past_due).astype(np.int32))
    yield _fault_rows(run, "leaky_bucket", in_part.select((issued.paid > 0) & (left > 0)))


def _fault_rows(run: Run, rule: str, found: Found) -> pa.RecordBatch:
    """Write faults of one rule in a run's month. They never end."""
    number, month = run.places.number[found.place], run.calendar.month
    count, is_account = len(number), rule == RULES[GHOST]
    account = names.of_place(names.ACCOUNT, number)
    return pa.record_batch(
        {
            "fault_id": names.of_month(_LETTERS[rule], number, month),
            "rule": columns.constant(rule, count),
            "cause": columns.constant("injected" if rule in RULES else "natural", count),
            "entity_type": columns.constant("account" if is_account else "invoice", count),
            "entity_id": account if is_account else names.of_month(names.INVOICE, number, month),
            "account_id": account,
            "period_start": _days(run.calendar.first_day, count),
            "amount": columns.decimals(found.cents, _CENT_DIGITS),
            "currency": columns.constant(CURRENCY, count),
            "observable_from": columns.days(found.seen_on),
            "ends_on": _days(NEVER, count),
        }
    )


def _days(day: int, count: int) -> pa.Array:
    return columns.days(np.full(count, day, dtype=np.int32))
