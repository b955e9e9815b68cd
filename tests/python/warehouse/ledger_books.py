"""The books of receivables, replayed in plain Python from the definitions page.

No formula is shared with the models: money is poured, cent by cent and day by day, where they
compute intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Invoice:
    """An invoice; `day` counts from the first day of the history, here as in all facts."""

    invoice_id: str
    account_id: str
    day: int
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Payment:
    """Money in; without an amount it pays its invoice in full."""

    payment_id: str
    account_id: str
    invoice_id: str | None
    day: int
    amount: Decimal | None
    currency: str


@dataclass(frozen=True)
class Allocation:
    """A part of a payment, told to an invoice."""

    allocation_id: str
    payment_id: str
    invoice_id: str
    day: int
    amount: Decimal


@dataclass(frozen=True)
class Reversal:
    """A refund or chargeback."""

    refund_id: str
    payment_id: str
    day: int
    amount: Decimal
    kind: str


@dataclass(frozen=True)
class CreditNote:
    """A credit note, in the currency of its invoice or else of its account."""

    credit_note_id: str
    account_id: str
    invoice_id: str | None
    day: int
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class WriteOff:
    """A write-off of one invoice, or of all of an account."""

    write_off_id: str
    account_id: str
    invoice_id: str | None
    day: int


@dataclass(frozen=True)
class History:
    """Everything that happened to some accounts; `open_item` names those that apply by name."""

    accounts: tuple[str, ...]
    open_item: frozenset[str]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    allocations: tuple[Allocation, ...]
    reversals: tuple[Reversal, ...]
    credit_notes: tuple[CreditNote, ...]
    write_offs: tuple[WriteOff, ...]

    def until(self, day: int) -> History:
        """What had happened by the end of a day; accounts are always known."""
        return replace(
            self,
            invoices=tuple(fact for fact in self.invoices if fact.day <= day),
            payments=tuple(fact for fact in self.payments if fact.day <= day),
            allocations=tuple(fact for fact in self.allocations if fact.day <= day),
            reversals=tuple(fact for fact in self.reversals if fact.day <= day),
            credit_notes=tuple(fact for fact in self.credit_notes if fact.day <= day),
            write_offs=tuple(fact for fact in self.write_offs if fact.day <= day),
        )


@dataclass
class Books:
    """How an account's invoices and payments stand at the end of a day.

    Attributes:
        credited: Credit held, by invoice; every issued invoice is a key.
        paid: Cash held, by invoice.
        written_off: Day of the write-off, by invoice.
        applied: What of it settles invoices, by payment; every payment is a key.
        net: Amount less reversals, by payment.
        received: Cash less reversals, by account and currency.
        credit_notes: Credit notes, by account and currency.
    """

    credited: dict[str, Decimal] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)
    written_off: dict[str, int] = field(default_factory=dict)
    applied: dict[str, Decimal] = field(default_factory=dict)
    net: dict[str, Decimal] = field(default_factory=dict)
    received: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    credit_notes: dict[tuple[str, str], Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class _Receipt:
    """A payment as of a day: when it came in, and what is left of it."""

    payment: Payment
    day: int
    left: Decimal


def close(history: History, day: int) -> Books:
    """The books at the end of a day, from nothing but the facts dated to then."""
    known = history.until(day)
    books = Books()
    receipts = _receipts(known)
    for receipt in receipts:
        key = (receipt.payment.account_id, receipt.payment.currency)
        books.applied[receipt.payment.payment_id] = NOTHING
        books.net[receipt.payment.payment_id] = receipt.left
        books.received[key] = books.received.get(key, NOTHING) + receipt.left
    for note in known.credit_notes:
        key = (note.account_id, note.currency)
        books.credit_notes[key] = books.credit_notes.get(key, NOTHING) + note.amount
    for account in known.accounts:
        own = sorted(
            (invoice for invoice in known.invoices if invoice.account_id == account),
            key=lambda invoice: (invoice.day, invoice.invoice_id),
        )
        theirs = [receipt for receipt in receipts if receipt.payment.account_id == account]
        if account in known.open_item:
            _apply_by_name(known, own, theirs, books)
        else:
            _apply_oldest_first(own, theirs, books)
    for invoice in known.invoices:
        days = [
            write_off.day
            for write_off in known.write_offs
            if write_off.invoice_id == invoice.invoice_id
            or (
                write_off.invoice_id is None
                and write_off.account_id == invoice.account_id
                and invoice.day <= write_off.day
            )
        ]
        if days:
            books.written_off[invoice.invoice_id] = min(days)
    return books


def _receipts(known: History) -> list[_Receipt]:
    """Payments in the order of their dates and ids, less what went back."""
    invoices = {invoice.invoice_id: invoice for invoice in known.invoices}
    receipts = []
    for payment in known.payments:
        day, amount = payment.day, payment.amount
        if amount is None:
            # in full: on the day it is paid, or issued if that is later, what it asks for then
            named = invoices.get(payment.invoice_id or "")
            if named is None:
                continue
            day = max(day, named.day)
            amount = named.amount
            for note in known.credit_notes:
                same = (note.invoice_id, note.account_id) == (named.invoice_id, named.account_id)
                if same and note.day <= day:
                    amount = max(amount - note.amount, NOTHING)
        left = amount
        for reversal in known.reversals:
            if reversal.payment_id == payment.payment_id:
                left = max(left - reversal.amount, NOTHING)
        receipts.append(_Receipt(payment, day, left))
    return sorted(receipts, key=lambda receipt: (receipt.day, receipt.payment.payment_id))


def _apply_by_name(
    known: History, own: Sequence[Invoice], receipts: Sequence[_Receipt], books: Books
) -> None:
    """Open item: money goes where it is told."""
    parts: dict[str, list[tuple[str, Decimal]]] = {invoice.invoice_id: [] for invoice in own}
    for receipt in receipts:
        payment, left = receipt.payment, receipt.left
        told = sorted(
            (row for row in known.allocations if row.payment_id == payment.payment_id),
            key=lambda row: (row.day, row.allocation_id),
        )
        shares: dict[str, Decimal] = {}
        for row in told:
            share = min(row.amount, left)
            left -= share
            shares[row.invoice_id] = shares.get(row.invoice_id, NOTHING) + share
        if payment.invoice_id is not None:
            shares[payment.invoice_id] = shares.get(payment.invoice_id, NOTHING) + left
        for invoice_id, share in shares.items():
            if invoice_id in parts:  # another account's invoice gets nothing
                parts[invoice_id].append((payment.payment_id, share))
    for invoice in own:
        credit = sum(
            (
                note.amount
                for note in known.credit_notes
                if note.invoice_id == invoice.invoice_id and note.account_id == invoice.account_id
            ),
            NOTHING,
        )
        credited = min(credit, invoice.amount)
        room = invoice.amount - credited
        books.credited[invoice.invoice_id] = credited
        for payment_id, share in parts[invoice.invoice_id]:
            taken = min(share, room)
            room -= taken
            books.applied[payment_id] += taken
        books.paid[invoice.invoice_id] = invoice.amount - credited - room


def _apply_oldest_first(own: Sequence[Invoice], receipts: Sequence[_Receipt], books: Books) -> None:
    """Balance forward: whatever a payment names, the oldest invoice is filled first."""
    for currency in {invoice.currency for invoice in own}:
        theirs = [invoice for invoice in own if invoice.currency == currency]
        key = (theirs[0].account_id, currency)
        credit = books.credit_notes.get(key, NOTHING)
        money = credit + books.received.get(key, NOTHING)
        total_paid = NOTHING
        for invoice in theirs:
            credited, held = min(credit, invoice.amount), min(money, invoice.amount)
            credit -= credited
            money -= held
            books.credited[invoice.invoice_id] = credited
            books.paid[invoice.invoice_id] = held - credited
            total_paid += held - credited
        for receipt in receipts:
            if receipt.payment.currency == currency:
                taken = min(receipt.left, total_paid)
                total_paid -= taken
                books.applied[receipt.payment.payment_id] += taken


def replay(history: History, last_day: int) -> tuple[list[Books], dict[str, int | None]]:
    """Close the books of every day from 0 on, and watch when each invoice is settled.

    Returns:
        The books by day, and by invoice the first day of its current settled spell, None while it
        is open.
    """
    days = [close(history, day) for day in range(last_day + 1)]
    settled: dict[str, int | None] = {}
    amounts = {invoice.invoice_id: invoice.amount for invoice in history.invoices}
    for day, books in enumerate(days):
        for invoice_id, paid in books.paid.items():
            if paid + books.credited[invoice_id] < amounts[invoice_id]:
                settled[invoice_id] = None
            elif settled.get(invoice_id) is None:
                settled[invoice_id] = day
    return days, settled
