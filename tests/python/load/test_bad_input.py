"""Bad input costs its own row or line, is named, and leaves every good row as it was."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from seeders.extracts import LoadError, loading
from tests.python.load.helpers import GOOD, HEADER, load

if TYPE_CHECKING:
    from pathlib import Path

GOOD_INVOICES = [
    ("001", date(2024, 1, 31), Decimal("12.50")),
    ("002", date(2024, 2, 29), Decimal("100.00")),
]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (b"003,A1,2024-02-30,1.00,USD", "not_a_date:invoice_date"),
        (b"003,A1,31/01/2024,1.00,USD", "not_a_date:invoice_date"),
        (b"003,A1,infinity,1.00,USD", "not_a_date:invoice_date"),
        (b"003,A1,epoch,1.00,USD", "not_a_date:invoice_date"),
        (b"003,A1,0024-01-31,1.00,USD", "out_of_range:invoice_date"),
        (b"003,A1,9999-12-31,1.00,USD", "out_of_range:invoice_date"),
        (b"003,A1,2024-01-31,twelve,USD", "not_a_number:amount"),
        (b'003,A1,2024-01-31,"1,200.00",USD', "not_a_number:amount"),
        (b"003,A1,2024-01-31,1_000,USD", "not_a_number:amount"),
        (b"003,A1,2024-01-31,12.345,USD", "too_many_decimals:amount"),
        (b"003,A1,2024-01-31,1e-3,USD", "too_many_decimals:amount"),
        (b"003,A1,2024-01-31,NaN,USD", "not_finite:amount"),
        (b"003,A1,2024-01-31,-Infinity,USD", "not_finite:amount"),
        (b"003,A1,2024-01-31,1e400,USD", "out_of_range:amount"),
        (b"003,A1,2024-01-31,10000000000000000,USD", "out_of_range:amount"),
        (b"003,A1,nonsense,nan,USD", "not_a_date:invoice_date,not_finite:amount"),
        (b"003," + b"x" * 70_000 + b",2024-01-31,1.00,USD", "text_too_long:account_id"),
        (b"003," + b"x" * 10_000_000 + b",2024-01-31,1.00,USD", "text_too_long:account_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:30].decode(),
)
def test_a_value_that_does_not_fit_flags_its_row(tmp_path: Path, row: bytes, reasons: str) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD + row + b"\n")

    assert loaded.flagged() == {"003": reasons}
    assert loaded.invoices() == GOOD_INVOICES
    assert loaded.report.tables[0].landed == loaded.report.tables[0].rows_in == 3


@pytest.mark.parametrize(
    ("lines", "rejected"),
    [
        (b"003,A\xff1,2024-01-31,1.00,USD\n", [(3, "invalid_utf8")]),
        (b"003,A\xff1\n", [(3, "invalid_utf8,too_few_columns")]),
        (b"003,A1\n", [(3, "too_few_columns")]),
        (b"003,A1,2024-01-31,1.00,USD,EUR\n", [(3, "too_many_columns")]),
        (b'003,"A1,2024-01-31,1.00,USD\n', [(3, "unterminated_quote")]),
        (b'003,"A1"x,2024-01-31,1.00,USD\n', [(3, "stray_quote")]),
        (b"\n003\n\n004\n", [(4, "too_few_columns"), (6, "too_few_columns")]),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value),
)
def test_a_line_that_is_no_row_is_rejected_alone(
    tmp_path: Path, lines: bytes, rejected: list[tuple[int, str]]
) -> None:
    first, second = GOOD.splitlines(keepends=True)
    loaded = load(tmp_path, invoices=HEADER + first + lines + second)

    assert loaded.rejected() == rejected
    assert loaded.invoices() == GOOD_INVOICES
    assert loaded.report.tables[0].rows_in == 2 + len(rejected)


def test_a_line_beyond_all_bounds_is_rejected_and_its_start_kept(tmp_path: Path) -> None:
    endless = b"003," + b"x" * (33 << 20) + b"\n"
    first, second = GOOD.splitlines(keepends=True)
    loaded = load(tmp_path, invoices=HEADER + first + endless + second)

    assert loaded.rejected() == [(3, "line_too_long")]
    assert loaded.invoices() == GOOD_INVOICES


def test_a_line_beyond_all_bounds_does_not_close_a_field(tmp_path: Path) -> None:
    endless = b'003,"A1\n' + b"x" * (42 << 20) + b'\n",2024-01-31,1.00,USD\n'
    first, second = GOOD.splitlines(keepends=True)
    loaded = load(tmp_path, invoices=HEADER + first + endless + second)

    assert loaded.rejected() == [
        (3, "unterminated_quote"),
        (4, "line_too_long"),
        (5, "unterminated_quote"),
    ]
    assert loaded.invoices() == GOOD_INVOICES


def test_a_field_opened_by_mistake_does_not_end_in_another_row(tmp_path: Path) -> None:
    rows = b'003,"A1,2024-01-31,1.00,USD\n004,A1,2024-01-31,1.00,US"\n'
    loaded = load(tmp_path, invoices=HEADER + GOOD + rows)

    assert loaded.rejected() == [(4, "unterminated_quote")]
    assert [row[0] for row in loaded.invoices()] == ["001", "002", "004"]


def test_a_stray_quote_does_not_swallow_the_rows_up_to_the_next_one(tmp_path: Path) -> None:
    rows = [f'{n:03},"A{n}",2024-01-31,1.00,USD' for n in range(1, 200)]
    rows[100] = '101,"A101,2024-01-31,1.00,USD'
    loaded = load(tmp_path, invoices=HEADER + "\n".join(rows).encode())

    assert loaded.rejected() == [(102, "unterminated_quote")]
    assert len(loaded.invoices()) == 198


def test_the_source_text_of_a_bad_value_is_kept(tmp_path: Path) -> None:
    text = "x" * 70_000
    row = f'003,{text},"30 ""Feb""",1.00,USD\n'.encode()
    loaded = load(tmp_path, invoices=HEADER + GOOD + row)
    values = loaded.con.execute(
        "select raw_values ->> 'account_id', raw_values ->> 'invoice_date', account_id, amount"
        " from raw_control.unread_values join raw_billing.invoices"
        " on (_file_no, _source_line) = (file_no, source_line) where _load_reasons = reasons"
    ).fetchall()

    assert values == [(text, '30 "Feb"', None, Decimal("1.00"))]


