"""The only module of the seeders that touches DuckDB.

All rows of the raw tables pass through here as Arrow data, so that the tables always have the types of `contracts`,
and a bulk load is one statement over a stream instead of a loop over rows.
"""

from __future__ import annotations

from collections import Counter, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from seeders.contracts import BIGINT, ENERGY, INTEGER, TABLES, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from seeders.contracts import Column, Table

SNAPSHOT_SCHEMA: Final = "snapshots"
"""Where dbt keeps the history of changed rows; it belongs to the rows in the raw tables."""

_OPEN_END: Final = date(9999, 12, 31)
"""The end of current versions, as set in dbt_project.yml (`dbt_valid_to_current`)."""

_ROW_GROUP: Final = 122_880
"""DuckDB's unit of storage: batches of at least this size are loaded on all threads."""

GATHERED_ROWS: Final = 8 * _ROW_GROUP
"""Rows of one table that an `Appender` buffers, some 120 MB of the widest.

At the end of a statement one thread works and the others wait, so fewer statements are better.
"""

_QUEUED_APPENDS: Final = 2
"""How many appends may be queued before the caller has to wait."""

_STORAGE: Final = "v1.5.0"
"""The storage format of new files: that of the oldest DuckDB the project runs on.

It compresses faster and better than the default format, which every version since 0.10 can read.
"""

_LOAD_MEMORY: Final = "600MB"

_REPEATING_IDS: Final = frozenset({"plan_id", "sku_id"})
_PACKED: Final = frozenset({ENERGY, INTEGER, BIGINT, TIMESTAMP})

_INCOMING: Final = "_incoming"
_BATCHES: Final = "raw_control.extract_batches"


