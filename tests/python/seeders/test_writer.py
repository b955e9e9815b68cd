"""Arrow data in, raw tables of the contract's types out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from seeders import writer
from seeders.contracts import TABLES

if TYPE_CHECKING:
    from pathlib import Path

PLANS = "raw_billing.plans"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    writer.create_raw_tables(connection)
    return connection


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    return con.execute(f"select * from {table} order by all").fetchall()


def _book(con: duckdb.DuckDBPyConnection, source: str, as_of: date) -> None:
    writer.append(
        con,
        "raw_control.extract_batches",
        pa.table({"batch_id": ["b"], "source": [source], "as_of_date": [as_of]}),
    )


def _with_history(con: duckdb.DuckDBPyConnection) -> None:
    """A version of the end of 2023, and one of a month later that took its place."""
    con.execute(
        "create schema snapshots; create table snapshots.history as select * from (values"
        " (timestamp '2023-12-31', timestamp '2024-01-31'),"
        " (timestamp '2024-01-31', timestamp '9999-12-31')) as versions (dbt_valid_from, dbt_valid_to)"
    )


def _history(con: duckdb.DuckDBPyConnection) -> list[tuple[date, date]]:
    if not con.execute("from duckdb_tables() where schema_name = 'snapshots'").fetchall():
        return []
    return con.execute(
        "select dbt_valid_from::date, dbt_valid_to::date from snapshots.history order by all"
    ).fetchall()


FIRST, LAST, OPEN_END = date(2023, 12, 31), date(2024, 1, 31), date(9999, 12, 31)
WHOLE_HISTORY = [(FIRST, LAST), (LAST, OPEN_END)]


def test_every_table_has_the_contracts_columns(con: duckdb.DuckDBPyConnection) -> None:
    for name, table in TABLES.items():
        described = con.execute(f"describe {name}").fetchall()
        assert [(row[0], row[1].lower()) for row in described] == [
            (column.name, column.type) for column in table.all_columns
        ]


def test_creating_again_keeps_what_is_there(con: duckdb.DuckDBPyConnection) -> None:
    writer.append(con, PLANS, pa.table({"plan_id": ["a"]}))
    writer.create_raw_tables(con)
    assert len(_rows(con, PLANS)) == 1


def test_columns_are_matched_by_name_and_cast(con: duckdb.DuckDBPyConnection) -> None:
    writer.append(con, PLANS, pa.table({"monthly_price": [12], "plan_id": ["a"]}))
    assert con.execute(f"select plan_id, monthly_price, currency from {PLANS}").fetchall() == [
        ("a", Decimal("12.00"), None)
    ]


def test_a_column_the_table_lacks_is_an_error(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.Error):
        writer.append(con, PLANS, pa.table({"nonsense": [1]}))
    with pytest.raises(KeyError):
        writer.append(con, "raw_billing.nonsense", pa.table({"nonsense": [1]}))


def test_a_reader_is_streamed(con: duckdb.DuckDBPyConnection) -> None:
    batches = [pa.record_batch({"plan_id": [f"p{i}"]}) for i in range(5)]
    writer.append(con, PLANS, pa.RecordBatchReader.from_batches(batches[0].schema, batches))
    assert len(_rows(con, PLANS)) == 5


def test_an_appender_keeps_order_and_counts(con: duckdb.DuckDBPyConnection) -> None:
    with writer.Appender(con, gather=4) as appender:
        for number in range(10):
            # every batch brings a dictionary of its own
            name = pa.DictionaryArray.from_arrays(pa.array([0, 0]), [f"n{number}"])
            appender.add(
                PLANS, pa.record_batch({"plan_id": [f"{number}a", f"{number}b"], "plan_name": name})
            )
    assert appender.rows == {PLANS: 20}
    found = con.execute(f"select plan_id, plan_name from {PLANS}").fetchall()
    assert found == [(f"{n}{letter}", f"n{n}") for n in range(10) for letter in "ab"]


def test_an_appender_writes_whole_units_of_storage() -> None:
    """Each but the last of a table is full, whatever the batches and the tables between them."""
    con = duckdb.connect()
    writer.create_raw_tables(con)
    sizes = [50_000, 60_000, 70_000, 1, 90_000, 122_880, 99_999]
    with writer.transaction(con), writer.Appender(con, gather=122_880) as appender:
        for size in sizes:
            appender.add(
                PLANS, pa.record_batch({"plan_id": pa.array(np.arange(size)).cast("string")})
            )
            appender.add("raw_billing.skus", pa.record_batch({"sku_id": ["a"]}))
    units = con.execute(
        f"select row_group_id, max(start + count) - min(start) from pragma_storage_info('{PLANS}')"
        " where segment_type = 'VARCHAR' group by 1 order by 1"
    ).fetchall()
    assert [rows for _, rows in units[:-1]] == [122_880] * (sum(sizes) // 122_880)
    found = con.execute(f"select plan_id::integer from {PLANS}").fetchall()
    assert [number for (number,) in found] == [n for size in sizes for n in range(size)]


def test_written_rows_are_let_go_of_before_the_transaction_ends(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Or memory would grow with the world."""
    before = pa.total_allocated_bytes()
    with writer.transaction(con):
        with writer.Appender(con, gather=1_000) as appender:
            for _ in range(40):
                appender.add(PLANS, pa.record_batch({"plan_id": ["a" * 100] * 1_000}))
        held = pa.total_allocated_bytes() - before
    assert appender.rows[PLANS] * 100 == 4_000_000
    assert held < 400_000


