"""What an error tells to write is tried here, word for word: it loads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import pytest

from seeders.extracts import LoadError, load_extracts
from tests.python.load.helpers import load

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "id,account,issued,amount,paid,From,Order,Invoice No,Net-Amount,Total (EUR)\n"
ROW = "1,A1,2024-01-31,12.50,10.00,2024-02-01,O1,N1,7.00,8.00\n"
FILE = (HEADER + ROW).encode()
TABLE = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: invoices.csv
"""


def problem_of(directory: Path, entry: str) -> str:
    with pytest.raises(LoadError) as caught:
        load(directory, TABLE + entry, invoices=FILE)
    (line,) = caught.value.messages
    assert "\n" not in line
    return line


def advice_in(line: str) -> str:
    """What stands in backticks after the last `write` or `written`."""
    found = re.search(r".*writ(?:e|ten) `(.+?)`(?:,|;|$)", line)
    assert found is not None, line
    return found[1]


@pytest.mark.parametrize(
    "condition",
    [
        "paid > 0",
        "paid + amount > 20 and account is not null",
        "abs(paid) >= 10",
        "paid between 1 and 20",
        "replace(paid, ',', '') > 0",
        "coalesce(paid, 0) > 0",
        "case when paid > 0 then true else false end",
        "issued > date '2024-01-01'",
        "Order is not null",
        "Invoice No = 'N1' and From >= '2024-01-01'",
    ],
)
def test_a_condition_is_given_in_the_form_that_works(tmp_path: Path, condition: str) -> None:
    columns = "    columns: {invoice_id: id}\n"
    line = problem_of(tmp_path, f"{columns}    where: {condition}\n")

    loaded = load(tmp_path, f"{TABLE}{columns}    where: {advice_in(line)}\n", invoices=FILE)
    assert len(loaded.invoices()) == 1


@pytest.mark.parametrize(
    ("column", "expression", "value"),
    [
        ("amount", "paid * 2", "20.00"),
        ("amount", "-paid", "-10.00"),
        ("amount", "round(amount - paid, 2)", "2.50"),
        ("amount", "greatest(paid, 0)", "10.00"),
        ("amount", "Net-Amount", "7.00"),
        ("amount", "Total (EUR)", "8.00"),
        ("due_date", "issued + 30", "2024-03-01"),
        ("due_date", "strptime(issued, '%Y-%m-%d') + 30", "2024-03-01"),
        ("due_date", "From", "2024-02-01"),
        ("account_id", "Order", "O1"),
        ("account_id", "coalesce(Invoice No, 'none')", "N1"),
    ],
)
def test_an_expression_is_given_in_the_form_that_works(
    tmp_path: Path, column: str, expression: str, value: str
) -> None:
    columns = "    columns:\n      invoice_id: id\n"
    line = problem_of(tmp_path, f"{columns}      {column}: {expression}\n")

    mapping = f"{TABLE}{columns}      {column}: {advice_in(line)}\n"
    found = load(tmp_path, mapping, invoices=FILE).con.execute(
        f"select cast({column} as varchar), _load_reasons from raw_billing.invoices"
    )
    assert found.fetchall() == [(value, None)]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("currency: EUR", "EUR"),
        ("account_id: On Hold", "On Hold"),
        ("meter_number: MISSING", "MISSING"),
    ],
)
def test_a_constant_is_quoted_twice(tmp_path: Path, line: str, value: str) -> None:
    columns = "    columns:\n      invoice_id: id\n"
    problem = problem_of(tmp_path, f"{columns}      {line}\n")

    assert "the file has: id, account" in problem
    assert ("once under `defaults`" in problem) == line.startswith("currency")
    mapping = f"{TABLE}{columns}      {advice_in(problem)}\n"
    found = load(tmp_path, mapping, invoices=FILE).con.execute(
        f"select {line.partition(':')[0]} from raw_billing.invoices"
    )
    assert found.fetchall() == [(value,)]


def test_a_number_is_no_constant_text(tmp_path: Path) -> None:
    columns = "    columns: {invoice_id: id, amount: Gross}\n"

    assert 'Referenced column "Gross" not found' in problem_of(tmp_path, columns)


