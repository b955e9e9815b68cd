"""Invoices and money as the spine's models read them, drawn with NumPy.

Not a simulation of behaviour, only of what makes work for cash application. Every account is billed
once a month through its whole history. Open-item accounts name their invoices, pay in parts, too
much or by one payment over two invoices; balance-forward accounts pay round sums. Some payments are
reversed, some invoices credited, disputed or written off.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.months import NEVER, SECONDS_PER_DAY, MonthAxis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Days = NDArray[np.int32]
    Cents = NDArray[np.int64]
    Flags = NDArray[np.bool_]

AS_OF: Final = date(2024, 12, 31)

INVOICES_AT_ONCE: Final = 400_000
"""What is drawn in one piece; more takes more memory, not less time."""

LINES: Final = ("subscription", "trade_credit", "utility")
TERMS: Final = np.array([14, 30, 20], dtype=np.int32)
LINE_SHARES: Final = (0.4, 0.35, 0.25)
CHARGE_TYPES: Final = ("subscription", "item", "energy")
LINES_OF_INVOICE: Final = np.array([1, 3, 1])
MEAN_CENTS: Final = np.array([5_000, 80_000, 9_000])

TRADE: Final = 1
UTILITY: Final = 2
TRADE_BALANCE_FORWARD: Final = 0.2
SPLITTING: Final = 0.25
"""Open-item trade accounts that pay two invoices by one payment, split by allocation rows."""

PAID_IN_PART: Final = 0.05
SECOND_PAYMENT: Final = 0.6
OVERPAID: Final = 0.02
NEVER_PAID: Final = 0.02
MONTH_WITHOUT_PAYMENT: Final = 0.1
TOLD_LATER: Final = 0.2
TAKEN_BACK: Final = 0.01
CHARGEBACKS: Final = 0.6
CREDITED: Final = 0.015
CREDITED_WHOLLY: Final = 0.3
WRITTEN_OFF_ACCOUNTS: Final = 0.002
WRITTEN_OFF: Final = 0.002
DISPUTED: Final = 0.01
REQUESTS: Final = 0.03
LIMIT_CHANGED: Final = 0.1

_SEED: Final = 2024
_DIGITS: Final = 10
_SLOTS: Final = 4
_NAMING_SLOTS: Final = frozenset({0, 1})
_ROUND_SUM: Final = 1_000
_AS_OF_DAY: Final = (AS_OF - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Shape:
    """How much to draw.

    Attributes:
        invoices: Invoices of all accounts; the last account may bring some more.
        months: Months of history, and so invoices, of every account.
    """

    invoices: int
    months: int

    @property
    def accounts(self) -> int:
        """Accounts it takes."""
        return -(-self.invoices // self.months)

    @property
    def name(self) -> str:
        """The shape in words."""
        return f"{self.invoices:,} x {self.months}"


@dataclass(frozen=True)
class _Run:
    """A run of accounts and their invoices.

    Attributes:
        first: Number of the first account.
        line: Position of each account's line of business in `LINES`.
        is_forward: Which accounts are balance forward.
        is_splitting: Which accounts pay two invoices by one payment.
        issued: Issue days, accounts x months; so are the next two.
    """

    first: int
    line: NDArray[np.int64]
    is_forward: Flags
    is_splitting: Flags
    issued: Days
    due: Days
    cents: Cents

    @property
    def months(self) -> int:
        """Invoices of each account."""
        return int(self.cents.shape[1])

    @property
    def account(self) -> NDArray[np.int64]:
        """Number of each account."""
        return self.first + np.arange(len(self.line))

    @property
    def invoice(self) -> NDArray[np.int64]:
        """Number of each invoice, flat."""
        return self.first * self.months + np.arange(self.cents.size)

    def account_of(self, invoice: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the account of flat positions of invoices."""
        return self.first + invoice // self.months

    def line_of(self, invoice: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position in `LINES` of flat positions of invoices."""
        return self.line[invoice // self.months]


@dataclass(frozen=True)
class _Payments:
    """Payments, one value each.

    Attributes:
        number: What the payment is called.
        invoice: Flat position in the run of the invoice it was made for.
        is_named: Whether it says so.
    """

    number: NDArray[np.int64]
    invoice: NDArray[np.int64]
    is_named: Flags
    day: Days
    cents: Cents


def draw_rows(shape: Shape) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Draw all rows of all inputs, a run of accounts at a time.

    Args:
        shape: How much.

    Yields:
        Name of a model, and rows of it. Columns that nothing here needs are left out.
    """
    day = pa.array([AS_OF])
    yield (
        "int_as_of_date",
        pa.record_batch({"as_of_date": day, "last_extract_on": day, "is_simulated": [True]}),
    )
    at_once = max(INVOICES_AT_ONCE // shape.months, 1)
    for first in range(0, shape.accounts, at_once):
        run = _draw_run(shape, first, min(at_once, shape.accounts - first))
        yield from _run_rows(np.random.default_rng((_SEED, shape.months, first, 1)), run)


def _draw_run(shape: Shape, first: int, count: int) -> _Run:
    rng = np.random.default_rng((_SEED, shape.months, first, 0))
    line = rng.choice(len(LINES), size=count, p=LINE_SHARES)
    is_trade = line == TRADE
    is_forward = (line == UTILITY) | (is_trade & (rng.random(count) < TRADE_BALANCE_FORWARD))
    is_splitting = is_trade & ~is_forward & (rng.random(count) < SPLITTING)
    issued = _month_starts(shape.months)[None, :] + rng.integers(
        0, 28, size=(count, 1), dtype=np.int32
    )
    spread = rng.lognormal(0, 0.3, size=(count, shape.months))
    cents = np.maximum((MEAN_CENTS[line][:, None] * spread).astype(np.int64), 100)
    return _Run(first, line, is_forward, is_splitting, issued, issued + TERMS[line][:, None], cents)


def _month_starts(months: int) -> Days:
    first_year, first_month = divmod(AS_OF.year * 12 + AS_OF.month - months, 12)
    axis = MonthAxis(date(first_year, first_month + 1, 1))
    return np.array([axis.first_day(month) for month in range(months)], dtype=np.int32)


def _run_rows(rng: np.random.Generator, run: _Run) -> Iterator[tuple[str, pa.RecordBatch]]:
    accounts = _account_columns(run)
    is_stub = _flag(value=False, count=len(run.line))
    yield "int_accounts", pa.record_batch({**accounts, "is_stub": is_stub})
    yield "stg_crm__accounts", _accepted(accounts)
    yield "stg_cdc__change_events", _change_rows(rng, run)
    invoices = _invoice_rows(run)
    yield "int_invoices", invoices
    yield "stg_billing__invoices", _staged(invoices)
    yield "stg_billing__invoice_line_items", _line_rows(run)
    joint = _pay_jointly(rng, run)
    payments = _together(*_pay_singly(rng, run), joint, _pay_round_sums(rng, run))
    yield "stg_payments__payments", _payment_rows(run, payments)
    yield "stg_payments__payment_allocations", _allocation_rows(rng, run, joint)
    yield "stg_payments__refunds", _refund_rows(rng, payments)
    yield "stg_billing__credit_notes", _credit_rows(rng, run)
    yield "stg_billing__write_offs", _write_off_rows(rng, run)
    yield "stg_payments__disputes", _dispute_rows(rng, run)
    yield "stg_service__service_requests", _request_rows(rng, run)


def _paid_on(rng: np.random.Generator, run: _Run) -> Days:
    """When each invoice is paid; some accounts are late more often than others."""
    shape = run.cents.shape
    is_late = rng.random(shape) < rng.beta(1, 5, size=(shape[0], 1))
    early = rng.integers(0, 12, size=shape, dtype=np.int32)
    delay = rng.geometric(0.06, size=shape).astype(np.int32)
    return np.where(is_late, run.due + delay, np.maximum(run.due - early, run.issued))


def _pay_singly(rng: np.random.Generator, run: _Run) -> tuple[_Payments, _Payments]:
    """Pay each invoice by a payment that names it; now and then the rest by a second one."""
    shape = run.cents.shape
    kind = rng.random(shape)
    share = np.where(kind < PAID_IN_PART, rng.uniform(0.3, 0.95, size=shape), 1.0)
    share = np.where(kind > 1 - OVERPAID, 1.1, share)
    cents = np.rint(run.cents * share).astype(np.int64)
    is_paid = (kind < 1 - OVERPAID - NEVER_PAID) | (kind > 1 - OVERPAID)
    is_paid &= ~(run.is_forward | run.is_splitting)[:, None]
    paid_on = _paid_on(rng, run)
    rest = run.cents - cents
    is_rest = is_paid & (rest > 0) & (rng.random(shape) < SECOND_PAYMENT)
    return (
        _payments(run, is_paid, paid_on, cents, slot=0),
        _payments(run, is_rest, paid_on + 20, rest, slot=1),
    )


def _pay_jointly(rng: np.random.Generator, run: _Run) -> _Payments:
    """Pay the invoices of two months by one payment that names neither."""
    is_second = np.arange(run.months) % 2 == 1
    is_paid = run.is_splitting[:, None] & is_second & (rng.random(run.cents.shape) > NEVER_PAID)
    both = run.cents + np.roll(run.cents, 1, axis=1)
    return _payments(run, is_paid, _paid_on(rng, run), both, slot=2)


def _pay_round_sums(rng: np.random.Generator, run: _Run) -> _Payments:
    """Pay what is owed in all, rounded, once in most months."""
    forward = np.flatnonzero(run.is_forward)
    charged = run.cents[forward]
    is_paying = rng.random(charged.shape) >= MONTH_WITHOUT_PAYMENT
    paid = np.zeros_like(run.cents)
    owed = np.zeros(len(forward), dtype=np.int64)
    for month in range(run.months):
        owed += charged[:, month]
        rounded = np.maximum(owed + _ROUND_SUM // 2, 0) // _ROUND_SUM * _ROUND_SUM
        paid[forward, month] = np.where(is_paying[:, month], rounded, 0)
        owed -= paid[forward, month]
    lag = rng.integers(3, 28, size=run.cents.shape, dtype=np.int32)
    return _payments(run, paid > 0, run.issued + lag, paid, slot=3)


def _payments(run: _Run, is_paid: Flags, day: Days, cents: Cents, slot: int) -> _Payments:
    """Payments where there is one, of those that the extracts can know."""
    invoice = np.flatnonzero(is_paid & (day <= _AS_OF_DAY))
    return _Payments(
        number=run.invoice[invoice] * _SLOTS + slot,
        invoice=invoice,
        is_named=np.full(len(invoice), slot in _NAMING_SLOTS),
        day=day.ravel()[invoice],
        cents=cents.ravel()[invoice],
    )


def _together(*parts: _Payments) -> _Payments:
    return _Payments(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(_Payments)
        )
    )


def _account_columns(run: _Run) -> dict[str, pa.Array]:
    count = len(run.line)
    return {
        "account_id": _ids("A", run.account),
        "customer_id": _ids("C", run.account),
        "line_of_business": columns.choice(LINES, run.line),
        "status": columns.constant("Active", count),
        "cash_application": _cash_application(run.is_forward),
        "payment_terms_days": pa.array(TERMS[run.line]),
        "credit_limit": columns.money(MEAN_CENTS[run.line] * 3),
        "currency": columns.constant("USD", count),
        "opened_on": columns.days(run.issued[:, 0] - 30),
    }


def _change_rows(rng: np.random.Generator, run: _Run) -> pa.RecordBatch:
    """Credit limits that were doubled on a day of the account's history."""
    changed = np.flatnonzero(rng.random(len(run.line)) < LIMIT_CHANGED)
    day = run.issued[changed, rng.integers(0, run.months, size=len(changed))]
    limit = MEAN_CENTS[run.line[changed]] * 3 // 100
    seconds = columns.timestamps(day.astype(np.int64) * SECONDS_PER_DAY)
    return _accepted(
        {
            "event_id": _ids("E", run.account[changed]),
            "source_table": columns.constant("raw_crm.accounts", len(changed)),
            "entity_key": _ids("A", run.account[changed]),
            "op": columns.constant("u", len(changed)),
            "source_seq": pa.array(run.account[changed]),
            "before": columns.around('{"credit_limit":"', columns.digits(limit // 2, 6), '.00"}'),
            "after": columns.around('{"credit_limit":"', columns.digits(limit, 6), '.00"}'),
            "source_ts": seconds,
            "changed_on": columns.days(day),
            "arrived_at": seconds,
        }
    )


def _invoice_rows(run: _Run) -> pa.RecordBatch:
    count = run.cents.size
    invoice = np.arange(count)
    issued = run.issued.ravel()
    return pa.record_batch(
        {
            "invoice_id": _ids("I", run.invoice),
            "account_id": _ids("A", run.account_of(invoice)),
            "customer_id": _ids("C", run.account_of(invoice)),
            "line_of_business": columns.choice(LINES, run.line_of(invoice)),
            "cash_application": _cash_application(run.is_forward[invoice // run.months]),
            "invoice_date": columns.days(issued),
            "due_date": columns.days(run.due.ravel()),
            "period_start": columns.days(issued),
            "period_end": columns.days(issued + 27),
            "invoiced_amount": columns.money(run.cents.ravel()),
            "currency": columns.constant("USD", count),
        }
    )


def _staged(invoices: pa.RecordBatch) -> pa.RecordBatch:
    """The same invoices as staging accepts them: what cash application reads of them there."""
    same = ("invoice_id", "account_id", "invoice_date", "currency")
    staged = {name: invoices.column(name) for name in same}
    return _accepted({**staged, "amount": invoices.column("invoiced_amount")})


def _line_rows(run: _Run) -> pa.RecordBatch:
    invoice = np.repeat(
        np.arange(run.cents.size), LINES_OF_INVOICE[np.repeat(run.line, run.months)]
    )
    line = run.line_of(invoice)
    # the first line of an invoice carries what the others leave of its amount
    is_first = np.append(True, invoice[1:] != invoice[:-1])
    cents, lines = run.cents.ravel()[invoice], LINES_OF_INVOICE[line]
    amounts = np.where(is_first, cents - cents // lines * (lines - 1), cents // lines)
    return _accepted(
        {
            "line_item_id": _ids(
                "L", run.invoice[0] * LINES_OF_INVOICE.max() + np.arange(len(line))
            ),
            "invoice_id": _ids("I", run.invoice[invoice]),
            "charge_type": columns.choice(CHARGE_TYPES, line),
            "quantity": pa.array(np.ones(len(line), dtype=np.int64)),
            "unit_price": columns.money(amounts),
            "amount": columns.money(amounts),
        }
    )


def _payment_rows(run: _Run, payments: _Payments) -> pa.RecordBatch:
    named = _ids("I", run.invoice[payments.invoice])
    count = len(payments.number)
    return _accepted(
        {
            "payment_id": _ids("P", payments.number),
            "account_id": _ids("A", run.account_of(payments.invoice)),
            "invoice_id": pc.if_else(payments.is_named, named, pa.scalar(None, pa.string())),
            "payment_date": columns.days(payments.day),
            "amount_paid": columns.money(payments.cents),
            "currency": columns.constant("USD", count),
            "method": columns.constant("transfer", count),
        }
    )


def _allocation_rows(rng: np.random.Generator, run: _Run, joint: _Payments) -> pa.RecordBatch:
    """Two rows per payment, each for the full amount of its invoice; some are dated days later."""
    invoice = np.concatenate([joint.invoice - 1, joint.invoice])
    day = joint.day + np.where(rng.random(len(joint.day)) < TOLD_LATER, 4, 0).astype(np.int32)
    return _accepted(
        {
            "allocation_id": _ids("N", np.concatenate([joint.number * 2, joint.number * 2 + 1])),
            "payment_id": _ids("P", np.tile(joint.number, 2)),
            "invoice_id": _ids("I", run.invoice[invoice]),
            "allocated_on": columns.days(np.tile(day, 2)),
            "amount": columns.money(run.cents.ravel()[invoice]),
        }
    )


def _refund_rows(rng: np.random.Generator, payments: _Payments) -> pa.RecordBatch:
    """Take payments back: chargebacks whole, refunds in part."""
    day = payments.day + rng.integers(5, 60, size=len(payments.day), dtype=np.int32)
    chosen = np.flatnonzero((rng.random(len(day)) < TAKEN_BACK) & (day <= _AS_OF_DAY))
    number, cents = payments.number[chosen], payments.cents[chosen]
    is_whole = rng.random(len(chosen)) < CHARGEBACKS
    return _accepted(
        {
            "refund_id": _ids("R", number),
            "payment_id": _ids("P", number),
            "refund_kind": columns.choice(("refund", "chargeback"), is_whole.astype(np.int8)),
            "amount": columns.money(np.where(is_whole, cents, cents // 4)),
            "refund_date": columns.days(day[chosen]),
        }
    )


def _credit_rows(rng: np.random.Generator, run: _Run) -> pa.RecordBatch:
    """Credit invoices, wholly or in part; balance-forward accounts are credited as such."""
    invoice, day = _some(rng, run, CREDITED, 3, 45)
    share = np.where(rng.random(len(invoice)) < CREDITED_WHOLLY, 1.0, 0.2)
    cents = np.maximum((run.cents.ravel()[invoice] * share).astype(np.int64), 1)
    named = _ids("I", run.invoice[invoice])
    is_named = ~run.is_forward[invoice // run.months]
    return _accepted(
        {
            "credit_note_id": _ids("K", run.invoice[invoice]),
            "invoice_id": pc.if_else(is_named, named, pa.scalar(None, pa.string())),
            "account_id": _ids("A", run.account_of(invoice)),
            "currency": columns.constant("USD", len(invoice)),
            "amount": columns.money(cents),
            "credit_date": columns.days(day),
        }
    )


def _write_off_rows(rng: np.random.Generator, run: _Run) -> pa.RecordBatch:
    """Write off whole accounts, and single invoices of the others."""
    is_account = rng.random(len(run.line)) < WRITTEN_OFF_ACCOUNTS
    invoice, day = _some(rng, run, WRITTEN_OFF, 120, 240)
    # in balance forward a write-off never names an invoice
    is_open_item = ~run.is_forward[invoice // run.months]
    invoice, day = invoice[is_open_item], day[is_open_item]
    number = np.concatenate([run.account[is_account], run.account_of(invoice)])
    named = np.concatenate([np.full(is_account.sum(), -1), run.invoice[invoice]])
    days = np.concatenate([np.full(is_account.sum(), _AS_OF_DAY - 30, dtype=np.int32), day])
    is_named = named >= 0
    return _accepted(
        {
            "write_off_id": _ids("W", np.where(is_named, named * 2 + 1, number * 2)),
            "invoice_id": pc.if_else(
                is_named, _ids("I", np.maximum(named, 0)), pa.scalar(None, pa.string())
            ),
            "account_id": _ids("A", number),
            "written_off_on": columns.days(days),
        }
    )


def _dispute_rows(rng: np.random.Generator, run: _Run) -> pa.RecordBatch:
    invoice, day = _some(rng, run, DISPUTED, 1, 20)
    resolved = day + rng.integers(5, 90, size=len(day), dtype=np.int32)
    return _accepted(
        {
            "dispute_id": _ids("D", run.invoice[invoice]),
            "invoice_id": _ids("I", run.invoice[invoice]),
            "disputed_amount": columns.money(run.cents.ravel()[invoice]),
            "opened_on": columns.days(day),
            "resolved_on": columns.days(np.where(resolved <= _AS_OF_DAY, resolved, NEVER)),
        }
    )


def _request_rows(rng: np.random.Generator, run: _Run) -> pa.RecordBatch:
    invoice, day = _some(rng, run, REQUESTS, 0, 28)
    opened = day.astype(np.int64) * SECONDS_PER_DAY + 36_000
    return _accepted(
        {
            "request_id": _ids("T", run.invoice[invoice]),
            "customer_id": _ids("C", run.account_of(invoice)),
            "account_id": _ids("A", run.account_of(invoice)),
            "category": columns.constant("billing", len(invoice)),
            "opened_at": columns.timestamps(opened),
            "resolved_at": columns.timestamps(opened + 3 * SECONDS_PER_DAY),
            "opened_on": columns.days(day),
            "resolved_on": columns.days(day + 3),
        }
    )


def _some(
    rng: np.random.Generator, run: _Run, share: float, least: int, most: int
) -> tuple[NDArray[np.int64], Days]:
    """Choose a share of the invoices, and a day some time after the issue of each."""
    issued = run.issued.ravel()
    day = issued + rng.integers(least, most, size=issued.size, dtype=np.int32)
    invoice = np.flatnonzero((rng.random(issued.size) < share) & (day <= _AS_OF_DAY))
    return invoice, day[invoice]


def _accepted(named: dict[str, pa.Array]) -> pa.RecordBatch:
    """Rows of a staging model, none rejected."""
    count = len(next(iter(named.values())))
    return pa.record_batch({**named, "is_accepted": _flag(value=True, count=count)})


def _flag(*, value: bool, count: int) -> pa.Array:
    return pa.array(np.full(count, value))


def _cash_application(is_forward: Flags) -> pa.Array:
    return columns.choice(("open_item", "balance_forward"), is_forward.astype(np.int8))


def _ids(letter: str, numbers: NDArray[np.int64]) -> pa.Array:
    return columns.around(letter, columns.digits(numbers.astype(np.int64), _DIGITS))