def test_an_appender_that_fails_writes_no_rest(con: duckdb.DuckDBPyConnection) -> None:
    def fail() -> None:
        with writer.Appender(con) as appender:
            appender.add(PLANS, pa.record_batch({"plan_id": ["a"]}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _rows(con, PLANS) == []


def test_rows_are_deleted_by_key(con: duckdb.DuckDBPyConnection) -> None:
    writer.append(con, PLANS, pa.table({"plan_id": ["a", "b"]}))
    writer.delete_rows(con, PLANS, pa.table({"plan_id": ["b", "c"]}))
    assert [row[0] for row in _rows(con, PLANS)] == ["a"]


def test_rows_are_deleted_by_how_their_key_begins(con: duckdb.DuckDBPyConnection) -> None:
    writer.append(con, PLANS, pa.table({"plan_id": ["O1", "1O", "o1", "O%"]}))
    writer.delete_prefixed(con, PLANS, "O")
    assert {row[0] for row in _rows(con, PLANS)} == {"1O", "o1"}


def test_a_failed_transaction_leaves_nothing(con: duckdb.DuckDBPyConnection) -> None:
    def fail() -> None:
        with writer.transaction(con):
            writer.append(con, PLANS, pa.table({"plan_id": ["a"]}))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _rows(con, PLANS) == []


@pytest.mark.parametrize(
    ("source", "as_of", "left"),
    [
        ("extracts", date(2024, 1, 31), WHOLE_HISTORY),
        ("extracts", date(2024, 3, 31), WHOLE_HISTORY),
        ("extracts", None, WHOLE_HISTORY),
        ("extracts", date(2024, 1, 30), [(FIRST, OPEN_END)]),
        ("extracts", date(2023, 12, 30), []),
        ("simulation:1", date(2024, 1, 31), []),
    ],
    ids=["same day", "later", "unknown", "earlier", "before all", "another source"],
)
def test_history_lives_as_long_as_its_world(
    con: duckdb.DuckDBPyConnection, source: str, as_of: date | None, left: list[tuple[date, date]]
) -> None:
    """What was recorded of days after the new rows' last one goes, all of it if they are another world's."""
    _with_history(con)
    _book(con, "extracts", date(2024, 1, 31))
    writer.append(con, PLANS, pa.table({"plan_id": ["a"]}))
    assert writer.replace_world(con, source, as_of) is (left != WHOLE_HISTORY)
    assert _history(con) == left
    assert all(_rows(con, name) == [] for name in TABLES)


def test_tables_of_an_earlier_version_are_made_anew(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create or replace table {PLANS} as select 'a' as plan_id, 'b' as _batch_id")
    assert not writer.matches_contracts(con)
    writer.replace_world(con, "extracts")
    assert writer.matches_contracts(con)
    writer.append(con, PLANS, pa.table({"plan_id": ["a"], "_batch_no": [1]}))
    assert len(_rows(con, PLANS)) == 1


def test_a_missing_table_is_another_version(con: duckdb.DuckDBPyConnection) -> None:
    assert writer.matches_contracts(con)
    con.execute(f"drop table {PLANS}")
    assert not writer.matches_contracts(con)


def test_the_first_world_replaces_nothing() -> None:
    con = duckdb.connect()
    assert not writer.has_table(con, PLANS)
    assert writer.replace_world(con, "extracts") is False
    assert writer.has_table(con, PLANS)


def _memory_limit(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute("select current_setting('memory_limit')").fetchone()
    assert row is not None
    return str(row[0])


def test_memory_is_bounded_while_a_file_is_written(tmp_path: Path) -> None:
    con = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    con.execute("set memory_limit = '4GiB'")
    before = _memory_limit(con)

    def fail() -> None:
        with writer.bounded_memory(con):
            assert _memory_limit(con).endswith("MiB")
            con.execute("from nowhere")

    with pytest.raises(duckdb.CatalogException):
        fail()
    assert _memory_limit(con) == before


def test_a_database_in_memory_keeps_its_room(con: duckdb.DuckDBPyConnection) -> None:
    before = _memory_limit(con)
    with writer.bounded_memory(con):
        assert _memory_limit(con) == before


def _format(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute(
        "select tags['storage_version'] from duckdb_databases()"
        " where database_name = current_database()"
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_a_new_file_has_the_format_that_loads_fastest(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with writer.open_file(path) as con:
        writer.create_raw_tables(con)
    # what opens it next, such as dbt, requests no settings
    with duckdb.connect(str(path)) as con:
        assert _format(con).startswith("v1.5")


def test_a_file_of_the_old_format_is_filled_as_well(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        writer.create_raw_tables(con)
        old = _format(con)
    with writer.open_file(path) as con:
        writer.replace_world(con, "extracts")
        writer.append(con, PLANS, pa.table({"plan_id": ["a"]}))
        assert _format(con) == old
        assert len(_rows(con, PLANS)) == 1
