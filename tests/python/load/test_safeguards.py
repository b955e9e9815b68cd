"""What stops a load that reads well: rows that went missing, history that would go, a date that cannot be."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from seeders.extracts import Allowance, LoadError, load_extracts
from tests.python.load.helpers import GOOD, HEADER, INVOICES, Loaded, load

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = """
as_of: 2024-12-31
tables:
  raw_crm.customers:
    file: customers*.csv
    columns: {customer_id: id, full_name: name}
"""
PAYMENTS = """
  raw_payments.payments:
    file: payments.csv
    columns: {payment_id: id, amount_paid: amount}
"""
TEN = b"id,name\n" + b"".join(b"%d,N\n" % number for number in range(10))
FIVE = b"id,name\n" + b"".join(b"%d,N\n" % number for number in range(5))
SIX = FIVE + b"5,N\n"
NONE = b"id,name\n"


def refusal(
    loaded: Loaded, directory: Path, allowance: Allowance | None = None, **files: bytes
) -> list[str]:
    """Load once more, with other files, and say why that was refused; nothing may have changed."""
    for name, content in files.items():
        (directory / f"{name}.csv").write_bytes(content)
    before = state(loaded)
    try:
        load_extracts(loaded.con, directory, allowance=allowance)
    except LoadError as error:
        assert state(loaded) == before
        return error.messages
    return []


def state(loaded: Loaded) -> list[tuple[object, ...]]:
    return loaded.con.execute(
        "select batch_id, target_table, rows_in, (select count(*) from raw_crm.customers)"
        " from raw_control.deliveries order by all"
    ).fetchall()


def test_an_emptied_file_is_refused_with_both_counts(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    assert refusal(loaded, tmp_path, customers=NONE) == [
        (
            "raw_crm.customers: 0 rows now, 10 in the load before; if that is right, say --allow-shrink"
            " raw_crm.customers, or `delivery: delta` where only changes come"
        )
    ]


def test_half_is_too_much_and_less_than_half_is_not(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    (line,) = refusal(loaded, tmp_path, customers=FIVE)
    assert "5 rows now, 10 in the load before" in line
    assert refusal(loaded, tmp_path, customers=SIX) == []
    assert state(loaded)[0][2:] == (6, 6)
    # and the share is a setting
    strict = Allowance(max_shrink_share=0.1)
    (line,) = refusal(loaded, tmp_path, strict, customers=FIVE)
    assert "5 rows now, 6 in the load before" in line


def test_rejected_rows_were_delivered(tmp_path: Path) -> None:
    """Lines of too few columns, and values that do not fit: staging has its own guard for what it rejects."""
    bad = HEADER + b"001,A1,2024-01-31,12.50\n002,A1,2024-01-32,1.00,USD\n"
    loaded = load(tmp_path, INVOICES, invoices=HEADER + GOOD)
    assert loaded.report.table("raw_billing.invoices").rows_in == 2
    (tmp_path / "invoices.csv").write_bytes(bad)
    report = load_extracts(loaded.con, tmp_path).table("raw_billing.invoices")
    assert (report.landed, report.rejected_lines) == (1, 1)


def test_one_file_of_several_is_named(tmp_path: Path) -> None:
    """A sixth of the table, but all of that file. One that is not delivered again may carry a date in its name."""
    rest = b"id,name\n" + b"".join(b"%d,N\n" % number for number in range(10, 60))
    loaded = load(tmp_path, CUSTOMERS, customers=TEN, customers_2=rest)
    (line,) = refusal(loaded, tmp_path, customers=NONE)
    assert line.startswith(
        "raw_crm.customers: customers.csv has 0 rows now, 10 in the load before;"
    )
    (tmp_path / "customers.csv").unlink()
    assert refusal(loaded, tmp_path) == []


def test_a_table_that_is_mapped_no_more_is_named(tmp_path: Path) -> None:
    """Each table that lost rows has its line, and one that never had any has none."""
    files = {"customers": TEN, "payments": b"id,amount\n1,1.00\n"}
    loaded = load(tmp_path, CUSTOMERS + PAYMENTS, **files)
    (tmp_path / "mapping.yml").write_text(CUSTOMERS, encoding="utf-8")
    assert refusal(loaded, tmp_path) == [
        (
            "raw_payments.payments: not in mapping.yml any more, 1 in the load before; if that is right,"
            " say --allow-shrink raw_payments.payments"
        )
    ]
    assert len(refusal(loaded, tmp_path, customers=NONE)) == 2
    allowance = Allowance(shrink=frozenset({"raw_payments.payments"}))
    assert refusal(loaded, tmp_path, allowance, customers=TEN) == []
    assert state(loaded) == [
        (
            loaded.con.execute("select batch_id from raw_control.extract_batches").fetchall()[0][0],
            *row,
        )
        for row in (("raw_crm.customers", 10, 10), ("raw_payments.payments", 0, 10))
    ]
    empty = load(tmp_path, CUSTOMERS + PAYMENTS, customers=TEN, payments=b"id,amount\n")
    (tmp_path / "mapping.yml").write_text(CUSTOMERS, encoding="utf-8")
    assert refusal(empty, tmp_path) == []


def test_what_is_allowed_is_kept_for_the_build(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    allowance = Allowance(shrink=frozenset({"raw_crm.customers"}))
    assert refusal(loaded, tmp_path, allowance, customers=NONE) == []
    kept = "select delivery, rows_in, rows_before, is_loss_allowed from raw_control.deliveries"
    assert loaded.con.execute(kept).fetchall() == [("full", 0, 10, True)]
    # the next load is held against this one
    assert refusal(loaded, tmp_path, customers=NONE) == []
    assert loaded.con.execute(kept).fetchall() == [("full", 0, None, False)]


def test_a_delivery_of_changes_is_exempt(tmp_path: Path) -> None:
    """So is the first full one after it, and a table that brought changes and is mapped no more."""
    delta = CUSTOMERS.replace("    file:", "    delivery: delta\n    file:")
    loaded = load(tmp_path, delta, customers=TEN)
    assert refusal(loaded, tmp_path, customers=NONE) == []
    load_extracts(loaded.con, tmp_path)
    assert refusal(loaded, tmp_path, customers=TEN) == []
    (tmp_path / "mapping.yml").write_text(CUSTOMERS, encoding="utf-8")
    assert refusal(loaded, tmp_path, customers=FIVE) == []
    (line,) = refusal(loaded, tmp_path, customers=NONE)
    assert "0 rows now, 5 in the load before" in line


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (CUSTOMERS + "    delivery: some\n", "raw_crm.customers: delivery: 'some' is not one of full, delta"),
        (
            ("as_of: 2024-12-31\ntables:\n  raw_crm.customers:\n"
            "    - {file: customers.csv, delivery: delta, columns: {customer_id: id}}\n"
            "    - {file: customers.csv, columns: {customer_id: id}}\n"),
            "raw_crm.customers: `delivery: delta` for one entry and not for another",
        ),
    ],
)  # fmt: skip
def test_a_delivery_is_one_or_the_other(tmp_path: Path, mapping: str, words: str) -> None:
    with pytest.raises(LoadError, match=words):
        load(tmp_path, mapping, customers=TEN)


def test_rows_of_another_source_compare_with_nothing(tmp_path: Path) -> None:
    """Neither a simulation's nor those of a file without the counts of an earlier load."""
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    loaded.con.execute("update raw_control.extract_batches set source = 'simulation:1'")
    assert refusal(loaded, tmp_path, customers=NONE) == []
    old = load(tmp_path, CUSTOMERS, customers=TEN)
    old.con.execute("drop table raw_control.deliveries")
    with pytest.raises(LoadError, match="0 rows now, 10 in the load before"):
        load_extracts(old.con, _with(tmp_path, customers=NONE))