@pytest.mark.parametrize("expression", ["coalesce(amount, paid)", "round(nullif(amount, ''), 2)"])
def test_braces_that_cut_an_expression_at_its_comma_are_one_line(
    tmp_path: Path, expression: str
) -> None:
    expression = expression.replace("''", "id")
    columns = f"    columns: {{invoice_id: id, account_id: {expression}, meter_number: account}}\n"
    line = problem_of(tmp_path, columns)

    assert "inside {…} a comma ends a value" in line
    assert advice_in(line) == f'account_id: "{expression}"'


@pytest.mark.parametrize(
    ("columns", "advice"),
    [
        ("{invoice_id: id, amount: replace(amount, ',', '')}", "a comma ends a value"),
        ("{invoice_id: id, amount: [}", "a comma ends a value"),
        ("\n      invoice_id: 'P' || id", "begins with a quote"),
        ("\n      invoice_id: replace(id, ': ', '')", "a colon and a blank"),
    ],
)
def test_what_yaml_cannot_read_says_its_line_and_what_to_quote(
    tmp_path: Path, columns: str, advice: str
) -> None:
    line = problem_of(tmp_path, f"    columns: {columns}\n")

    assert re.match(r"mapping.yml: not valid YAML: line [56]: ", line)
    assert advice in line


def test_a_text_with_a_comma_in_a_stated_row(tmp_path: Path) -> None:
    mapping = "as_of: 2024-12-31\ntables:\n  raw_billing.skus:\n    rows: [{sku_id: a, sku_name: Tea, black}]\n"
    with pytest.raises(LoadError, match=r"unknown column `black`.*a comma ends a value: quote"):
        load(tmp_path, mapping)


def test_a_path_that_is_a_file(tmp_path: Path) -> None:
    load(tmp_path, f"{TABLE}    columns: {{invoice_id: id}}\n", invoices=FILE)
    with pytest.raises(LoadError, match=r"invoices.csv: is a file, not a directory"):
        load_extracts(duckdb.connect(), tmp_path / "invoices.csv")


NUMBERS = b"id,account,issued,amount,paid\n1,A1,2024-01-31,12.50,9\n2,A1,2024-02-01,9.00,10.00\n"


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("paid >= '9.5'", ["2"]),
        ("paid > amount", ["2"]),
        ("trim(paid) between '9.5' and '11'", ["2"]),
        ("case when '9.5' < paid then true else false end", ["2"]),
    ],
)
def test_numbers_are_not_compared_as_text(tmp_path: Path, condition: str, kept: list[str]) -> None:
    """By the alphabet 9 is more than 10: load stops with the cast to write, and that one works."""
    columns = "    columns: {invoice_id: id}\n"
    with pytest.raises(LoadError) as caught:
        load(tmp_path, f'{TABLE}{columns}    where: "{condition}"\n', invoices=NUMBERS)
    (line,) = caught.value.messages
    assert "numbers are compared as text" in line
    loaded = load(tmp_path, f'{TABLE}{columns}    where: "{advice_in(line)}"\n', invoices=NUMBERS)
    found = loaded.con.execute("select invoice_id from raw_billing.invoices order by all")
    assert [name for (name,) in found.fetchall()] == kept


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("issued >= '2024-02-01'", 1),
        ("account < 'B'", 2),
        ("cast(paid as varchar) > '9.5'", 0),
        ("paid = '9'", 1),
        ("paid > '0'", 2),
        ("cast(paid as decimal(18,2)) > '9.5'", 1),
    ],
)
def test_text_that_is_meant_as_text_is_compared_as_text(
    tmp_path: Path, condition: str, rows: int
) -> None:
    """Dates in ISO form, words, what is cast to text, and numbers that come to the same."""
    mapping = f'{TABLE}    columns: {{invoice_id: id}}\n    where: "{condition}"\n'
    loaded = load(tmp_path, mapping, invoices=NUMBERS)
    assert loaded.con.execute("select count(*) from raw_billing.invoices").fetchall() == [(rows,)]
