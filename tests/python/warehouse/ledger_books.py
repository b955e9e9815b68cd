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
    """A refund or chargeback, of a payment or of what came in for an invoice."""

    refund_id: str
    payment_id: str | None
    day: int
    amount: Decimal
    kind: str
    invoice_id: str | None = None


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
        given: Refunds that count as credits, by account and currency.
    """

    credited: dict[str, Decimal] = field(default_factory=dict)
    paid: dict[str, Decimal] = field(default_factory=dict)
    written_off: dict[str, int] = field(default_factory=dict)
    applied: dict[str, Decimal] = field(default_factory=dict)
    net: dict[str, Decimal] = field(default_factory=dict)
    received: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    credit_notes: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    given: dict[tuple[str, str], Decimal] = field(default_factory=dict)


@dataclass
class _Receipt:
    """A payment as of a day: when it came in, and what went back of it, each with its day and id."""

    payment: Payment
    day: int
    amount: Decimal
    gone: list[Reversal] = field(default_factory=list)

    @property
    def left(self) -> Decimal:
        """What did not go back."""
        return self.amount - sum((reversal.amount for reversal in self.gone), NOTHING)

    def take(self, reversal: Reversal, most: Decimal) -> Decimal:
        """Give back as much as there is; nothing goes back before it came in."""
        amount = min(self.left, most)
        self.gone.append(replace(reversal, amount=amount, day=max(reversal.day, self.day)))
        return amount


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
            _apply_oldest_first(known, own, theirs, books)
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
    """Payments in the order of their dates and ids, with what went back of each."""
    invoices = {invoice.invoice_id: invoice for invoice in known.invoices}
    receipts = [receipt for payment in known.payments if (receipt := _came_in(payment, known))]
    receipts.sort(key=lambda receipt: (receipt.day, receipt.payment.payment_id))
    by_id = {receipt.payment.payment_id: receipt for receipt in receipts}
    in_order = sorted(known.reversals, key=lambda reversal: (reversal.day, reversal.refund_id))
    for reversal in in_order:
        if reversal.payment_id in by_id:
            by_id[reversal.payment_id].take(reversal, reversal.amount)
    for reversal in in_order:
        if reversal.invoice_id is not None:
            _take_newest_first(reversal, invoices[reversal.invoice_id], receipts)
    for receipt in receipts:
        receipt.gone.sort(key=lambda reversal: (reversal.day, reversal.refund_id))
    return receipts


def _came_in(payment: Payment, known: History) -> _Receipt | None:
    """A payment as it came in; one in full is worth what its invoice asks for, once it is issued."""
    if payment.amount is not None:
        return _Receipt(payment, payment.day, payment.amount)
    for named in known.invoices:
        if named.invoice_id == payment.invoice_id:
            day, amount = max(payment.day, named.day), named.amount
            for note in known.credit_notes:
                same = (note.invoice_id, note.account_id) == (named.invoice_id, named.account_id)
                if same and note.day <= day:
                    amount = max(amount - note.amount, NOTHING)
            return _Receipt(payment, day, amount)
    return None


def _take_newest_first(reversal: Reversal, invoice: Invoice, receipts: Sequence[_Receipt]) -> None:
    """Give back what came in for an invoice, or where nothing has, what names none."""
    of_account = [
        receipt
        for receipt in receipts
        if receipt.payment.account_id == invoice.account_id
        and receipt.payment.currency == invoice.currency
        and receipt.payment.day <= reversal.day
    ]
    named = [row for row in of_account if row.payment.invoice_id == invoice.invoice_id]
    pile = named or [row for row in of_account if row.payment.invoice_id is None]
    left = reversal.amount
    for receipt in reversed(pile):
        if receipt.day <= reversal.day and left > NOTHING and receipt.left > NOTHING:
            left -= receipt.take(reversal, left)


@dataclass
class _Share:
    """What of a payment an invoice was told to hold: cash less chargebacks, and what was refunded."""

    cash: Decimal = NOTHING
    refunded: Decimal = NOTHING


def _shares(receipt: _Receipt, rows: Sequence[Allocation]) -> dict[str | None, _Share]:
    """Walk through a payment: rows take from what is free, what goes back is taken from the end."""
    own = receipt.payment.invoice_id
    shares: dict[str | None, _Share] = {own: _Share(receipt.amount)}
    held: list[tuple[str, Decimal]] = []
    left, told = receipt.amount, NOTHING
    events: list[tuple[tuple[int, int, int, str], Allocation | Reversal]] = [
        ((max(row.day, receipt.day), 0, row.day, row.allocation_id), row) for row in rows
    ]
    events += [((row.day, 1, 0, row.refund_id), row) for row in receipt.gone]
    for _, event in sorted(events, key=lambda pair: pair[0]):
        if isinstance(event, Allocation):
            share = min(event.amount, max(left - told, NOTHING))
            told += event.amount
            held.append((event.invoice_id, share))
            shares[own].cash -= share
            shares.setdefault(event.invoice_id, _Share()).cash += share
            continue
        going = event.amount
        free = left - sum((share for _, share in held), NOTHING)
        left -= going
        ends = [(own, free), *reversed(held)]
        held = []
        for invoice_id, there in ends:
            gone = min(there, going)
            going -= gone
            if event.kind == "refund":
                shares[invoice_id].refunded += gone
            else:
                shares[invoice_id].cash -= gone
            held.insert(0, (invoice_id or "", there - gone))
        held.pop()
    return shares


def _apply_by_name(
    known: History, own: Sequence[Invoice], receipts: Sequence[_Receipt], books: Books
) -> None:
    """Open item: money goes where it is told."""
    parts: dict[str, list[tuple[str, _Share]]] = {invoice.invoice_id: [] for invoice in own}
    for receipt in receipts:
        rows = [row for row in known.allocations if row.payment_id == receipt.payment.payment_id]
        for invoice_id, share in _shares(receipt, rows).items():
            if invoice_id in parts:  # another account's invoice gets nothing
                parts[invoice_id].append((receipt.payment.payment_id, share))
    for invoice in own:
        notes = sum(
            (
                note.amount
                for note in known.credit_notes
                if note.invoice_id == invoice.invoice_id and note.account_id == invoice.account_id
            ),
            NOTHING,
        )
        shares = parts[invoice.invoice_id]
        cash = sum((share.cash for _, share in shares), NOTHING)
        refunds = sum((share.refunded for _, share in shares), NOTHING)
        noted = min(notes, invoice.amount)
        excess = max(cash - (invoice.amount - noted), NOTHING)
        given = max(refunds - excess, NOTHING)
        paid = min(cash, invoice.amount - noted) - given
        books.credited[invoice.invoice_id] = noted + given
        books.paid[invoice.invoice_id] = paid
        key = (invoice.account_id, invoice.currency)
        books.given[key] = books.given.get(key, NOTHING) + given
        for payment_id, share in shares:
            taken = min(share.cash - share.refunded, paid)
            paid -= taken
            books.applied[payment_id] += taken


def _apply_oldest_first(
    known: History, own: Sequence[Invoice], receipts: Sequence[_Receipt], books: Books
) -> None:
    """Balance forward: whatever a payment names, the oldest invoice is filled first."""
    for currency in {invoice.currency for invoice in own}:
        theirs = [invoice for invoice in own if invoice.currency == currency]
        account = theirs[0].account_id
        came_in = [receipt for receipt in receipts if receipt.payment.currency == currency]
        notes = [
            note
            for note in known.credit_notes
            if (note.account_id, note.currency) == (account, currency)
        ]
        money, credit, given = _walk(theirs, notes, came_in)
        books.given[account, currency] = given
        total_paid = NOTHING
        for invoice in theirs:
            credited, held = min(credit, invoice.amount), min(money, invoice.amount)
            credit -= credited
            money -= held
            books.credited[invoice.invoice_id] = credited
            books.paid[invoice.invoice_id] = held - credited
            total_paid += held - credited
        for receipt in came_in:
            taken = min(receipt.left, total_paid)
            total_paid -= taken
            books.applied[receipt.payment.payment_id] += taken


def _walk(
    invoices: Sequence[Invoice], notes: Sequence[CreditNote], receipts: Sequence[_Receipt]
) -> tuple[Decimal, Decimal, Decimal]:
    """Walk an account through its days.

    Returns:
        Its money, the credit in it, and what of the credit is refunds no credit note stands for.
    """
    events: list[tuple[int, int, str, str, Decimal]] = []
    events += [(row.day, 1, "issue", row.invoice_id, row.amount) for row in invoices]
    events += [(row.day, 2, "note", row.credit_note_id, row.amount) for row in notes]
    went_back: dict[tuple[int, str, str], Decimal] = {}
    for receipt in receipts:
        events.append((receipt.day, 3, "receipt", receipt.payment.payment_id, receipt.amount))
        for gone in receipt.gone:
            key = (gone.day, gone.kind, gone.refund_id)
            went_back[key] = went_back.get(key, NOTHING) + gone.amount
    events += [(day, 4, kind, key, amount) for (day, kind, key), amount in went_back.items()]
    owed = money = credit = given = NOTHING
    for _, _, what, _, amount in sorted(events):
        if what == "issue":
            owed += amount
        elif what == "note":
            # one that finds nothing to credit stands for an earlier refund
            paper = min(max(money + amount - owed, NOTHING), amount, given)
            money += amount - paper
            credit += amount - paper
            given -= paper
        elif what == "receipt":
            money += amount
        elif what == "chargeback":
            money -= amount
        else:
            waiting = min(max(money - owed, NOTHING), amount)
            money -= waiting
            credit += amount - waiting
            given += amount - waiting
    return money, credit, given


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
