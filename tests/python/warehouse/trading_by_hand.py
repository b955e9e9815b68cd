"""Two years of a small trade with everything that happens to invoices, as raw rows drawn at random.

It holds what the simulated demo need not: days with several invoices, prepayments, instalments,
over-payments, chargebacks paid again, credit notes, write-offs, disputes, service requests, limits
that change, amounts and due dates that are left out, two currencies on one account, and both ways to
apply cash. Some of it is dated after the last day the extracts know. On one day every account is billed while
much else happens to it, so that whoever looks ahead by a day is seen.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

if TYPE_CHECKING:
    from pipeline.paths import Project

FIRST_DAY = date(2023, 1, 2)
DAYS = 725
ACCOUNTS = 30
INVOICES_EACH = 16
BALANCE_FORWARD_EVERY = 5
EVENTFUL_DAY = date(2024, 8, 15)

Row = dict[str, Any]


@dataclass
class Draw:
    """Rows by raw table, and where their randomness comes from."""

    rng: np.random.Generator
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def happens(self, chance: float) -> bool:
        """Whether something of this chance happens."""
        return bool(self.rng.random() < chance)

    def between(self, low: int, high: int) -> int:
        """A whole number, both bounds included."""
        return int(self.rng.integers(low, high + 1))

    def add(self, table: str, key: str, **values: object) -> str:
        """Add a row under the next id of its table."""
        name = f"{table[table.index('.') + 1]}x{len(self.rows[table]) + 1:05}"
        self.rows[table].append({key: name, **values})
        return name


def trade(project: Project, root_seed: int) -> None:
    """Add the trade to the raw tables of a warehouse."""
    draw = Draw(np.random.default_rng(root_seed))
    draw.rows["raw_billing.skus"] = [
        {"sku_id": f"S{number}", "unit_price": Decimal(number) + Decimal("0.35")}
        for number in range(1, 10)
    ]
    for number in range(ACCOUNTS):
        _account(draw, number)
    with duckdb.connect(str(project.warehouse)) as connection:
        for table, rows in draw.rows.items():
            columns = sorted({column for row in rows for column in row})
            connection.executemany(
                f"insert into {table} ({', '.join(columns)})"
                f" values ({', '.join('?' * len(columns))})",
                [[row.get(column) for column in columns] for row in rows],
            )


def _account(draw: Draw, number: int) -> None:
    account_id, customer_id = f"T{number:03}", f"K{number // 2:03}"
    is_pooled = number % BALANCE_FORWARD_EVERY == 0
    opened = FIRST_DAY - timedelta(days=draw.between(0, 400))
    terms = (30, 14, None)[number % 3]
    limit = Decimal(draw.between(1, 9) * 100) if number % 4 else None
    draw.rows["raw_crm.accounts"].append(
        {
            "account_id": account_id,
            "customer_id": customer_id,
            "line_of_business": "trade_credit",
            "status": "Active",
            "opened_on": opened if number % 6 else None,
            "payment_terms_days": terms,
            "cash_application": "balance_forward" if is_pooled else "open_item",
            "credit_limit": limit,
            "currency": "USD",
        }
    )
    if number % 3 == 1:
        _limits(draw, account_id, opened, limit)
    day = opened + timedelta(days=draw.between(0, 20)) if number % 7 == 0 else FIRST_DAY
    for _ in range(INVOICES_EACH):
        if not draw.happens(0.2):
            day += timedelta(days=draw.between(1, 2 * DAYS // INVOICES_EACH))
        currency = "EUR" if not is_pooled and draw.happens(0.15) else "USD"
        invoice_id, amount = _invoice(draw, account_id, day, terms, currency)
        if is_pooled:
            _round_sum(draw, account_id, day, amount)
        else:
            _payments(draw, account_id, invoice_id, day, amount)
        if draw.happens(0.15):
            _dispute(draw, invoice_id, day)
    _eventful_day(draw, account_id, customer_id, terms)
    for _ in range(draw.between(0, 5)):
        _request(draw, account_id, customer_id)
    if number == ACCOUNTS - 1:
        given_up = date(2024, 6, 30)
        draw.add(
            "raw_billing.write_offs", "write_off_id", account_id=account_id, written_off_on=given_up
        )


def _limits(draw: Draw, account_id: str, opened: date, last: Decimal | None) -> None:
    """A feed of the account whose limit was drawn anew twice; its last state is the account's row."""
    known: Decimal | None = Decimal(250)
    days = (opened + timedelta(days=draw.between(0, 300)), EVENTFUL_DAY)
    for turn, day in enumerate(days):
        after = last if turn == 1 else Decimal(draw.between(1, 9) * 100)
        images = [
            json.dumps({"account_id": account_id, "status": "Active", "credit_limit": image})
            for image in (
                None if known is None else str(known),
                None if after is None else str(after),
            )
        ]
        draw.add(
            "raw_cdc.change_events",
            "event_id",
            source_table="raw_crm.accounts",
            op="u",
            entity_key=account_id,
            source_seq=turn + 1,
            source_ts=datetime.combine(day, datetime.min.time()),
            before=images[0],
            after=images[1],
        )
        known = after


