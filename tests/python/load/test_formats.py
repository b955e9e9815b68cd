"""The ways in: CSV in its dialects, compressed, Parquet, globs, several entries for one table."""

from __future__ import annotations

import gzip
import io
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from seeders.contracts import TABLES
from seeders.extracts import LoadError, load_extracts
from tests.python.load.helpers import GOOD, HEADER, INVOICES, Loaded, load

if TYPE_CHECKING:
    from pathlib import Path


def ids_and_amounts(loaded: Loaded) -> list[tuple[object, ...]]:
    return loaded.con.execute(
        "select invoice_id, amount, source_file, _source_line from raw_billing.invoices"
        " join raw_control.extract_files on file_no = _file_no order by all"
    ).fetchall()


GOOD_ROWS = [
    ("001", Decimal("12.50"), "invoices.csv", 2),
    ("002", Decimal("100.00"), "invoices.csv", 3),
]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (HEADER + GOOD, ""),
        (b"\xef\xbb\xbf" + HEADER + GOOD, ""),
        ((HEADER + GOOD).replace(b"\n", b"\r\n"), ""),
        ((HEADER + GOOD).replace(b"\n", b"\r"), ""),
        (HEADER + GOOD.rstrip(), ""),
        (HEADER + GOOD.replace(b"A1", b'"A1"'), ""),
        ((HEADER + GOOD).replace(b",", b";"), "    delimiter: ';'\n"),
        ((HEADER + GOOD).replace(b",", b"\t"), '    delimiter: "\\t"\n'),
        ((HEADER + GOOD).replace(b"A1", b"'A,1'"), '    quote: "\'"\n'),
        ((HEADER + GOOD).replace(b"A1", b'"A1'), "    quote: ''\n"),
        ((HEADER + GOOD).replace(b"A1", b"\xc9"), "    encoding: latin-1\n"),
    ],
)
def test_dialects(tmp_path: Path, content: bytes, options: str) -> None:
    loaded = load(tmp_path, INVOICES + options, invoices=content)

    assert ids_and_amounts(loaded) == GOOD_ROWS
    assert loaded.report.tables[0].rejected_lines == 0


@pytest.mark.parametrize("encoding", ["cp1252", "Windows-1252", "iso-8859-15", "cp850", "koi8-r"])
def test_any_single_byte_encoding_arrives_whole(tmp_path: Path, encoding: str) -> None:
    name = {"koi8-r": "Петров", "cp850": "Émile"}.get(encoding, "Émile, 5 €")
    content = HEADER + f'001,"{name}",2024-01-31,1.00,USD\n'.encode(encoding)
    loaded = load(tmp_path, f"{INVOICES}    encoding: {encoding}\n", invoices=content)

    found = loaded.con.execute("select account_id from raw_billing.invoices").fetchall()
    assert found == [(name,)]


def test_a_byte_without_a_meaning_costs_its_line_alone(tmp_path: Path) -> None:
    content = HEADER + b"001,A\x81,2024-01-31,1.00,USD\n002,5 \x80,2024-01-31,1.00,USD\n"
    loaded = load(tmp_path, INVOICES + "    encoding: cp1252\n", invoices=content)

    assert [row[0] for row in loaded.invoices()] == ["002"]
    assert loaded.rejected() == [(2, "invalid_utf8")]
    assert "invoices.csv: lines that are not CP1252" in loaded.report.notes


def test_a_file_of_another_encoding_is_told_the_likely_one(tmp_path: Path) -> None:
    """Not latin-1, in which the euro sign is an invisible control character."""
    loaded = load(tmp_path, invoices=HEADER + "001,5 €,2024-01-31,1.00,USD\n".encode("cp1252"))

    assert "invoices.csv: lines that are not UTF-8; try `encoding: cp1252`" in loaded.report.notes


def test_latin_1_text_arrives_whole(tmp_path: Path) -> None:
    content = HEADER + "001,Émile,2024-01-31,1.00,USD\n".encode("latin-1")
    loaded = load(tmp_path, INVOICES + "    encoding: latin-1\n", invoices=content)

    assert loaded.con.execute("select account_id from raw_billing.invoices").fetchone() == (
        "Émile",
    )


def test_a_header_alone_is_no_error(tmp_path: Path) -> None:
    loaded = load(tmp_path, invoices=HEADER)

    assert loaded.report.tables[0].rows_in == 0
    assert loaded.report.notes == ("invoices.csv: columns but no rows",)


def test_quoted_line_ends_belong_to_the_field(tmp_path: Path) -> None:
    rows = b'001,"Suite 1\n\nKarachi",2024-01-31,1.00,USD\n002,"say ""hi""",2024-01-31,2.00,USD\n'
    loaded = load(tmp_path, invoices=HEADER + rows)

    assert loaded.con.execute(
        "select account_id, _source_line from raw_billing.invoices order by invoice_id"
    ).fetchall() == [("Suite 1\n\nKarachi", 2), ('say "hi"', 5)]


