"""The features of late payment once more, in plain Python, invoice by invoice, from docs and raw rows.

Nothing here knows the models' SQL: states are looked up day by day in small books, and every feature
is counted from scratch for every invoice. What was paid when is read from `core.fct_cash_movements`.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.paths import Project

ZERO = Decimal(0)
CENT = Decimal("0.01")
MILLIONTH = Decimal("0.000001")
SOLD = ("item", "subscription")


@dataclass
class Book:
    """One invoice: what it asks for, and what it held at the end of each day on which that changed.

    Attributes:
        days: Days of change, ascending; the first is the issue date.
        unsettled: Charges less credits and payments after each of them.
        net_due: Charges less credits after each of them.
    """

    invoice_id: str
    issued_on: date
    due_on: date
    amount: Decimal
    written_off_on: date | None
    days: list[date] = field(default_factory=list)
    unsettled: list[Decimal] = field(default_factory=list)
    net_due: list[Decimal] = field(default_factory=list)

    def _place_before(self, day: date) -> int:
        return bisect_left(self.days, day) - 1

    def owed_before(self, day: date) -> Decimal:
        """What was neither credited nor paid on the morning of a day."""
        return self.unsettled[self._place_before(day)]

    def net_due_before(self, day: date) -> Decimal:
        """What was asked for, less credits, on the morning of a day."""
        return self.net_due[self._place_before(day)]

    def is_written_off_before(self, day: date) -> bool:
        """Whether what is owed had been given up by the morning of a day."""
        given_up = self.written_off_on is not None and self.written_off_on < day
        return given_up and self.owed_before(day) > 0

    def open_before(self, day: date) -> Decimal:
        """What was outstanding on the morning of a day."""
        return ZERO if self.is_written_off_before(day) else self.owed_before(day)

    def settled_before(self, day: date) -> date | None:
        """First day of the settled spell that held on the morning of a day, if one did."""
        place = self._place_before(day)
        if self.unsettled[place] > 0:
            return None
        while place > 0 and self.unsettled[place - 1] == 0:
            place -= 1
        return self.days[place]

    def settlements(self) -> list[date]:
        """Every day on which it came to be settled."""
        owed_before = [Decimal(1), *self.unsettled]
        return [
            day
            for day, before, after in zip(self.days, owed_before, self.unsettled, strict=False)
            if after == 0 and before > 0
        ]

    def unpaid_share_at_due_date(self) -> Decimal:
        """Share of the net due that was unpaid at the end of the due date, to six decimals."""
        evening = max(self.due_on, self.issued_on) + timedelta(days=1)
        asked = self.net_due_before(evening)
        if asked == 0:
            return ZERO
        return (self.owed_before(evening) / asked).quantize(MILLIONTH, ROUND_HALF_UP)


@dataclass
class Account:
    """What raw rows say of an account apart from its invoices."""

    opened_on: date | None
    terms_days: int | None
    limits: list[tuple[date, Decimal | None]]
    requests: list[tuple[date, date | None]] = field(default_factory=list)

    def limit_before(self, day: date) -> Decimal | None:
        """Credit limit known on the morning of a day."""
        return [limit for since, limit in self.limits if since < day][-1]


@dataclass
class Invoice:
    """A raw invoice with what hangs on it."""

    invoice_id: str
    account_id: str
    line_of_business: str
    currency: str
    book: Book
    line_count: int
    item_quantity: Decimal
    disputes: list[tuple[date, date | None]]


def features_by_hand(project: Project, as_of: date) -> dict[str, dict[str, Any]]:
    """Every column of `ml_features.feat_late_payments`, by invoice.

    Args:
        project: A built warehouse; its raw rows and cash movements are read.
        as_of: The day it was built for.
    """
    accounts = _accounts(project, as_of)
    invoices = _invoices(project, accounts, as_of)
    ledgers: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
    opened: dict[str, date] = {}
    for invoice in invoices:
        ledgers[invoice.account_id, invoice.currency].append(invoice)
        first = opened.get(invoice.account_id, date.max)
        opened[invoice.account_id] = min(first, invoice.book.issued_on)
    return {
        invoice.invoice_id: {
            "account_id": account_id,
            "line_of_business": invoice.line_of_business,
            "currency": currency,
            **_own(invoice),
            **_history(
                ledger,
                accounts[account_id],
                opened[account_id],
                invoice.book.issued_on,
                invoice.book.amount,
            ),
            **_labels(invoice.book, as_of),
        }
        for (account_id, currency), ledger in ledgers.items()
        for invoice in ledger
    }


def _own(invoice: Invoice) -> dict[str, Any]:
    issued, due = invoice.book.issued_on, invoice.book.due_on
    return {
        "invoice_date": issued,
        "invoice_amount": invoice.book.amount,
        "line_item_count": invoice.line_count,
        "item_quantity": invoice.item_quantity,
        "terms_days": (due - issued).days,
        "issue_month": issued.month,
        "issue_iso_weekday": issued.isoweekday(),
        "issue_days_to_month_end": _month_end(issued).day - issued.day,
        "due_iso_weekday": due.isoweekday(),
        "due_days_to_month_end": _month_end(due).day - due.day,
        "fold": f"{issued.year}-Q{(issued.month + 2) // 3}",
    }


def _history(
    ledger: list[Invoice], account: Account, first_invoiced_on: date, day: date, amount: Decimal
) -> dict[str, Any]:
    """What is known of an account on the morning of a day."""
    earlier = [invoice for invoice in ledger if invoice.book.issued_on < day]
    books = [invoice.book for invoice in earlier]
    issued = [book.issued_on for book in books]
    invoiced = sum((book.amount for book in books), ZERO)
    limit = account.limit_before(day)
    still_open = [book for book in books if book.open_before(day) > 0]
    outstanding = sum((book.open_before(day) for book in still_open), ZERO)
    disputes = [dispute for invoice in earlier for dispute in invoice.disputes]
    requests = account.requests
    return {
        "amount_to_average": float(amount) * len(books) / float(invoiced) if invoiced else None,
        "account_age_days": (day - (account.opened_on or first_invoiced_on)).days,
        "is_first_invoice": not books,
        "invoices_before": len(books),
        "invoices_prev_120d": sum((day - on).days <= 120 for on in issued),
        "days_since_last_invoice": (day - max(issued)).days if issued else None,
        **_settled(books, day),
        **_open(still_open, outstanding, day),
        "written_off_count": sum(book.is_written_off_before(day) for book in books),
        "unpaid_score_90d": _mean(_shares(books, day, 90)),
        "unpaid_score_180d": _mean(_shares(books, day, 180)),
        "unpaid_share_max_365d": float(max(_shares(books, day, 365), default=0))
        if _shares(books, day, 365)
        else None,
        "credit_limit": limit,
        "credit_limit_use": float(outstanding) / float(limit) if limit else None,
        "disputes_before": sum(on < day for on, _ in disputes),
        "open_disputes": _open_ones(disputes, day),
        "requests_prev_90d": sum(0 < (day - on).days <= 90 for on, _ in requests),
        "open_requests": _open_ones(requests, day),
    }


def _settled(books: list[Book], day: date) -> dict[str, Any]:
    # who owes nothing pays nothing in time
    books = [book for book in books if book.amount > 0]
    settled = [(book, on) for book in books if (on := book.settled_before(day)) is not None]
    late = [(book, on) for book, on in settled if on > book.due_on]
    amount = sum((book.amount for book, _ in settled), ZERO)
    late_amount = sum((book.amount for book, _ in late), ZERO)
    acts = sorted(
        (on, on <= book.due_on) for book in books for on in book.settlements() if on < day
    )
    streak = 0
    while streak < len(acts) and not acts[-1 - streak][1]:
        streak += 1
    return {
        "settled_count": len(settled),
        "settled_late_count": len(late),
        "settled_late_ratio": len(late) / len(settled) if settled else None,
        "settled_amount": amount,
        "settled_late_amount": late_amount,
        "settled_late_amount_ratio": float(late_amount) / float(amount) if amount else None,
        "avg_days_late": _mean([(on - book.due_on).days for book, on in late]),
        "avg_days_to_settle": _mean([(on - book.issued_on).days for book, on in settled]),
        "last_settled_was_late": streak > 0 if acts else None,
        "late_streak": streak,
    }


def _open(still_open: list[Book], outstanding: Decimal, day: date) -> dict[str, Any]:
    late = [book for book in still_open if book.due_on < day]
    late_amount = sum((book.open_before(day) for book in late), ZERO)
    return {
        "open_count": len(still_open),
        "open_amount": outstanding,
        "open_late_count": len(late),
        "open_late_amount": late_amount,
        "open_late_ratio": len(late) / len(still_open) if still_open else None,
        "open_late_amount_ratio": float(late_amount) / float(outstanding) if outstanding else None,
        "avg_days_open_late": _mean([(day - book.due_on).days for book in late]),
    }


def _labels(book: Book, as_of: date) -> dict[str, Any]:
    tomorrow = as_of + timedelta(days=1)
    settled_on = book.settled_before(tomorrow)
    if settled_on is not None:
        return {
            "is_late": settled_on > book.due_on,
            "days_late": max((settled_on - book.due_on).days, 0),
        }
    is_late = book.is_written_off_before(tomorrow) or as_of > book.due_on
    return {"is_late": is_late or None, "days_late": None}


def _shares(books: list[Book], day: date, days: int) -> list[Decimal]:
    return [
        book.unpaid_share_at_due_date()
        for book in books
        if book.amount > 0 and 0 < (day - max(book.due_on, book.issued_on)).days <= days
    ]


def _mean(values: Iterable[float | Decimal]) -> float | None:
    listed = list(values)
    return float(sum(listed)) / len(listed) if listed else None


def _open_ones(spells: list[tuple[date, date | None]], day: date) -> int:
    return sum(opened < day and (closed is None or closed >= day) for opened, closed in spells)


def _month_end(day: date) -> date:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following - timedelta(days=1)


def _accounts(project: Project, as_of: date) -> dict[str, Account]:
    """Accounts by id; one that only invoices name knows nothing of itself."""
    events = defaultdict(list)
    for account_id, on, op, before, after in query(
        project,
        "select distinct on (event_id) entity_key, source_ts::date, op, before, after"
        " from raw_cdc.change_events where source_table = 'raw_crm.accounts' and op in ('c', 'u')"
        " order by source_seq, event_id",
    ):
        events[account_id].append((on, op, _limit(before), _limit(after)))
    found: dict[str, Account] = defaultdict(lambda: Account(None, None, [(date.min, None)]))
    customers: dict[str, list[str]] = defaultdict(list)
    for account_id, customer_id, opened_on, terms, limit in query(
        project,
        "select account_id, customer_id, opened_on, payment_terms_days, credit_limit"
        " from raw_crm.accounts",
    ):
        history = sorted(events[account_id], key=lambda event: event[0])
        limits: list[tuple[date, Decimal | None]] = [(date.min, limit)]
        if any(image is not None for event in history for image in event[2:]):
            _, op, before, after = history[0]
            limits = [(date.min, after if op == "c" else before)]
            limits += [(on, after) for on, _, _, after in history]
        found[account_id] = Account(opened_on, terms, limits)
        customers[customer_id].append(account_id)
    for account_id, customer_id, opened, resolved in query(
        project,
        "select account_id, customer_id, opened_at::date, resolved_at::date"
        f" from raw_service.service_requests where opened_at::date <= date '{as_of}'",
    ):
        for name in [account_id] if account_id is not None else customers[customer_id]:
            found[name].requests.append((opened, resolved))
    return found


def _limit(image: str | None) -> Decimal | None:
    value = json.loads(image or "{}").get("credit_limit")
    return None if value is None else Decimal(str(value))


def _invoices(project: Project, accounts: dict[str, Account], as_of: date) -> list[Invoice]:
    """Accepted invoices to the as-of date, with amounts and due dates worked out from raw rows."""
    lines = _lines(project)
    movements: dict[str, list[tuple[date, str, Decimal]]] = defaultdict(list)
    for invoice_id, *movement in query(
        project, "select invoice_id, movement_on, cause, amount from core.fct_cash_movements"
    ):
        movements[invoice_id].append((movement[0], movement[1], movement[2]))
    disputes: dict[str, list[tuple[date | None, date | None]]] = defaultdict(list)
    for invoice_id, opened, resolved in query(
        project, "select invoice_id, opened_on, resolved_on from raw_payments.disputes"
    ):
        disputes[invoice_id].append((opened, resolved))
    write_offs = query(
        project, "select invoice_id, account_id, written_off_on from raw_billing.write_offs"
    )
    default_terms = 30
    found = []
    for invoice_id, account_id, business, currency, issued, due, amount in query(
        project,
        """
        select raw.invoice_id, raw.account_id, fct.line_of_business, fct.currency,
            raw.invoice_date, raw.due_date, raw.amount
        from raw_billing.invoices as raw
        inner join core.fct_invoices as fct using (invoice_id)
        """,
    ):
        terms = accounts[account_id].terms_days
        own_lines = lines.get(invoice_id, [])
        book = Book(
            invoice_id,
            issued,
            due or issued + timedelta(days=default_terms if terms is None else terms),
            sum((line[0] for line in own_lines), ZERO) if amount is None else amount,
            _given_up(write_offs, invoice_id, account_id, issued, as_of),
        )
        _write(book, movements[invoice_id])
        found.append(
            Invoice(
                invoice_id,
                account_id,
                business,
                currency,
                book,
                len(own_lines),
                sum((quantity for _, kind, quantity in own_lines if kind in SOLD), ZERO),
                [
                    (max(opened or issued, issued), resolved)
                    for opened, resolved in disputes[invoice_id]
                    if (opened or issued) <= as_of
                ],
            )
        )
    return found


def _write(book: Book, movements: list[tuple[date, str, Decimal]]) -> None:
    credited: dict[date, Decimal] = defaultdict(lambda: ZERO)
    paid: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for on, cause, amount in movements:
        (credited if cause in {"credit_note", "refund"} else paid)[on] += amount
    net_due = unsettled = book.amount
    for day in sorted({book.issued_on, *credited, *paid}):
        net_due -= credited.get(day, ZERO)
        unsettled -= credited.get(day, ZERO) + paid.get(day, ZERO)
        book.days.append(day)
        book.net_due.append(net_due)
        book.unsettled.append(unsettled)


def _given_up(
    write_offs: list[tuple[Any, ...]], invoice_id: str, account_id: str, issued: date, as_of: date
) -> date | None:
    days = [
        max(on, issued)
        for named, account, on in write_offs
        if on <= as_of
        and (named == invoice_id or (named is None and account == account_id and issued <= on))
    ]
    return min(days, default=None)


def _lines(project: Project) -> dict[str, list[tuple[Decimal, str, Decimal]]]:
    """Amount, kind and quantity of the accepted lines, by invoice."""
    found: dict[str, list[tuple[Decimal, str, Decimal]]] = defaultdict(list)
    for invoice_id, kind, quantity, unit_price, list_price, amount in query(
        project,
        """
        select raw.invoice_id, raw.charge_type, raw.quantity, raw.unit_price, skus.unit_price,
            raw.amount
        from raw_billing.invoice_line_items as raw
        inner join core.fct_invoice_lines as fct using (line_item_id)
        left join raw_billing.skus as skus on raw.sku_id = skus.sku_id
        """,
    ):
        price = list_price if unit_price is None else unit_price
        rated = (quantity * price).quantize(CENT, ROUND_HALF_UP) if amount is None else amount
        found[invoice_id].append((rated, kind or "item", quantity or ZERO))
    return found
