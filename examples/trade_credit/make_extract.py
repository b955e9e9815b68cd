"""Writes the extract of this folder: nine months of Harrow & Pike, who sell hardware on account.

Harrow & Pike do not exist. Their system prints four tables and no more: accounts, articles, invoices
and invoice lines. An invoice has neither an amount nor a due date: the one follows from its lines and
the articles' prices, the other from the account's terms. Addresses run over several lines.

    python examples/trade_credit/make_extract.py
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final

FIRST: Final = date(2024, 1, 1)
AS_OF: Final = date(2024, 9, 30)
ACCOUNTS: Final = 18
ARTICLES: Final = 16
ORDER_EVERY_DAYS: Final = (9, 40)

# The same basket every week: what looks like a duplicate and is none.
STANDING_ORDER: Final = 5
CLOSED: Final = {11: date(2024, 6, 14)}
NON_PAYERS: Final = (8,)

# What went wrong: account and day of the invoice that was sent twice, and how many days later; of the
# invoice written for an account that was closed; the line that names an invoice nobody wrote.
SENT_TWICE: Final = (3, date(2024, 5, 6), 2)
AFTER_CLOSING: Final = (11, date(2024, 7, 1))
ORPHAN: Final = "900001"
# A line no warehouse should price: an unknown article without a price of its own.
UNPRICED: Final = "900002"

_NAMES: Final = (  # noqa: SIM905 - a list would take twenty lines
    "Anvil Bolt Chisel Dowel Eyelet Ferrule Gasket Hinge Jig Kerf Lathe Mallet Nail Oakum Plane Rasp Spanner Trowel"
).split()
_KINDS: Final = ("Joinery", "Builders", "Roofing, Ltd", 'The "Yard"', "Interiors")
_STREETS: Final = ("Mill Lane", "Station Road", "Quay Street", "Foundry Hill")
_TOWNS: Final = ("Hull", "Selby", "Goole", "Whitby")
_WARES: Final = ("Screw", "Hinge", "Plank", "Paint", "Glue", "Hook", "Pipe", "Tile")
_TERMS: Final = (30, 14, 60, None)


@dataclass(frozen=True)
class Line:
    """One line: an article, how much of it, and the price where it is not the article's own."""

    article: int
    thousandths: int
    special_cents: int | None = None


@dataclass(frozen=True)
class Invoice:
    """An invoice as its system keeps it: what was ordered, on which day, and when it was settled."""

    account: int
    issued: date
    lines: tuple[Line, ...]
    settled: date | None


def main() -> None:
    """Write every file of the extract beside this script."""
    folder = Path(__file__).parent
    for name, text in extract().items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
        print(f"{name}: {len(text.splitlines())} lines")


def extract() -> dict[str, str]:
    """The files by name, with their header."""
    draws = random.Random(2024)
    orders = [order for account in range(1, ACCOUNTS + 1) for order in _orders(account, draws)]
    orders += _mistakes(orders)
    orders.sort(key=lambda order: (order.issued, order.account))
    invoices: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for number, order in enumerate(orders, start=1):
        invoice = f"{number:06}"
        invoices.append((invoice, f"{order.account:04}", order.issued, order.settled))
        before = len(lines)
        lines += [
            (
                f"{before + position:06}",
                invoice,
                f"HP-{line.article:03}",
                f"{line.thousandths / 1000:g}",
                None if line.special_cents is None else _money(line.special_cents),
            )
            for position, line in enumerate(order.lines, start=1)
        ]
    lines.append((ORPHAN, "999999", "HP-001", "4", None))
    lines.append((UNPRICED, "000001", "HP-999", "1", None))
    return {
        "accounts.csv": _table(
            "Account,Company,Address,Town,Opened,Closed,Terms,Limit",
            [_account(number) for number in range(1, ACCOUNTS + 1)],
        ),
        "skus.csv": _table(
            "Article,Description,Group,Price,Cost",
            [_article(number) for number in range(1, ARTICLES + 1)],
        ),
        "invoices.csv": _table("Invoice,Account,Issued,Settled", invoices),
        "invoice_lines.csv": _table("Line,Invoice,Article,Quantity,Special Price", lines),
    }


def _orders(account: int, draws: random.Random) -> list[Invoice]:
    is_standing = account == STANDING_ORDER
    basket = _basket(draws)
    day = FIRST + timedelta(days=draws.randrange(20))
    orders = []
    while day < min(CLOSED.get(account, AS_OF), AS_OF):
        settled = day + timedelta(days=draws.randint(5, 75))
        is_open = account in NON_PAYERS or settled > AS_OF
        orders.append(Invoice(account, day, basket, None if is_open else settled))
        day += timedelta(days=7 if is_standing else draws.randint(*ORDER_EVERY_DAYS))
        basket = basket if is_standing else _basket(draws)
    return orders


def _basket(draws: random.Random) -> tuple[Line, ...]:
    articles = draws.sample(range(1, ARTICLES + 1), draws.randint(1, 6))
    return tuple(
        Line(
            article,
            # some wares are cut to length
            draws.randint(1, 40) * 1000 if draws.random() < 0.7 else draws.randint(250, 9999),  # noqa: PLR2004
            draws.randint(100, 9000) if draws.random() < 0.1 else None,  # noqa: PLR2004
        )
        for article in articles
    )


def _mistakes(orders: list[Invoice]) -> list[Invoice]:
    account, issued, days = SENT_TWICE
    original = Invoice(
        account, issued, (Line(4, 12000), Line(9, 1500)), issued + timedelta(days=20)
    )
    copy = replace(original, issued=issued + timedelta(days=days), settled=None)
    account, issued = AFTER_CLOSING
    late = Invoice(account, issued, orders[0].lines, None)
    return [original, copy, late]


def _account(number: int) -> tuple[object, ...]:
    company = f"{_NAMES[number - 1]} {_KINDS[number % len(_KINDS)]}"
    address = f"{number} {_STREETS[number % len(_STREETS)]}"
    if number % 3 == 0:
        address = f"Unit {number % 7 + 1}\n{address}\nback door, ring twice"
    opened = date(2020, 1, 15) + timedelta(days=61 * number)
    terms, limit = _TERMS[number % len(_TERMS)], _money(100_000 * (number % 5 + 1))
    closed, town = CLOSED.get(number), _TOWNS[number % len(_TOWNS)]
    return f"{number:04}", company, address, town, opened, closed, terms, limit


def _article(number: int) -> tuple[object, ...]:
    ware = _WARES[number % len(_WARES)]
    price = 137 + 411 * number
    group = "cut" if number % 2 else "boxed"
    return f"HP-{number:03}", f"{ware} no. {number}", group, _money(price), _money(price * 6 // 10)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _table(header: str, rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
