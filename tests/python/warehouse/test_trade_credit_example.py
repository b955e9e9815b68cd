"""Accounts, articles, invoices and lines are enough: what is missing is derived, to the cent.

The expectations are computed from the example's files by Python alone.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import pytest

from examples.trade_credit.make_extract import (
    AFTER_CLOSING,
    ORPHAN,
    SENT_TWICE,
    STANDING_ORDER,
    UNPRICED,
    extract,
)
from pipeline.paths import CHECKOUT
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

FOLDER = CHECKOUT / "examples" / "trade_credit"
USUAL_TERMS = 30


@dataclass(frozen=True)
class Line:
    """A line as the files tell it, rated by hand."""

    invoice: str
    article: str
    quantity: Decimal
    price: Decimal
    article_price: Decimal

    @property
    def amount(self) -> Decimal:
        """What is charged."""
        return cents(self.quantity * self.price)

    @property
    def expected_amount(self) -> Decimal:
        """What would be charged at the article's price."""
        return cents(self.quantity * self.article_price)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines() -> dict[str, Line]:
    """The lines that have an invoice and a price."""
    prices = {row["Article"]: Decimal(row["Price"]) for row in rows("skus.csv")}
    invoices = {row["Invoice"] for row in rows("invoices.csv")}
    return {
        row["Line"]: Line(
            row["Invoice"],
            row["Article"],
            Decimal(row["Quantity"]),
            Decimal(row["Special Price"] or prices[row["Article"]]),
            prices[row["Article"]],
        )
        for row in rows("invoice_lines.csv")
        if row["Invoice"] in invoices and row["Article"] in prices
    }


@pytest.fixture(scope="module")
def books(workshop: Workshop) -> Project:
    """The example loaded by the mapping that ships, and built."""
    workshop.load("harrow-pike", FOLDER)
    return workshop.build(workshop.project("harrow-pike"))


def test_the_files_are_what_the_script_writes() -> None:
    for name, text in extract().items():
        assert (FOLDER / name).read_bytes() == text.encode()


def test_only_what_cannot_be_used_is_rejected(books: Project) -> None:
    assert query(
        books, "select row_key, reasons from data_quality.fct_rejected_rows order by row_key"
    ) == [(ORPHAN, "unknown_invoice"), (UNPRICED, "missing_amount")]


def test_every_invoice_is_the_sum_of_its_lines_and_due_by_its_accounts_terms(
    books: Project, lines: dict[str, Line]
) -> None:
    terms = {
        row["Account"]: int(row["Terms"]) if row["Terms"] else USUAL_TERMS
        for row in rows("accounts.csv")
    }
    assert len(set(terms.values())) == 3
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines.values():
        totals[line.invoice] += line.amount
    expected = {}
    for row in rows("invoices.csv"):
        issued = date.fromisoformat(row["Issued"])
        settled = date.fromisoformat(row["Settled"]) if row["Settled"] else None
        due = issued + timedelta(days=terms[row["Account"]])
        owed = Decimal("0.00") if settled else totals[row["Invoice"]]
        expected[row["Invoice"]] = (issued, due, totals[row["Invoice"]], owed, settled)
    found = query(
        books,
        "select invoice_id, invoice_date, due_date, invoiced_amount, outstanding_amount,"
        " settled_date from core.fct_invoices",
    )
    assert len(found) == len(expected) > 200
    assert {row[0]: row[1:] for row in found} == expected


def test_every_line_is_rated_by_its_article(books: Project, lines: dict[str, Line]) -> None:
    found = query(
        books,
        """
        select lines.line_item_id, lines.invoice_id, lines.sku_id, lines.quantity,
            lines.unit_price, lines.amount, lines.expected_unit_price, lines.price_source,
            lines.expected_amount, rated.difference
        from core.fct_invoice_lines as lines
        inner join intermediate.int_rated_lines as rated using (line_item_id)
        """,
    )
    assert {row[0]: row[1:] for row in found} == {
        number: (
            line.invoice,
            line.article,
            line.quantity,
            line.price,
            line.amount,
            line.article_price,
            "sku",
            line.expected_amount,
            line.amount - line.expected_amount,
        )
        for number, line in lines.items()
    }
    # the comparison means something: prices of their own, lengths, and cents that need rounding
    assert len(found) == len(lines) > 500
    assert any(line.price != line.article_price for line in lines.values())
    assert any(line.amount != line.quantity * line.price for line in lines.values())


def test_an_address_may_run_over_several_lines(books: Project) -> None:
    addresses = {row["Account"]: row["Address"] for row in rows("accounts.csv")}
    found = dict(query(books, "select customer_id, address from core.dim_customers"))
    assert found == addresses
    assert sum("\n" in address for address in addresses.values()) > 3


def test_the_mistakes_are_found_and_the_standing_order_is_none(books: Project) -> None:
    cases = query(
        books,
        "select rule, account_id, first_seen_on from leakage.fct_leakage_cases"
        " where direction = 'over' order by rule",
    )
    sent_twice, issued, days = SENT_TWICE
    assert cases == [
        ("billed_after_cancel", f"{AFTER_CLOSING[0]:04}", AFTER_CLOSING[1]),
        ("duplicate_invoice", f"{sent_twice:04}", issued + timedelta(days=days)),
    ]
    assert query(books, "select rule, entity_id from data_quality.fct_findings") == [
        ("orphaned_line", ORPHAN)
    ]
    weekly = query(
        books,
        "select invoiced_amount, count(*) from core.fct_invoices"
        f" where account_id = '{STANDING_ORDER:04}' group by 1",
    )
    assert len(weekly) == 1
    assert weekly[0][1] > 30


def test_an_earlier_day_knows_the_copy_and_not_yet_the_bill_after_the_closing(
    workshop: Workshop, books: Project
) -> None:
    account, issued, days = SENT_TWICE
    copied_on = issued + timedelta(days=days)
    assert copied_on < AFTER_CLOSING[1]
    twin = workshop.copy(books, "harrow-pike-may")
    earlier = workshop.make(twin, copied_on, select=("+fct_leakage_cases", "+fct_findings"))
    assert query(
        earlier,
        "select rule, account_id, status from leakage.fct_leakage_cases where direction = 'over'",
    ) == [("duplicate_invoice", f"{account:04}", "open")]
    # the line that names nobody's invoice was delivered with the extract, later
    assert query(earlier, "select * from data_quality.fct_findings") == []
