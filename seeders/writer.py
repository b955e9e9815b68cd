"""The only module of the seeders that touches DuckDB.

Everything that lands in the raw tables passes through here as Arrow data, so that the tables have the
types of `contracts` whoever fills them, and so that a bulk load is one statement over a stream
instead of a loop over rows.
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
"""Where dbt keeps the history of changed rows; it belongs to the world the raw tables hold."""

_OPEN_END: Final = date(9999, 12, 31)
"""When versions end that hold on, as dbt_project.yml says (`dbt_valid_to_current`)."""

_ROW_GROUP: Final = 122_880
"""DuckDB's own unit of storage: batches of at least its size are loaded on all threads."""

GATHERED_ROWS: Final = 8 * _ROW_GROUP
"""Rows of one table that an `Appender` holds back, some 120 MB of the widest.

At the end of a statement one thread works and the others spin: the fewer ends, the better.
"""

_QUEUED_APPENDS: Final = 2
"""Appends that may wait for the one that runs, before those who make rows wait as well."""

_STORAGE: Final = "v1.5.0"
"""The format of new files: that of the oldest DuckDB the project runs on.

It compresses faster and smaller than the default, which every version since 0.10 can read.
"""

_LOAD_MEMORY: Final = "600MB"

_REPEATING_IDS: Final = frozenset({"plan_id", "sku_id"})
_PACKED: Final = frozenset({ENERGY, INTEGER, BIGINT, TIMESTAMP})

_INCOMING: Final = "_incoming"
_BATCHES: Final = "raw_control.extract_batches"


def open_file(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse file to fill it; a new one gets the format of `_STORAGE`, an old one keeps its own.

    Args:
        path: The file, made if it is not there.

    Returns:
        A connection, the only one of this process to the file.
    """
    return duckdb.connect(str(path), config={"storage_compatibility_version": _STORAGE})


def create_raw_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create every raw schema and table of the contracts that is not there yet.

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
    does not. Appends run beside the caller, one at a time and in order, so that making rows and
    writing them overlap; a few may wait, since tables are often full at the same time. Used as a
    context manager, inside which nobody else uses the connection; what is left is written at the end,
    unless the block failed.

    Attributes:
        rows: Rows appended so far, by table.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, gather: int = GATHERED_ROWS) -> None:
        """Start with nothing gathered.

        Args:
            con: Connection to the warehouse file, with the raw tables created.
            gather: Rows of a table to wait for before they are written.
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
        """Write what is left, and let go of the connection in any case."""
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
            # whole units of storage are written as they are, a part of one is copied once more
            self._write(table_name, keep=self._waiting[table_name] % min(self._gather, _ROW_GROUP))

    def delete(self, table_name: str, keys: pa.Table) -> None:
        """Delete rows that were there before any of the same table was gathered.

        Args:
            table_name: Schema-qualified name of a table that has a key.
            keys: The key columns of the rows to delete.
        """
        self._finish()
        delete_rows(self._con, table_name, keys)

    def _write(self, table_name: str, *, keep: int = 0) -> None:
        """Have what waits of a table written, apart from the last rows."""
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
        """Wait for all appends but the last few, and raise what they raised."""
        while len(self._running) > but:
            self._running.popleft().result()


def replace_world(
    con: duckdb.DuckDBPyConnection,
    source: str,
    as_of: date | None = None,
) -> bool:
    """Empty every raw table, to make room for what `source` is about to write.

    Tables are made anew: a file of an earlier version may have other columns.

    History that dbt has recorded so far is about the rows that go. It is kept when the same source
    delivers again, dropped when it would mix two companies, and taken back to `as_of` where it reaches
    beyond: what was recorded of later days would already know the future of the new rows.

    Args:
        con: Connection to the warehouse file; the raw tables are created where missing.
        source: What is about to be written, as `raw_control.extract_batches.source` will say.
        as_of: Last day of what is about to be written, where known.

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
    """Whose rows the raw tables hold: `raw_control.extract_batches.source`, mostly one."""
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
        How many there are, and on which day the last one begins.
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
    """Keep DuckDB from holding on to all that it writes, for as long as the block runs.

    Written blocks stay in memory as long as there is room for them: a large load takes as much as it
    is allowed to, and is not faster for it. A database in memory has no other place for its rows.

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
    """Commit all that the block writes, or none of it.

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
    """Read a raw table whole, with the contract's own columns.

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
    # even pieces of DuckDB's own size keep both the order of the rows and all threads busy; one that lies
    # within a batch is handed over as it is
    pieces = [
        piece
        for start in range(0, rows.num_rows, _ROW_GROUP)
        for piece in rows.slice(start, _ROW_GROUP).combine_chunks().to_batches()
    ]
    append(con, table_name, pa.RecordBatchReader.from_batches(rows.schema, _handed_over(pieces)))


def _handed_over(pieces: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Give batches away one by one: DuckDB keeps the reader until the transaction ends."""
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
    """Take snapshots back to a day: what began later goes, and what it ended goes on."""
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
    """How to store a column where DuckDB would weigh its choices in vain.

    Ids are short and differ: written as they are in half the time that compressing them takes, they are most
    of a bulk load, and twice the size on disk.
    """
    if column.type in _PACKED:
        return " using compression bitpacking"
    is_id = column.name.endswith("_id") or column.name == "entity_key"
    return " using compression uncompressed" if is_id and column.name not in _REPEATING_IDS else ""


def _known(table_name: str) -> str:
    """Only names out of the contracts are ever put into a statement."""
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