def open_file(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file for writing; a new one gets the format `_STORAGE`, an existing one keeps its own.

    Args:
        path: The file, created if it does not exist.

    Returns:
        A connection, the only one of this process to the file.
    """
    return duckdb.connect(str(path), config={"storage_compatibility_version": _STORAGE})


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create every raw schema and table of the contracts that does not exist yet.

    Args:
        con: Connection to the warehouse file.
    """
    _create_tables(con, "create table if not exists")


def append(
    con: duckdb.DuckDBPyConnection,
    table_name: str,
    rows: pa.RecordBatchReader | pa.Table,
) -> None:
    """Stream Arrow data into one raw table, in one statement.

    Columns are matched by name and cast to the contract's types; columns of the table that are not
    in `rows` stay null, a column that the table does not have is an error.

    Args:
        con: Connection to the warehouse file, with the raw tables created.
        table_name: Schema-qualified name out of `contracts.TABLES`.
        rows: A table, or a reader whose batches are consumed once.
    """
    with _registered(con, rows):
        con.execute(f"insert into {_known(table_name)} by name select * from {_INCOMING}")  # noqa: S608


def delete_rows(con: duckdb.DuckDBPyConnection, table_name: str, rows: pa.Table) -> None:
    """Delete the rows whose key is in `rows`.

    Args:
        con: Connection to the warehouse file.
        table_name: Schema-qualified name of a table that has a key.
        rows: A table with at least the key columns.
    """
    key = ", ".join(TABLES[table_name].key)
    with _registered(con, rows):
        con.execute(
            f"delete from {_known(table_name)} where ({key}) in (select ({key}) from {_INCOMING})"  # noqa: S608
        )


def delete_prefixed(con: duckdb.DuckDBPyConnection, table_name: str, prefix: str) -> None:
    """Delete the rows whose key begins with a text.

    Args:
        con: Connection to the warehouse file.
        table_name: Schema-qualified name of a table whose key is one column of text.
        prefix: How the keys begin.
    """
    (key,) = TABLES[table_name].key
    con.execute(f"delete from {_known(table_name)} where starts_with({key}, ?)", [prefix])  # noqa: S608


def truncate(con: duckdb.DuckDBPyConnection, table_name: str) -> None:
    """Empty one raw table.

    Args:
        con: Connection to the warehouse file.
        table_name: Schema-qualified name out of `contracts.TABLES`.
    """
    con.execute(f"truncate {_known(table_name)}")


class Appender:
    """Gathers small batches of many tables into few large appends.

    A statement over many row groups keeps all threads of DuckDB busy, one over a few thousand rows
    does not. Appends run in a thread of their own, one at a time and in order, so that making rows and
    writing them overlap; a few may be queued, since tables are often full at the same time. Used as a
    context manager; nothing else may use the connection inside the block. Remaining rows are written at
    the end, unless the block failed.

    Attributes:
        rows: Rows appended so far, by table.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, gather: int = GATHERED_ROWS) -> None:
        """Start with empty buffers.

        Args:
            con: Connection to the warehouse file, with the raw tables created.
            gather: How many rows of a table to buffer before they are written.
        """
        self.rows: Counter[str] = Counter()
        self._con = con
        self._gather = gather
        self._batches: dict[str, list[pa.RecordBatch]] = {}
        self._waiting: Counter[str] = Counter()
        self._worker = ThreadPoolExecutor(max_workers=1)
        self._running: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write remaining rows, and release the connection in any case."""
        try:
            if kind is None:
                for table_name in list(self._batches):
                    self._write(table_name)
                self._finish()
        finally:
            self._worker.shutdown(wait=True, cancel_futures=kind is not None)

    def add(self, table_name: str, batch: pa.RecordBatch) -> None:
        """Append a batch, now or later; batches of a table keep their order.

        Args:
            table_name: Schema-qualified name out of `contracts.TABLES`.
            batch: Rows with the same columns as the table's other batches.
        """
        self._batches.setdefault(table_name, []).append(batch)
        self._waiting[table_name] += batch.num_rows
        self.rows[table_name] += batch.num_rows
        if self._waiting[table_name] >= self._gather:
            # whole units of storage are written as they are, a part of one is copied again
            self._write(table_name, keep=self._waiting[table_name] % min(self._gather, _ROW_GROUP))

    def delete(self, table_name: str, keys: pa.Table) -> None:
        """Delete rows that were written before any of the same table was buffered.

        Args:
            table_name: Schema-qualified name of a table that has a key.
            keys: The key columns of the rows to delete.
        """
        self._finish()
        delete_rows(self._con, table_name, keys)

    def _write(self, table_name: str, *, keep: int = 0) -> None:
        """Write the buffered rows of a table, except the last ones."""
        rows = pa.Table.from_batches(self._batches.pop(table_name))
        written = rows.num_rows - keep
        self._waiting[table_name] = keep
        if keep > 0:
            self._batches[table_name] = rows.slice(written).to_batches()
        self._running.append(
            self._worker.submit(_append_pieces, self._con, table_name, rows.slice(0, written))
        )
        self._finish(_QUEUED_APPENDS)

    def _finish(self, but: int = 0) -> None:
        """Wait for all appends but the last few, and raise their errors."""
        while len(self._running) > but:
            self._running.popleft().result()


def replace_world(
    con: duckdb.DuckDBPyConnection,
    source: str,
    as_of: date | None = None,
) -> bool:
    """Empty every raw table before `source` writes its rows.

    Tables are created again, since a file of an earlier version may have other columns.

    The history that dbt has recorded belongs to the rows that are removed. It is kept if the same source delivers
    again, dropped if it would mix two companies, and rolled back to `as_of` if it extends beyond that day: later
    versions would reveal the future of the new rows.

    Args:
        con: Connection to the warehouse file; the raw tables are created where missing.
        source: Source of the new rows, as written to `raw_control.extract_batches.source`.
        as_of: Last day of the new rows, if known.

    Returns:
        Whether recorded history was dropped.
    """
    is_other = bool(held_sources(con) - {source})
    dropped, _ = recorded_versions(con, None if is_other else as_of or date.max)
    if is_other:
        con.execute(f"drop schema if exists {SNAPSHOT_SCHEMA} cascade")
    elif dropped > 0 and as_of is not None:
        _forget_versions_after(con, as_of)
    _create_tables(con, "create or replace table")
    return dropped > 0


def held_sources(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the sources of the rows in the raw tables, usually one: `raw_control.extract_batches.source`."""
    if not has_table(con, _BATCHES):
        return set()
    return {held for (held,) in con.execute(f"select distinct source from {_BATCHES}").fetchall()}  # noqa: S608


def recorded_versions(
    con: duckdb.DuckDBPyConnection, after: date | None
) -> tuple[int, date | None]:
    """Count the versions that snapshots have recorded.

    Args:
        con: Connection to the warehouse file.
        after: Only those that begin later than this day; all of them when None.

    Returns:
        Their number, and the day on which the last one begins.
    """
    total, last = 0, None
    for table in _snapshots(con):
        row = con.execute(
            f"select count(*), cast(max(dbt_valid_from) as date) from {table}"  # noqa: S608
            " where ? is null or dbt_valid_from > ?",
            [after, after],
        ).fetchone()
        if row is not None and row[0] > 0:
            total += row[0]
            last = row[1] if last is None else max(last, row[1])
    return total, last


@contextmanager
def bounded_memory(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Limit the memory that DuckDB uses while the block runs.

    DuckDB keeps written blocks in memory as long as there is room for them, so a large load would take all that is
    allowed without being faster for it. A database in memory is not limited, since its rows have no other place.

    Args:
        con: Connection to the warehouse file.

    Yields:
        Nothing; the block runs under the limit.
    """
    found = con.execute(
        "select current_setting('memory_limit'), path is not null from duckdb_databases()"
        " where database_name = current_database()"
    ).fetchone()
    if found is None or not found[1]:
        yield
        return
    con.execute(f"set memory_limit = '{_LOAD_MEMORY}'")
    try:
        yield
    finally:
        con.execute(f"set memory_limit = '{found[0]}'")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit everything the block writes, or nothing.

    Args:
        con: Connection to the warehouse file, outside any transaction.

    Yields:
        Nothing; the block runs inside the transaction.
    """
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def read_table(con: duckdb.DuckDBPyConnection, table_name: str) -> pa.Table:
    """Read a whole raw table with the columns of its contract.

    Args:
        con: Connection to the warehouse file.
        table_name: Schema-qualified name out of `contracts.TABLES`.

    Returns:
        The rows, in no particular order.
    """
    columns = ", ".join(column.name for column in TABLES[table_name].all_columns)
    return con.execute(f"select {columns} from {table_name}").to_arrow_table()  # noqa: S608


def has_table(con: duckdb.DuckDBPyConnection, table_name: str) -> bool:
    """Whether a raw table has been created in this file.

    Args:
        con: Connection to the warehouse file.
        table_name: Schema-qualified name out of `contracts.TABLES`.

    Returns:
        True when the table exists, empty or not.
    """
    table = TABLES[table_name]
    found = con.execute(
        "select count(*) from duckdb_tables() where schema_name = ? and table_name = ?"
        " and database_name = current_database()",
        [table.schema, table.name],
    ).fetchone()
    return found is not None and found[0] > 0


def matches_contracts(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the raw tables of this file are those of the contracts, column by column.

    Args:
        con: Connection to the warehouse file.

    Returns:
        False when a table is missing, or is of another version.
    """
    found = dict(
        con.execute(
            "select schema_name || '.' || table_name, list(column_name order by column_index)"
            " from duckdb_columns() where database_name = current_database() group by 1"
        ).fetchall()
    )
    return all(
        found.get(name) == [column.name for column in table.all_columns]
        for name, table in TABLES.items()
    )


def _append_pieces(con: duckdb.DuckDBPyConnection, table_name: str, rows: pa.Table) -> None:
    # pieces of DuckDB's own size preserve the order of rows and keep all threads busy; one that lies within a
    # batch is passed on without a copy
    pieces = [
        piece
        for start in range(0, rows.num_rows, _ROW_GROUP)
        for piece in rows.slice(start, _ROW_GROUP).combine_chunks().to_batches()
    ]
    append(con, table_name, pa.RecordBatchReader.from_batches(rows.schema, _handed_over(pieces)))


def _handed_over(pieces: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches and release them one by one: DuckDB keeps the reader until the transaction ends."""
    while pieces:
        yield pieces.pop(0)


def _snapshots(con: duckdb.DuckDBPyConnection) -> list[str]:
    found = con.execute(
        "select table_name from duckdb_columns() where schema_name = ? and column_name = 'dbt_valid_from'"
        " and database_name = current_database() order by 1",
        [SNAPSHOT_SCHEMA],
    ).fetchall()
    return [f'{SNAPSHOT_SCHEMA}."{name}"' for (name,) in found]


def _forget_versions_after(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Roll snapshots back to a day: delete versions that begin later, and reopen those they ended."""
    for table in _snapshots(con):
        con.execute(f"delete from {table} where dbt_valid_from > ?", [as_of])  # noqa: S608
        con.execute(
            f"update {table} set dbt_valid_to = ? where dbt_valid_to > ?",  # noqa: S608
            [_OPEN_END, as_of],
        )


def _create_tables(con: duckdb.DuckDBPyConnection, create: str) -> None:
    for schema in dict.fromkeys(table.schema for table in TABLES.values()):
        con.execute(f"create schema if not exists {schema}")
    statements = (_create_statement(table, create) for table in TABLES.values())
    con.execute(";".join(statements))


def _create_statement(table: Table, create: str) -> str:
    columns = ", ".join(
        f'"{column.name}" {column.type}{_compression(column)}' for column in table.all_columns
    )
    return f"{create} {table.full_name} ({columns})"


def _compression(column: Column) -> str:
    """Return the compression of a column for which DuckDB's automatic choice is a waste of time.

    Ids are short and distinct and make up most of a bulk load: uncompressed they are written in half the time, and
    take twice the space on disk.
    """
    if column.type in _PACKED:
        return " using compression bitpacking"
    is_id = column.name.endswith("_id") or column.name == "entity_key"
    return " using compression uncompressed" if is_id and column.name not in _REPEATING_IDS else ""


def _known(table_name: str) -> str:
    """Return the name if it is in the contracts: no other name is put into a statement."""
    return TABLES[table_name].full_name


@contextmanager
def _registered(
    con: duckdb.DuckDBPyConnection, rows: pa.RecordBatchReader | pa.Table
) -> Iterator[None]:
    con.register(_INCOMING, rows)
    try:
        yield
    finally:
        con.unregister(_INCOMING)