def test_an_expression_that_fails_on_a_row_keeps_what_it_read(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: id, invoice_date: "strptime(issued, '%Y-%m-%d')"}
"""
    row = b"003,A1,2024-02-30,1.00,USD\n004,A1,,1.00,USD\n"
    loaded = load(tmp_path, mapping, invoices=HEADER + GOOD + row)
    found = loaded.con.execute(
        "select reasons, raw_values from raw_control.unread_values where source_line = 4"
    ).fetchall()

    assert found == [("not_a_date:invoice_date", '{"invoice_date":"2024-02-30"}')]
    # nothing in, nothing out: a null is no failure
    assert list(loaded.flagged()) == ["003"]


@pytest.mark.parametrize("times", [1, 2, 60])
def test_what_an_expression_says_twice_fails_on_its_row_alone(tmp_path: Path, times: int) -> None:
    """A cast that stands there more than once used to be worked out apart, and stopped the load."""
    amount = " + ".join(["cast(amount as decimal(18,2))"] * times)
    mapping = f"""\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: invoices.csv
    where: "{amount} is not null and {amount} > 0"
    columns: {{invoice_id: id, amount: "{amount}", statement_amount: "{amount}"}}
  raw_billing.invoice_line_items:
    file: invoices.csv
    columns: {{line_item_id: id, amount: "{amount}"}}
"""
    loaded = load(tmp_path, mapping, invoices=HEADER + GOOD + b"003,A1,2024-02-01,n/a,USD\n")

    assert loaded.rejected() == [(4, "condition_failed")]
    lines = loaded.con.execute(
        "select line_item_id, amount, _load_reasons from raw_billing.invoice_line_items order by 1"
    ).fetchall()
    assert lines == [
        ("001", Decimal("12.50") * times, None),
        ("002", Decimal("100.00") * times, None),
        ("003", None, "not_a_number:amount"),
    ]


def test_a_row_mapped_twice_keeps_what_each_entry_could_not_read(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoice_line_items:
    - {file: invoices.csv, columns: {line_item_id: "id || 'a'", amount: amount}}
    - {file: invoices.csv, columns: {line_item_id: "id || 'b'", amount: account, quantity: issued}}
"""
    loaded = load(tmp_path, mapping, invoices=HEADER + b"001,A1,2024-01-31,1.005,USD\n")
    found = loaded.con.execute(
        "select target_table, file_no, source_line, entry_no, reasons, raw_values"
        " from raw_control.unread_values order by all"
    ).fetchall()

    table = "raw_billing.invoice_line_items"
    assert found == [
        (table, 1, 2, 1, "too_many_decimals:amount", '{"amount":"1.005"}'),
        (
            *(table, 1, 2, 2, "not_a_number:amount,not_a_number:quantity"),
            '{"amount":"A1","quantity":"2024-01-31"}',
        ),
    ]