def _invoice(
    draw: Draw, account_id: str, day: date, terms: int | None, currency: str
) -> tuple[str, Decimal]:
    amount = Decimal(draw.between(0, 60_000)) / 100 if draw.happens(0.95) else Decimal(0)
    due: date | None = day + timedelta(days=30 if terms is None else terms)
    if draw.happens(0.2):
        due = None
    elif draw.happens(0.04):
        due = day - timedelta(days=3)
    lines = [
        (draw.between(1, 9), Decimal(draw.between(1, 8)) / 2) for _ in range(draw.between(0, 4))
    ]
    stated: Decimal | None = amount
    if lines and draw.happens(0.4):
        stated = None
        prices = [Decimal(sku) + Decimal("0.35") for sku, _ in lines]
        rated = (price * line[1] for price, line in zip(prices, lines, strict=True))
        amount = sum(
            (value.quantize(Decimal("0.01"), "ROUND_HALF_UP") for value in rated), Decimal(0)
        )
    invoice_id = draw.add(
        "raw_billing.invoices",
        "invoice_id",
        account_id=account_id,
        invoice_date=day,
        due_date=due,
        amount=stated,
        currency=currency,
    )
    for sku, quantity in lines:
        draw.add(
            "raw_billing.invoice_line_items",
            "line_item_id",
            invoice_id=invoice_id,
            sku_id=f"S{sku}",
            quantity=quantity,
            charge_type="fee" if draw.happens(0.1) else None,
        )
    return invoice_id, amount


def _payments(draw: Draw, account_id: str, invoice_id: str, day: date, amount: Decimal) -> None:
    """What is paid, taken back, credited or given up on an invoice that is paid by name."""
    if draw.happens(0.1):
        credit = amount if draw.happens(0.3) else (amount / 4).quantize(Decimal("0.01"))
        on = day + timedelta(days=draw.between(0, 60))
        draw.add(
            "raw_billing.credit_notes",
            "credit_note_id",
            invoice_id=invoice_id,
            account_id=account_id,
            credit_date=on,
            amount=credit,
        )
    if draw.happens(0.15):
        if draw.happens(0.4):
            on = day + timedelta(days=draw.between(20, 150))
            draw.add(
                "raw_billing.write_offs", "write_off_id", invoice_id=invoice_id, written_off_on=on
            )
        return
    paid_on = day + timedelta(days=draw.between(-4, 75))
    parts = [amount]
    if draw.happens(0.25):
        parts = [(amount / 3).quantize(Decimal("0.01"))]
        parts.append(amount - parts[0] + Decimal(draw.between(-1, 1)))
    for part in parts:
        _payment(draw, account_id, invoice_id, paid_on, max(part, Decimal(0)))
        paid_on += timedelta(days=draw.between(0, 45))


def _payment(
    draw: Draw, account_id: str, invoice_id: str | None, day: date, amount: Decimal
) -> None:
    payment_id = draw.add(
        "raw_payments.payments",
        "payment_id",
        account_id=account_id,
        invoice_id=invoice_id,
        payment_date=day,
        amount_paid=amount,
    )
    if amount > 0 and draw.happens(0.15):
        back_on = day + timedelta(days=draw.between(0, 50))
        draw.add(
            "raw_payments.refunds",
            "refund_id",
            payment_id=payment_id,
            refund_date=back_on,
            amount=amount,
            kind="chargeback" if draw.happens(0.7) else "refund",
        )
        if draw.happens(0.5):
            again_on = back_on + timedelta(days=draw.between(0, 30))
            _payment(draw, account_id, invoice_id, again_on, amount)