def _with(directory: Path, **files: bytes) -> Path:
    for name, content in files.items():
        (directory / f"{name}.csv").write_bytes(content)
    return directory


def remember(loaded: Loaded, first: date, *later: date) -> None:
    """What a snapshot recorded: a version of the first day, one of each later day."""
    days = [first, *later]
    loaded.con.execute(
        "create schema if not exists snapshots; create or replace table snapshots.snap_customers"
        " (customer_id text, dbt_valid_from timestamp, dbt_valid_to timestamp)"
    )
    for begin, end in zip(days, [*later, date(9999, 12, 31)], strict=True):
        loaded.con.execute("insert into snapshots.snap_customers values ('1', ?, ?)", [begin, end])


def versions(loaded: Loaded) -> list[tuple[object, ...]]:
    return loaded.con.execute(
        "select dbt_valid_from::date, dbt_valid_to::date from snapshots.snap_customers order by all"
    ).fetchall()


def test_a_load_that_would_drop_history_is_refused(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    first, last, end = date(2024, 11, 30), date(2024, 12, 31), date(9999, 12, 31)
    remember(loaded, first, last)
    with pytest.raises(LoadError) as refused:
        load_extracts(loaded.con, tmp_path, date(2024, 12, 30))
    assert refused.value.messages == [
        (
            "as_of 2024-12-30 is earlier than the recorded history, which extends to 2024-12-31: this load"
            " would drop 1 version of customers, accounts, subscriptions and meters; correct the date, or"
            " say --drop-history if the later one was wrong"
        )
    ]
    assert versions(loaded) == [(first, last), (last, end)]
    # the same day, and a later one, keep all of it
    for as_of in (last, date(2025, 1, 31)):
        assert "history" not in " ".join(load_extracts(loaded.con, tmp_path, as_of).notes)
    assert versions(loaded) == [(first, last), (last, end)]
    allowance = Allowance(drop_history=True)
    report = load_extracts(loaded.con, tmp_path, date(2024, 12, 30), allowance=allowance)
    assert any("history" in note for note in report.notes)
    assert versions(loaded) == [(first, end)]


def test_a_date_is_corrected_freely_before_anything_is_recorded(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    load_extracts(loaded.con, tmp_path, date(2023, 12, 31))
    assert loaded.con.execute("select as_of_date from raw_control.extract_batches").fetchall() == [
        (date(2023, 12, 31),)
    ]


def test_the_history_of_a_simulation_is_not_dropped_unasked(tmp_path: Path) -> None:
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    remember(loaded, date(2024, 1, 31))
    loaded.con.execute("update raw_control.extract_batches set source = 'simulation:1'")
    (line,) = refusal(loaded, tmp_path)
    assert line.startswith(
        "the file holds the history of simulation:1, and this load would drop all"
    )
    assert line.endswith("name another file in WAREHOUSE_PATH, or say --drop-history")
    assert refusal(loaded, tmp_path, Allowance(drop_history=True)) == []
    found = loaded.con.execute("from duckdb_tables() where schema_name = 'snapshots'").fetchall()
    assert found == []


@pytest.mark.parametrize("in_mapping", [True, False])
def test_extracts_of_a_day_to_come_are_refused(tmp_path: Path, *, in_mapping: bool) -> None:
    """Whether the mapping or the command names the day; with everything else that is wrong."""
    tomorrow = Allowance(latest=date(2024, 12, 31))
    loaded = load(tmp_path, CUSTOMERS, customers=TEN)
    load_extracts(loaded.con, tmp_path, allowance=tomorrow)
    far = CUSTOMERS.replace("2024-12-31", "2124-12-31") if in_mapping else CUSTOMERS
    (tmp_path / "mapping.yml").write_text(far.replace("full_name", "fullname"), encoding="utf-8")
    as_of = None if in_mapping else date(2124, 12, 31)
    with pytest.raises(LoadError) as refused:
        load_extracts(loaded.con, tmp_path, as_of, allowance=tomorrow)
    assert len(refused.value.messages) == 2
    assert refused.value.messages[-1] == (
        "as_of 2124-12-31 is after tomorrow, 2024-12-31: correct the date, or say --allow-future"
    )
    (tmp_path / "mapping.yml").write_text(far, encoding="utf-8")
    report = load_extracts(loaded.con, tmp_path, as_of, allowance=Allowance())
    assert report.as_of == date(2124, 12, 31)