def test_gzip_and_glob(tmp_path: Path) -> None:
    first, second = GOOD.splitlines(keepends=True)
    for name, row in (("2024-01.csv.gz", first), ("2024-02.csv.gz", second)):
        with gzip.open(tmp_path / name, "wb") as file:
            file.write(HEADER + row)
    loaded = load(tmp_path, INVOICES.replace("invoices.csv", "'2024-*.csv.gz'"))

    assert ids_and_amounts(loaded) == [
        ("001", Decimal("12.50"), "2024-01.csv.gz", 2),
        ("002", Decimal("100.00"), "2024-02.csv.gz", 2),
    ]


def test_a_broken_archive_is_named_and_nothing_written(tmp_path: Path) -> None:
    whole = gzip.compress(HEADER + GOOD * 100_000)
    (tmp_path / "invoices.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LoadError) as caught:
        load(tmp_path, INVOICES.replace("invoices.csv", "invoices.csv.gz"))

    assert caught.value.messages[0].startswith("invoices.csv.gz ")


def test_files_of_one_glob_may_order_their_columns_differently_but_not_lack_any(
    tmp_path: Path,
) -> None:
    mapping = INVOICES.replace("invoices.csv", "'part*.csv'")
    reordered = b"amount,currency,id,account,issued\n100.00,USD,002,A2,2024-02-29\n"
    loaded = load(tmp_path, mapping, part1=HEADER + GOOD[:28] + b"\n", part2=reordered)
    assert [row[:2] for row in ids_and_amounts(loaded)] == [row[:2] for row in GOOD_ROWS]

    with pytest.raises(LoadError, match=r"part2.csv has other columns than part1.csv: amount"):
        load(tmp_path, mapping, part2=b"currency,id,account,issued\nUSD,002,A2,2024-02-29\n")


def test_parquet_with_types_of_its_own(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([1, 2, 3, 4, 5], pa.int64()),
            "account": pa.array([b"A1", b"A2", None, b"A4", b"A5"], pa.binary()),
            "issued": pa.array([datetime(2024, 1, 31, 23, 30)] * 4 + [None], pa.timestamp("ns")),  # noqa: DTZ001
            "amount": pa.array([12.5, float("nan"), float("inf"), 12.345, None], pa.float64()),
            "currency": pa.array(["USD"] * 5).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "invoices.parquet")
    loaded = load(tmp_path, INVOICES.replace("invoices.csv", "invoices.parquet"))

    assert loaded.invoices() == [
        ("1", date(2024, 1, 31), Decimal("12.50")),
        ("5", None, None),
    ]
    assert loaded.flagged() == {
        "2": "not_finite:amount",
        "3": "not_finite:amount",
        "4": "too_many_decimals:amount",
    }
    assert loaded.report.tables[0].reasons[0].examples[0] == (
        "invoices.parquet row 2: not_finite:amount nan"
    )


def test_several_entries_for_one_table(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoice_line_items:
    - file: bills.csv
      columns: {line_item_id: "'E' || bill", invoice_id: bill, charge_type: "'energy'", amount: energy}
    - file: bills.csv
      where: try_cast(tax as double) <> 0
      columns: {line_item_id: "'T' || bill", invoice_id: bill, charge_type: "'tax'", amount: tax}
"""
    loaded = load(tmp_path, mapping, bills=b"bill,energy,tax\n01,10.00,1.80\n02,20.00,0\n03\n")
    report = loaded.report.tables[0]

    assert loaded.con.execute(
        "select line_item_id, amount from raw_billing.invoice_line_items order by all"
    ).fetchall() == [("E01", Decimal("10.00")), ("E02", Decimal("20.00")), ("T01", Decimal("1.80"))]
    # the broken line is one line, not one an entry
    assert (report.rows_in, report.landed, report.rejected_lines) == (4, 3, 1)


def test_defaults_fill_what_is_missing_and_nothing_else(tmp_path: Path) -> None:
    mapping = INVOICES.replace(
        "tables:", "defaults: {currency: PKR, line_of_business: utility}\ntables:"
    )
    too_long = b"x" * 70_000
    rows = b"001,A,2024-01-31,1,USD\n002,A,2024-01-31,1,\n003,A,2024-01-31,1," + too_long + b"\n"
    loaded = load(tmp_path, mapping, invoices=HEADER + rows)

    assert loaded.con.execute(
        "select currency from raw_billing.invoices order by invoice_id"
    ).fetchall() == [("USD",), ("PKR",), (None,)]
    assert loaded.con.execute(
        "select left(batch_id, 15), batch_no, source, line_of_business, as_of_date, loaded_at"
        " from raw_control.extract_batches"
    ).fetchall() == [
        ("load-2024-12-31", 1, "extracts", "utility", date(2024, 12, 31), datetime(2025, 1, 1))  # noqa: DTZ001
    ]


def test_a_mapping_says_what_its_rows_leave_out(tmp_path: Path) -> None:
    """A row that says otherwise is right; without a word nothing is known of periods and statuses."""
    mapping = """\
as_of: 2024-12-31
period_end_is: exclusive
status_holds: throughout
defaults: {billed: in_arrears, currency: CHF}
tables:
  raw_billing.subscriptions:
    file: subscriptions.csv
    columns: {subscription_id: id, billed: billed}
  raw_billing.invoices:
    rows: [{invoice_id: I}]
"""
    said = load(tmp_path, mapping, subscriptions=b"id,billed\n1,\n2,in_advance\n")
    assert said.con.execute(
        "select subscription_id, billed from raw_billing.subscriptions order by 1"
    ).fetchall() == [("1", "in_arrears"), ("2", "in_advance")]
    batches = "select period_end_is, status_holds, currency from raw_control.extract_batches"
    assert said.con.execute(batches).fetchall() == [("exclusive", "throughout", "CHF")]
    unsaid = load(tmp_path, INVOICES, invoices=HEADER + GOOD)
    assert unsaid.con.execute(batches).fetchall() == [(None, None, None)]


def test_other_types(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_payments.payment_methods:
    file: methods.csv
    columns: {payment_method_id: id, is_default: flag}
  raw_crm.accounts:
    file: methods.csv
    columns: {account_id: id, payment_terms_days: days, updated_at: seen}
"""
    content = (
        b"id,flag,days,seen\n1,Yes,14,2024-01-31 23:30:00-05\n2,f,30.0,2024-01-31\n"
        b"3,maybe,14.5,soon\n4,,99999999999,\n5,0,1e1,2024-01-31T01:02:03.5Z\n"
    )
    loaded = load(tmp_path, mapping, methods=content)

    assert loaded.con.execute(
        "select is_default, _load_reasons from raw_payments.payment_methods"
        " order by payment_method_id"
    ).fetchall() == [
        (True, None),
        (False, None),
        (None, "not_a_boolean:is_default"),
        (None, None),
        (False, None),
    ]
    assert loaded.con.execute(
        "select payment_terms_days, updated_at, _load_reasons from raw_crm.accounts order by account_id"
    ).fetchall() == [
        (14, datetime(2024, 2, 1, 4, 30), None),  # noqa: DTZ001
        (30, datetime(2024, 1, 31), None),  # noqa: DTZ001
        (None, None, "not_an_integer:payment_terms_days,not_a_timestamp:updated_at"),
        (None, None, "out_of_range:payment_terms_days"),
        (10, datetime(2024, 1, 31, 1, 2, 3, 500_000), None),  # noqa: DTZ001
    ]


def test_constants_of_yaml_and_the_as_of_argument(tmp_path: Path) -> None:
    mapping = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: id, invoice_date: 2024-05-01, amount: 10.25, currency: "'EUR'"}
"""
    (tmp_path / "mapping.yml").write_text(mapping)
    (tmp_path / "invoices.csv").write_bytes(HEADER + GOOD)
    con = duckdb.connect()
    report = load_extracts(con, tmp_path, date(2025, 6, 30))

    assert report.batch_id.startswith("load-2025-06-30-")
    assert con.execute(
        "select distinct invoice_date, amount, currency from raw_billing.invoices"
    ).fetchall() == [(date(2024, 5, 1), Decimal("10.25"), "EUR")]


@pytest.mark.parametrize(
    ("mapping", "rows", "as_of", "is_another"),
    [
        (INVOICES, GOOD, None, False),
        (INVOICES, GOOD.replace(b"12.50,USD", b"100.00,USD", 1), None, True),
        (INVOICES + "# looked at again\n", GOOD, None, True),
        (INVOICES, GOOD, date(2025, 6, 30), True),
    ],
)
def test_a_batch_is_known_by_what_was_loaded(
    tmp_path: Path, mapping: str, rows: bytes, as_of: date | None, *, is_another: bool
) -> None:
    """Incremental models start anew when another batch takes its place, corrected files included."""
    first = load(tmp_path, invoices=HEADER + GOOD).report.batch_id
    (tmp_path / "mapping.yml").write_text(mapping, encoding="utf-8")
    (tmp_path / "invoices.csv").write_bytes(HEADER + rows)

    assert (load_extracts(duckdb.connect(), tmp_path, as_of).batch_id != first) is is_another


def test_tables_that_are_not_mapped_exist_empty(tmp_path: Path) -> None:
    loaded = load(tmp_path, invoices=HEADER + GOOD)
    control = {f"raw_control.{name}" for name in ("extract_batches", "extract_files", "deliveries")}
    filled = {"raw_billing.invoices"} | control
    for name in TABLES.keys() - filled:
        assert loaded.con.execute(f"select count(*) from {name}").fetchone() == (0,)


def test_the_report_fits_eighty_columns(tmp_path: Path) -> None:
    mapping = INVOICES.replace("raw_billing.invoices", "raw_payments.payment_allocations")
    mapping = mapping[: mapping.index("      invoice_id")] + "      allocation_id: id\n"
    loaded = load(tmp_path, mapping, invoices=HEADER + GOOD + b"003\n")
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(loaded.report.render())

    assert "raw_payments.payment_allocations" in console.export_text()
