"""A separator is stripped from groups of thousands alone; any other text is rejected with both readings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.python.load.helpers import load

if TYPE_CHECKING:
    from pathlib import Path

MAPPING = """\
as_of: 2024-12-31
defaults: {currency: EUR}
tables:
  raw_billing.invoices:
    file: invoices.csv
    delimiter: ';'
    columns: {invoice_id: id, amount: EXPRESSION}
"""
UNCLEAR = "unclear_decimal_sign:amount"

POINT = "replace(amount, ',', '')"
COMMA = "replace(replace(amount, '.', ''), ',', '.')"
ANY = "regexp_replace(amount, '[^0-9.-]', '', 'g')"


def amount_of(directory: Path, expression: str, text: str) -> str | None:
    """What becomes of a text: the amount, or the reason why there is none."""
    mapping = MAPPING.replace("EXPRESSION", json.dumps(expression))
    loaded = load(directory, mapping, invoices=f"id;amount;form\n1;{text};DE\n".encode())
    row = loaded.con.execute(
        "select coalesce(_load_reasons, cast(amount as varchar)) from raw_billing.invoices"
    ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        (POINT, "12,345.00", "12345.00"),
        (POINT, "1,200", "1200.00"),
        (POINT, "-1,200", "-1200.00"),
        (POINT, "1,234,567.89", "1234567.89"),
        (POINT, "12,34,567.00", "1234567.00"),  # lakh
        (POINT, "001,200.00", "1200.00"),
        (POINT, "118.99", "118.99"),
        (POINT, "59,", "59.00"),
        (POINT, "118,99", UNCLEAR),
        (POINT, "59,00", UNCLEAR),
        (POINT, "1.200,00", UNCLEAR),
        (POINT, "0,500", UNCLEAR),
        (POINT, ",50", UNCLEAR),
        (POINT, "1,2345", UNCLEAR),
        (POINT, "1,200,50", UNCLEAR),
        (POINT, "twelve, or so", "not_a_number:amount"),
        (COMMA, "1.200,00", "1200.00"),
        (COMMA, "1.234", "1234.00"),
        (COMMA, "118,99", "118.99"),
        (COMMA, "12,340.00", UNCLEAR),
        (COMMA, "118.99", UNCLEAR),
        (ANY, "EUR 1,200.00", "1200.00"),
        (ANY, "1'200.00", "1200.00"),
        (ANY, "EUR -118,99", UNCLEAR),
        ("replace(amount, '''', '')", "1'200.50", "1200.50"),
        ("replace(amount, '''', '')", "118'99", UNCLEAR),
        ("replace(amount, ' ', '')", "1 200.50", "1200.50"),
        ("replace(amount, ' ', '')", "- 5.00", "-5.00"),
        ("replace(amount, ' ', '')", "118 99", UNCLEAR),
        ("translate(amount, ',', '')", "118,99", UNCLEAR),
        ("amount.replace(',', '')", "118,99", UNCLEAR),
        ("cast(replace(trim(amount), ',', '') as decimal(18, 2)) * -1", "118,99", UNCLEAR),
        ("cast(replace(trim(amount), ',', '') as decimal(18, 2)) * -1", "1,200", "-1200.00"),
        # cents without any sign, told by the division
        ("cast(replace(amount, '.', '') as decimal(18, 2)) / 100", "118.99", "118.99"),
        # only the branch that is taken is judged
        (f"case when form = 'DE' then {COMMA} else {POINT} end", "118,99", "118.99"),
        (f"case when form = 'DE' then {COMMA} else {POINT} end", "118.99", UNCLEAR),
    ],
)
def test_digits_after_a_stripped_separator_come_in_threes(
    tmp_path: Path, expression: str, text: str, found: str
) -> None:
    assert amount_of(tmp_path, expression, text) == found


def test_the_report_shows_the_text_and_both_readings(tmp_path: Path) -> None:
    mapping = MAPPING.replace("EXPRESSION", json.dumps(POINT))
    loaded = load(tmp_path, mapping, invoices=b"id;amount\n1;118,99\n2;1.200,00\n3;5,000.00\n")

    (found,) = loaded.report.table("raw_billing.invoices").reasons
    assert found.examples == tuple(
        line.format(UNCLEAR)
        for line in (
            "invoices.csv line 2: {} 118,99 (11,899.00 as mapped, 118.99 with the other decimal sign)",
            "invoices.csv line 3: {} 1.200,00 (1.20 as mapped, 1,200.00 with the other decimal sign)",
        )
    )
    kept = loaded.con.execute("select raw_values ->> 'amount' from raw_control.unread_values")
    assert sorted(kept.fetchall()) == [("1.200,00",), ("118,99",)]


def test_text_columns_keep_their_commas(tmp_path: Path) -> None:
    """What is stripped from an id is no matter of decimal signs."""
    mapping = MAPPING.replace("invoice_id: id", "invoice_id: \"replace(id, ',', '')\"")
    mapping = mapping.replace("EXPRESSION", "amount")
    loaded = load(tmp_path, mapping, invoices=b"id;amount\n1,5;2.00\n")

    assert [row[0] for row in loaded.invoices()] == ["15"]
