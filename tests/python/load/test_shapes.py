"""Values in messages: shown where they look like what their column holds, otherwise told by their shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from seeders.contracts import BOOLEAN, DATE, INTEGER, MONEY, TEXT, TIMESTAMP
from seeders.extracts import LoadError
from seeders.extracts.shapes import is_shape, shown
from tests.python.load.helpers import GOOD, HEADER, INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path

PERSONAL = [
    "Anna Schmidt",
    "Anna",
    "anna@example.org",
    "+49 151 23456789",
    "0151 23456789",
    "015123456789",
    "+15551234567",
    "555-0100-200",
    "4111111111111111",
    "Hauptstr. 12",
    "078-05-1120",
    "DE89 3704 0044 0532 0130 00",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_may_identify_a_person_is_told_by_its_length(text: str) -> None:
    for column_type in (MONEY, INTEGER, DATE, TIMESTAMP, BOOLEAN):
        assert shown(text, column_type) == f"text of {len(text)} characters"
        assert is_shape(shown(text, column_type))


@pytest.mark.parametrize(
    "text",
    [
        *("12.50", "118,99", "12,345.00", "12.345,00", "12'345.00", "EUR 345.00", "345.00 EUR"),
        *("-5.00", "1 200,00", "0,500", ",50", "1_000", "NaN", "-Infinity", "1e400", "(12.00)"),
        "1,00,000.00",
    ],
)
def test_what_looks_like_an_amount_is_shown_in_a_column_of_amounts(text: str) -> None:
    assert shown(text, MONEY) == text
    assert is_shape(shown(text, BOOLEAN))


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "31/01/2024", "31.01.24", "20240231", "31 Jan 2024", "Jan 5, 2024"),
        *("infinity", "2024-01-31T25:00:00Z", "2024-01-31 23:30:00-05"),
    ],
)
def test_what_looks_like_a_day_is_shown_in_a_column_of_days(text: str) -> None:
    assert shown(text, DATE) == text
    assert shown(text, TIMESTAMP) == text


def test_what_looks_like_an_identifier_is_shown_in_a_column_of_text() -> None:
    assert shown("INV-2024-00017", TEXT) == "INV-2024-00017"
    assert is_shape(shown("Anna", TEXT))
    assert is_shape(shown("015123456789", TEXT))


def test_a_long_value_and_one_of_several_lines_are_no_exception() -> None:
    assert shown("1" + "0" * 50 + ".00", MONEY) == "text of 54 characters"
    assert shown("12.50\n", MONEY) == "12.50"
    assert shown("  ", MONEY) == ""


def test_a_shifted_row_is_told_without_what_is_in_it(tmp_path: Path) -> None:
    shifted = b"Anna Schmidt,anna@example.org,Hauptstr. 12,+49 151 23456789,x\n"
    kept = b"003,A1,2024-02-30,12.345,USD\n"
    loaded = load(tmp_path, invoices=HEADER + GOOD + shifted + kept)
    examples = {found.reason: found.examples for found in loaded.report.tables[0].reasons}
    assert examples == {
        "not_a_date:invoice_date": (
            "invoices.csv line 4: not_a_date:invoice_date text of 12 characters",
            "invoices.csv line 5: not_a_date:invoice_date 2024-02-30",
        ),
        "not_a_number:amount": ("invoices.csv line 4: not_a_number:amount text of 16 characters",),
        "too_many_decimals:amount": ("invoices.csv line 5: too_many_decimals:amount 12.345",),
    }


@pytest.mark.parametrize(
    ("first_line", "mapped"),
    [
        ("Anna,anna@example.org,2024-01-31,12.50,USD", "amount"),
        ("Anna,Anna,+49 151 23456789,12.50,USD", "amount"),
        ("Anna,A1,31.01.2024,x,USD", "amuont"),
    ],
)
def test_a_first_line_that_is_a_row_is_not_listed_as_names(
    tmp_path: Path, first_line: str, mapped: str
) -> None:
    with pytest.raises(LoadError) as refused:
        load(
            tmp_path,
            INVOICES.replace("amount: amount", f"amount: {mapped}"),
            invoices=first_line.encode(),
        )
    told = " ".join(refused.value.messages)
    assert "its first line looks like a row" in told
    assert "Anna" not in told
    assert "anna@" not in told
    assert "23456789" not in told


def test_the_names_of_a_header_are_listed(tmp_path: Path) -> None:
    mapping = INVOICES.replace("amount: amount", f"amount: {json.dumps('amuont')}")
    with pytest.raises(LoadError, match=r"the file has: id, account, issued, amount, currency"):
        load(tmp_path, mapping, invoices=HEADER + GOOD)
