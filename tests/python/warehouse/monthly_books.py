"""The monthly books of every account, in plain Python, from the replayed books of each month's end.

Nothing flows here: what an account was billed, paid and wrote off in a month is the difference
between how its books stood at two month ends, where the models add up dated facts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.python.warehouse.ledger_books import NOTHING, History, close

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

TOTALS = ("billed_amount", "credited_amount", "paid_amount", "written_off_amount")
BUCKETS = {
    "ageing_not_due": (None, 0),
    "ageing_1_30": (1, 30),
    "ageing_31_60": (31, 60),
    "ageing_61_90": (61, 90),
    "ageing_91_120": (91, 120),
    "ageing_over_120": (121, None),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """What a penalty check left behind."""

    account_id: str
    currency: str
    checked_on: date
    score: Decimal
    status: str


@dataclass(frozen=True)
class Estate:
    """Everything the monthly books are made of.

    Attributes:
        first_day: Day 0 of the history.
        due: Due dates, by invoice.
    """

    history: History
    first_day: date
    due: Mapping[str, date]
    checks: tuple[Check, ...]


def months_by_hand(estate: Estate, as_of: date) -> dict[tuple[str, date, str], Row]:
    """Every column of `receivables.fct_account_months` but the line of business.

    Args:
        estate: Facts of any date; what is dated after the as-of date is not looked at.
        as_of: The day the books are asked for.

    Returns:
        Rows by account, month end and currency.
    """
    found: dict[tuple[str, date, str], Row] = {}
    checks: dict[tuple[str, str], list[Check]] = defaultdict(list)
    for check in estate.checks:
        checks[check.account_id, check.currency].append(check)
    for account, own in _accounts(estate.history):
        before: dict[str, Row] = {}
        for month_end in _month_ends(estate.first_day, as_of):
            for currency, standing in _standing(estate, account, own, month_end).items():
                row = _month(standing, before.get(currency))
                row["penalty_score"], row["delinquency_status"] = _last_check(
                    checks[account, currency], month_end
                )
                before[currency] = row
                found[account, month_end, currency] = row
    return {
        key: {column: value for column, value in row.items() if not column.startswith("_")}
        for key, row in found.items()
    }


def _accounts(history: History) -> Iterator[tuple[str, History]]:
    """Each account with its own facts, and the invoices that its money names."""
    payments = {payment.payment_id: payment for payment in history.payments}
    billed = {invoice.invoice_id: invoice.account_id for invoice in history.invoices}
    taken_from = {
        row.refund_id: payments[row.payment_id].account_id
        if row.payment_id
        else billed[row.invoice_id or ""]
        for row in history.reversals
    }
    for account in history.accounts:
        allocations = tuple(
            row for row in history.allocations if payments[row.payment_id].account_id == account
        )
        paid = tuple(row for row in history.payments if row.account_id == account)
        named = {row.invoice_id for row in allocations} | {row.invoice_id for row in paid}
        yield (
            account,
            replace(
                history,
                accounts=(account,),
                invoices=tuple(
                    row
                    for row in history.invoices
                    if row.account_id == account or row.invoice_id in named
                ),
                payments=paid,
                allocations=allocations,
                reversals=tuple(
                    row for row in history.reversals if taken_from[row.refund_id] == account
                ),
                # a payment in full asks what was credited on the invoice it names
                credit_notes=tuple(
                    row
                    for row in history.credit_notes
                    if row.account_id == account or row.invoice_id in named
                ),
            ),
        )


def _month_ends(first_day: date, as_of: date) -> Iterator[date]:
    month = first_day.replace(day=1)
    while True:
        following = (month + timedelta(days=31)).replace(day=1)
        if following - timedelta(days=1) > as_of:
            return
        yield following - timedelta(days=1)
        month = following


def _standing(estate: Estate, account: str, own: History, on: date) -> dict[str, Row]:
    """Totals to date and what is open, by currency; a currency without any fact is no key."""
    books = close(own, (on - estate.first_day).days)
    rows: dict[str, Row] = {}
    for theirs in (books.received, books.credit_notes):
        for holder, currency in theirs:
            if holder == account:
                rows.setdefault(currency, _nothing())
    for invoice in own.invoices:
        if invoice.account_id != account or invoice.invoice_id not in books.paid:
            continue
        row = rows.setdefault(invoice.currency, _nothing())
        paid, credited = books.paid[invoice.invoice_id], books.credited[invoice.invoice_id]
        left = invoice.amount - paid - credited
        row["_billed_amount"] += invoice.amount
        row["_paid_amount"] += paid
        row["_credited_amount"] += credited
        if invoice.invoice_id in books.written_off:
            row["_written_off_amount"] += left
        elif left > 0:
            row["_open"].append((left, (on - estate.due[invoice.invoice_id]).days))
    for currency, row in rows.items():
        row["_received_amount"] = books.received.get((account, currency), NOTHING)
    return rows


def _nothing() -> Row:
    return {**{f"_{total}": NOTHING for total in TOTALS}, "_open": []}


def _month(now: Row, before: Row | None) -> Row:
    """A month's row, from how the books stand and the row of the month before."""
    then = before or {**_nothing(), "_received_amount": NOTHING, "delinquent_streak": 0}
    past_due = [(amount, days) for amount, days in now["_open"] if days > 0]
    return {
        **now,
        "opening_balance": then.get("closing_balance", NOTHING),
        **{total: now[f"_{total}"] - then[f"_{total}"] for total in TOTALS},
        "closing_balance": sum((amount for amount, _ in now["_open"]), NOTHING),
        "received_amount": now["_received_amount"] - then["_received_amount"],
        "unapplied_cash": now["_received_amount"] - now["_paid_amount"],
        "past_due_amount": sum((amount for amount, _ in past_due), NOTHING),
        "oldest_days_past_due": max((days for _, days in past_due), default=0),
        **{name: _aged(now["_open"], *ages) for name, ages in BUCKETS.items()},
        "delinquent_streak": then["delinquent_streak"] + 1 if past_due else 0,
        "dunning_step": None,
    }


def _aged(balances: Iterable[tuple[Decimal, int]], first: int | None, last: int | None) -> Decimal:
    return sum(
        (
            amount
            for amount, days in balances
            if (first is None or days >= first) and (last is None or days <= last)
        ),
        NOTHING,
    )


def _last_check(checks: Iterable[Check], on: date) -> tuple[Decimal | None, str | None]:
    known = [check for check in checks if check.checked_on <= on]
    if not known:
        return None, None
    last = max(known, key=lambda check: check.checked_on)
    return last.score, last.status