def test_every_unread_row_of_several_files_is_kept(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    - {file: second.csv, columns: {invoice_id: id, amount: amount}}
    - {file: first.csv, columns: {invoice_id: id, amount: amount}}
"""
    # more than pass at once, and good ones between
    bad = b"".join(
        b"%d,A,2024-01-31,%s,USD\n" % (n, b"x" if n % 2 else b"1") for n in range(150_001)
    )
    loaded = load(tmp_path, mapping, second=HEADER + bad, first=HEADER + b"a,A,2024-01-31,y,USD\n")
    kept = loaded.con.execute(
        "select source_file, raw_values ->> 'amount', count(*), count(distinct source_line),"
        " sum(source_line) from raw_control.unread_values"
        " join raw_control.extract_files using (file_no) group by all order by all"
    ).fetchall()

    odd = range(1, 150_001, 2)
    assert kept == [
        ("first.csv", "y", 1, 1, 2),
        ("second.csv", "x", len(odd), len(odd), sum(n + 2 for n in odd)),
    ]
    files = loaded.con.execute("select file_no, source_file from raw_control.extract_files")
    assert sorted(files.fetchall()) == [(1, "first.csv"), (2, "second.csv")]


def test_a_text_that_was_not_kept_stops_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_put_aside", lambda *_: None)
    with pytest.raises(LoadError, match=r"1 rows with a value that did not fit.* of 0 was kept"):
        load(tmp_path, invoices=HEADER + b"003,A1,soon,1.00,USD\n")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31 23:30:00-05", date(2026, 2, 1)),
        ("2026-02-01T00:30:00+02:00", date(2026, 1, 31)),
        ("2026-01-31T23:30:00Z", date(2026, 1, 31)),
        ("2026-01-31 23:30:00", date(2026, 1, 31)),
        ("2026/1/5", date(2026, 1, 5)),
        (" 2026-01-05 ", date(2026, 1, 5)),
    ],
)
def test_an_offset_moves_the_date(tmp_path: Path, text: str, day: date) -> None:
    loaded = load(tmp_path, invoices=HEADER + f"003,A1,{text},1.00,USD\n".encode())

    assert loaded.invoices() == [("003", day, Decimal("1.00"))]


def test_rules_of_the_business_are_not_judged_here(tmp_path: Path) -> None:
    rows = b",A1,2024-01-31,1.00,USD\n001,A1,2024-01-31,-5.00,XXX\n001,A9,2199-01-31,0,\n"
    loaded = load(tmp_path, invoices=HEADER + rows)

    assert loaded.flagged() == {}
    assert loaded.report.tables[0].landed == 3


def test_a_condition_that_fails_on_a_row_rejects_it(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: "*.csv"
    where: cast(amount as double) > 50
    columns: {invoice_id: id}
"""
    rows = GOOD + b"003,A1,2024-01-31,much,USD\n"
    loaded = load(tmp_path, mapping, invoices=HEADER + rows, earlier=HEADER)
    report = loaded.report.tables[0]

    assert loaded.rejected() == [(4, "condition_failed")]
    assert report.reasons[0].examples == ("invoices.csv line 4: condition_failed",)
    assert (report.rows_in, report.landed, report.not_selected) == (2, 1, 1)


def test_the_report_names_the_lines(tmp_path: Path) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD + b"003,A1,2024-01-31,12.345,USD\n004\n")
    examples = {r.reason: r.examples for r in loaded.report.tables[0].reasons}

    assert examples == {
        "too_many_decimals:amount": ("invoices.csv line 4: too_many_decimals:amount 12.345",),
        "too_few_columns": ("invoices.csv line 5: too_few_columns",),
    }