def _round_sum(draw: Draw, account_id: str, day: date, amount: Decimal) -> None:
    if draw.happens(0.8):
        on = day + timedelta(days=draw.between(0, 70))
        _payment(draw, account_id, None, on, Decimal(round(amount / 50) * 50))
    if draw.happens(0.1):
        on = day + timedelta(days=draw.between(0, 50))
        draw.add(
            "raw_billing.credit_notes",
            "credit_note_id",
            account_id=account_id,
            credit_date=on,
            amount=Decimal(25),
        )


def _eventful_day(draw: Draw, account_id: str, customer_id: str, terms: int | None) -> None:
    """An invoice on a day on which earlier ones fall due, are paid, charged back and disputed."""
    day = EVENTFUL_DAY
    amount = Decimal(100)
    ages = [least + draw.between(0, 8) for least in (120, 90, 60, 30, 2, 2, 2)]
    earlier = [
        draw.add(
            "raw_billing.invoices",
            "invoice_id",
            account_id=account_id,
            invoice_date=day - timedelta(days=age),
            due_date=day if age == ages[0] else day - timedelta(days=age - draw.between(10, 30)),
            amount=amount,
            currency="USD",
        )
        for age in ages
    ]
    _invoice(draw, account_id, day, terms, "USD")
    _invoice(draw, account_id, day + timedelta(days=2), terms, "USD")
    _payment(draw, account_id, earlier[0], day, amount)
    _payment(draw, account_id, earlier[1], day, amount / 2)
    undone = draw.add(
        "raw_payments.payments",
        "payment_id",
        account_id=account_id,
        invoice_id=earlier[2],
        payment_date=day - timedelta(days=20),
        amount_paid=amount,
    )
    draw.add(
        "raw_payments.refunds",
        "refund_id",
        payment_id=undone,
        refund_date=day,
        amount=amount,
        kind="chargeback",
    )
    for invoice_id, credit in ((earlier[3], amount), (earlier[4], amount / 5)):
        draw.add(
            "raw_billing.credit_notes",
            "credit_note_id",
            invoice_id=invoice_id,
            account_id=account_id,
            credit_date=day,
            amount=credit,
        )
    draw.add("raw_billing.write_offs", "write_off_id", invoice_id=earlier[5], written_off_on=day)
    for opened, resolved in ((day, None), (day - timedelta(days=9), day)):
        draw.add(
            "raw_payments.disputes",
            "dispute_id",
            invoice_id=earlier[6],
            opened_on=opened,
            resolved_on=resolved,
        )
        draw.add(
            "raw_service.service_requests",
            "request_id",
            account_id=account_id,
            customer_id=customer_id,
            opened_at=datetime.combine(opened, datetime.min.time()) + timedelta(hours=9),
            resolved_at=None
            if resolved is None
            else datetime.combine(resolved, datetime.min.time()) + timedelta(hours=23),
        )


def _dispute(draw: Draw, invoice_id: str, day: date) -> None:
    opened = day + timedelta(days=draw.between(-2, 50)) if draw.happens(0.8) else None
    resolved = (opened or day) + timedelta(days=draw.between(0, 90))
    draw.add(
        "raw_payments.disputes",
        "dispute_id",
        invoice_id=invoice_id,
        opened_on=opened,
        resolved_on=resolved if draw.happens(0.7) else None,
        amount=Decimal(20) if draw.happens(0.5) else None,
    )


def _request(draw: Draw, account_id: str, customer_id: str) -> None:
    opened = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(
        hours=draw.between(0, 24 * DAYS)
    )
    resolved = opened + timedelta(hours=draw.between(1, 24 * 120))
    draw.add(
        "raw_service.service_requests",
        "request_id",
        account_id=account_id if draw.happens(0.6) else None,
        customer_id=customer_id,
        opened_at=opened,
        resolved_at=resolved if draw.happens(0.7) else None,
    )
