"""A mapping's mistakes come out together, one line each, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from seeders.extracts import Allowance, LoadError, load_extracts
from seeders.extracts.sources import close_to_the_outside, scratch_database
from tests.python.load.helpers import GOOD, HEADER, INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path


def problems_of(directory: Path, mapping: str, **files: bytes) -> list[str]:
    with pytest.raises(LoadError) as caught:
        load(directory, mapping, **files)
    return caught.value.messages


def test_all_problems_at_once(tmp_path: Path) -> None:
    mapping = """\
as_of: soon
defaults: {currency: USD, country: PK}
tabels: {}
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: id, amount: total, colour: id, due_date: "issued +"}
  raw_billing.payments:
    file: invoices.csv
    columns: {payment_id: id}
  raw_payments.payments:
    file: payments*.csv
    columns: {amount_paid: amount}
  raw_payments.refunds:
    file: refunds.csv
    columns: {refund_id: id}
  raw_billing.plans:
    file: empty.csv
    columns: {plan_id: id}
"""
    problems = problems_of(tmp_path, mapping, invoices=HEADER + GOOD, empty=b"")
    expected = [
        "unknown key `tabels`",
        "as_of: 'soon' is not a date",
        "defaults: unknown key `country`",
        "raw_billing.invoices: unknown column `colour`",
        "unknown table `raw_billing.payments`; did you mean raw_payments.payments?",
        "raw_payments.payments: its key payment_id is not mapped",
        "payments*.csv: no such file",
        "refunds.csv: no such file",
        "empty.csv is empty",
        'raw_billing.invoices.amount: `total` over invoices.csv: Referenced column "total" not found',
        "raw_billing.invoices.due_date: `issued +`",
    ]

    assert len(problems) == len(expected)
    for wanted in expected:
        assert sum(wanted in problem for problem in problems) == 1, wanted
    assert all("\n" not in problem for problem in problems)
    assert any("the file has: id, account, issued, amount, currency" in p for p in problems)


def test_nothing_is_written(tmp_path: Path) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD)
    (tmp_path / "mapping.yml").write_text(INVOICES.replace("amount: amount", "amount: missing"))
    with pytest.raises(LoadError):
        load_extracts(loaded.con, tmp_path)

    assert len(loaded.invoices()) == 2


def test_a_failure_while_writing_takes_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD)

    def full_disk(*_: object, **__: object) -> None:
        message = "no space left"
        raise OSError(message)

    monkeypatch.setattr("seeders.extracts.loading.table_report", full_disk)
    (tmp_path / "invoices.csv").write_bytes(HEADER)
    with pytest.raises(OSError, match="no space"):
        load_extracts(loaded.con, tmp_path)

    assert len(loaded.invoices()) == 2


def test_expressions_run_where_there_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_bytes(HEADER)
    with scratch_database() as scratch:
        close_to_the_outside(scratch)
        with pytest.raises(duckdb.PermissionException):
            scratch.execute(f"from read_csv('{tmp_path}/secret.csv')")


def test_a_load_replaces_the_one_before(tmp_path: Path) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD)
    (tmp_path / "invoices.csv").write_bytes(HEADER + GOOD.splitlines(keepends=True)[0])
    load_extracts(
        loaded.con, tmp_path, allowance=Allowance(shrink=frozenset({"raw_billing.invoices"}))
    )

    assert len(loaded.invoices()) == 1
    assert loaded.con.execute("from raw_control.extract_batches select count(*)").fetchone() == (1,)


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ("", "empty"),
        ("tables: [", "not valid YAML"),
        ("as_of: 2024-12-31\nas_of: 2025-12-31\n", "given twice"),
        ("as_of: 2024-12-31\n", "`tables` is missing"),
        (INVOICES.replace("as_of: 2024-12-31\n", ""), "`as_of` is missing"),
        (
            INVOICES.replace("as_of:", "covers_from: 2025-01-01\ncovers_to: 2024-01-01\nas_of:"),
            "is after",
        ),
        (
            INVOICES.replace("as_of:", "covers_from: 2025-01-01\nas_of:"),
            "covers_from 2025-01-01 is after as_of 2024-12-31",
        ),
        (
            INVOICES.replace("as_of:", "period_end_is: open\nas_of:"),
            "period_end_is: 'open' is not one of inclusive, exclusive",
        ),
        (
            INVOICES.replace("as_of:", "status_holds: always\nas_of:"),
            "status_holds: 'always' is not one of throughout",
        ),
        (
            INVOICES.replace("as_of:", "defaults: {billed: monthly}\nas_of:"),
            "defaults: billed: 'monthly' is not one of in_advance, in_arrears",
        ),
        (INVOICES.replace("invoices.csv", "invoices.xlsx"), "expected one of .csv"),
        (INVOICES.replace("    file: invoices.csv\n", ""), "`file` is missing"),
        (INVOICES + "    delimiter: ';;'\n", "single ASCII character"),
        (INVOICES + "    encoding: klingon\n", "not one of utf-8"),
        (INVOICES + "    colour: red\n", "unknown key `colour`"),
        (INVOICES + "    where: amount\n", "not true or false"),
        (INVOICES.replace("invoice_id: id", "invoice_id: no"), "YAML reads a bare yes, no"),
        (INVOICES.replace("raw_billing.invoices", "raw_control.simulation"), "unknown table"),
        (INVOICES.replace("raw_billing.invoices", "ground_truth.faults"), "unknown table"),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, mapping: str, problem: str) -> None:
    problems = problems_of(tmp_path, mapping, invoices=HEADER + GOOD)

    assert sum(problem in line for line in problems) == 1, problems


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("USD", "not found"),
        ("(select max(amount) from read_csv('other.csv'))", ""),
        ("(select 1)", "not allowed"),
        ("max(amount)", "not allowed"),
        ("row_number() over ()", "not allowed"),
        ("unnest([1, 2])", "not allowed"),
        ("random()", "not allowed"),
        ("amount), (id", "single SQL expression"),
        ("1); drop table x; select (1", ""),
        ("[amount]", "not a single value"),
        ("''", ""),
    ],
)
def test_an_expression_gives_one_value_of_its_row(
    tmp_path: Path, expression: str, problem: str
) -> None:
    (tmp_path / "other.csv").write_bytes(HEADER + GOOD)
    mapping = INVOICES.replace("amount: amount", f'amount: "{expression}"')
    if expression == "''":
        assert len(load(tmp_path, mapping, invoices=HEADER + GOOD).invoices()) == 2
        return

    (line,) = problems_of(tmp_path, mapping, invoices=HEADER + GOOD)
    assert "raw_billing.invoices.amount" in line
    assert problem in line


def test_a_comment_ends_with_its_expression(tmp_path: Path) -> None:
    mapping = INVOICES.replace("amount: amount", 'amount: "amount -- gross"')

    assert len(load(tmp_path, mapping, invoices=HEADER + GOOD).invoices()) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\xff\xfei\x00d\x00", "UTF-16"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not"),
        (b"PK\x03\x04\x00\x00\n", "not a delimited text file"),
        (b"id,ID,amount\n", "names ID twice"),
        (b"id;account;issued;amount;currency\n", "delimiter"),
    ],
)
def test_a_file_that_is_not_what_it_says(tmp_path: Path, content: bytes, problem: str) -> None:
    problems = problems_of(tmp_path, INVOICES, invoices=content)

    assert any(problem in line for line in problems), problems
    assert all(line.startswith(("invoices.csv ", "raw_billing.invoices.")) for line in problems)


def test_no_mapping_at_all(tmp_path: Path) -> None:
    con = duckdb.connect()
    for directory in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(LoadError) as caught:
            load_extracts(con, directory)
        assert len(caught.value.messages) == 1
