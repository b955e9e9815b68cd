"""The files of a mapping, read into a scratch database of their own.

The mapping's expressions are untrusted SQL. They are bound in a separate database, which has the columns of the files,
no rows, and never any access to the outside. They run in the scratch database, which is closed to the outside once the
files have been read: an expression can read the file it is mapped from and nothing else. The files are kept on disk
there, not in memory, and each is read once however many tables are filled from it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from seeders.extracts.bounds import Bounds, LimitExceededError
from seeders.extracts.conversion import macros
from seeders.extracts.delimited import (
    CAPITALS,
    UnreadableFileError,
    read_batches,
    read_header,
    schema_of,
)
from seeders.extracts.names import folded, line_column, named_twice, prefix_beside
from seeders.extracts.records import RejectedLine, Rejects
from seeders.extracts.shapes import listed_names
from seeders.extracts.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeders.extracts.bounds import Tally
    from seeders.extracts.dialect import Dialect
    from seeders.extracts.files import File
    from seeders.extracts.mapping import Entry

_INCOMING: Final = "incoming"
_ROW_NUMBER: Final = "file_row_number"
_GLOB_CHARACTERS: Final = frozenset("*?[")
_Config = dict[str, str | bool | int | float | list[str]]
_ALONE: Final[_Config] = {
    # no extensions are fetched, and a name in a statement never refers to a Python variable
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


@dataclass(frozen=True)
class Source:
    """The files of one pattern, now one relation of the scratch database.

    Attributes:
        relation: Its name. It has the files' columns, `file_column` and `line_column`.
        files: The files.
        columns: Names of the files' columns.
        rejects: Lines that did not become rows, by file.
    """

    relation: str
    files: tuple[File, ...]
    columns: tuple[str, ...]
    rejects: tuple[tuple[str, RejectedLine], ...]

    def inner(self, name: str) -> str:
        """Return a name for a column of the loader, which no column of the files has."""
        return f"{prefix_beside(self.columns)}{name}"

    @property
    def file_column(self) -> str:
        """The column with the number of a row's file."""
        return self.inner("file_no")

    @property
    def line_column(self) -> str:
        """The column with the line of the file a row starts on, for Parquet the number of the row."""
        return line_column(self.columns)

    @property
    def rows(self) -> str:
        """SQL for the relation, under the one name that expressions may use."""
        return f"{self.relation} as {self.inner('rows')}"

    @property
    def file_rows(self) -> str:
        """The same without the loader's own columns: all that an expression may name."""
        inner = f"{self.file_column}, {self.line_column}"
        return f"(select * exclude ({inner}) from {self.relation}) as {self.inner('rows')}"  # noqa: S608


@contextmanager
def scratch_database(
    place: Path | None = None, memory: str = Bounds.memory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database for the files as delivered, which is removed when the block ends.

    Args:
        place: Directory to create for it, private to this user; the caller cleans up after a process
            that was killed. A temporary directory (see `$TMPDIR`) by default.
        memory: How much it may use, in DuckDB's notation; the rest is on disk, in the same directory.

    Yields:
        Its connection, in UTC, with the macros of `conversion`.
    """
    with _private_directory(place) as directory:
        config = _ALONE | {"memory_limit": memory}
        con = duckdb.connect(str(directory / "extracts.duckdb"), config=config)
        try:
            _prepare(con)
            yield con
        finally:
            con.close()


@contextmanager
def binding_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory to bind expressions in, closed to the outside before the first one.

    Yields:
        Its connection, in UTC, with the macros of `conversion`.
    """
    con = duckdb.connect(config=_ALONE | {"enable_external_access": "false"})
    try:
        _prepare(con)
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    # a repeated subexpression would be evaluated once, outside the TRY around it, and fail there
    con.execute("set disabled_optimizers = 'common_subexpressions'")
    for statement in macros():
        con.execute(statement)


@contextmanager
def _private_directory(place: Path | None) -> Iterator[Path]:
    if place is None:
        with TemporaryDirectory(prefix="extracts-") as directory:
            yield Path(directory)
        return
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        rmtree(place, ignore_errors=True)


def close_to_the_outside(con: duckdb.DuckDBPyConnection) -> None:
    """Permanently disable the scratch database's access to files."""
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def columns_of(con: duckdb.DuckDBPyConnection, file: File, dialect: Dialect) -> tuple[str, ...]:
    """Return the names of a file's columns, without reading its rows.

    Args:
        con: The scratch database.
        file: A delimited or Parquet file.
        dialect: How a delimited file is written.

    Returns:
        The names in the order of the file.

    Raises:
        UnreadableFileError: The file is not what its name says.
    """
    if not file.is_parquet:
        return read_header(file.path, dialect)
    try:
        names = _parquet_columns(con, file)
        twice = named_twice(_written_columns(con, file))
    except duckdb.Error as error:
        reason = f"is not a Parquet file: {first_line(error)}"
        raise UnreadableFileError(reason) from error
    if twice:
        reason = f"names {listed_names(twice, names)} twice{CAPITALS}"
        raise UnreadableFileError(reason)
    return names


def outline_source(  # noqa: PLR0913, PLR0917
    con: duckdb.DuckDBPyConnection,
    binder: duckdb.DuckDBPyConnection,
    relation: str,
    files: tuple[File, ...],
    dialect: Dialect,
    tally: Tally,
) -> Source:
    """Create a source with the columns and types of the files and none of their rows.

    Args:
        con: The scratch database, which inspects the files.
        binder: The binding database, which gets the columns.
        relation: Name of the view to create there.
        files: Files with the same columns, in any order of columns.
        dialect: How delimited files are written.
        tally: Checks the number of columns.

    Returns:
        The source, to bind expressions to before gigabytes are read.

    Raises:
        UnreadableFileError: A file is not what its name says, has too many columns or other ones than the
            first.
    """
    expected: set[str] = set()
    for number, file in enumerate(files):
        table = f"{relation}_{number}"
        try:
            names = columns_of(con, file, dialect)
            tally.check_columns(len(names))
        except (UnreadableFileError, LimitExceededError) as error:
            raise _of_file(file, error) from error
        if file.is_parquet:
            known = con.execute(
                f"select column_name, column_type from (describe {_read_parquet(con, file)})",  # noqa: S608
                [_literal_path(file)],
            ).fetchall()
            columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in known)
            binder.execute(f"create table {table} ({columns})")
        else:
            _copy_batches(binder, table, schema_of(names), iter(()))
        found = {folded(name) for name in names}
        expected = expected or found
        if found != expected:
            differing = listed_names(sorted(found ^ expected), found | expected)
            reason = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise UnreadableFileError(reason)
    return _as_source(binder, relation, files, ())


def read_source(  # noqa: PLR0913, PLR0917
    con: duckdb.DuckDBPyConnection,
    relation: str,
    files: tuple[File, ...],
    dialect: Dialect,
    tally: Tally,
    progress: Callable[[str], None],
) -> Source:
    """Read the files of one pattern into the scratch database.

    Args:
        con: The scratch database.
        relation: Name of the view to create.
        files: Files with the same columns, in any order of columns.
        dialect: How delimited files are written.
        tally: Counts what is read.
        progress: Called with the file being read.

    Returns:
        The source, with the lines that did not become rows.

    Raises:
        UnreadableFileError: A file is truncated, or larger than the bounds allow.
    """
    rejects: list[tuple[str, RejectedLine]] = []
    for number, file in enumerate(files):
        progress(f"reading {file.name}")
        table = f"{relation}_{number}"
        try:
            if file.is_parquet:
                _measure_parquet(con, file, tally)
                _copy_parquet(con, table, file)
            else:
                found = _copy_delimited(con, table, file, dialect, tally)
                rejects.extend((file.name, line) for line in found)
        except (UnreadableFileError, LimitExceededError) as error:
            raise _of_file(file, error) from error
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            reason = f"{file.name} cannot be read: {first_line(error)}"
            raise UnreadableFileError(reason) from error
    return _as_source(con, relation, files, tuple(rejects))


def state_source(con: duckdb.DuckDBPyConnection, relation: str, file: File, entry: Entry) -> Source:
    """Put rows that the mapping itself contains into the scratch database.

    Args:
        con: The scratch database.
        relation: Name of the view to create, as in `read_source`.
        file: The mapping, with its name and number.
        entry: An entry with rows.

    Returns:
        The source, whose lines are those of the mapping.
    """
    names = tuple(target for target, _ in entry.columns)
    schema = schema_of(names)
    columns = [*zip(*(row.values for row in entry.rows), strict=True)]
    lines = [row.line for row in entry.rows]
    batch = pa.record_batch(
        [
            pa.array(values, field.type)
            for values, field in zip([*columns, lines], schema, strict=True)
        ],
        schema=schema,
    )
    _copy_batches(con, f"{relation}_0", schema, iter((batch,)))
    return _as_source(con, relation, (file,), ())


def types_of(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Return the DuckDB types of a query's columns; the query is bound, not run."""
    return dict(con.execute(f"select column_name, column_type from (describe {query})").fetchall())  # noqa: S608


def first_line(error: duckdb.Error) -> str:
    """Return DuckDB's reason in short: without the type of error, the candidates and the statement."""
    line = str(error).strip().partition("\n")[0]
    return line.partition("Error: ")[2] or line


def _as_source(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    files: tuple[File, ...],
    rejects: tuple[tuple[str, RejectedLine], ...],
) -> Source:
    # the line comes last
    *columns, _ = types_of(con, f"select * from {relation}_0")  # noqa: S608
    source = Source(relation, files, tuple(columns), rejects)
    parts = [
        f"select *, {file.number}::integer as {source.file_column} from {relation}_{number}"  # noqa: S608
        for number, file in enumerate(files)
    ]
    con.execute(f"create view {relation} as {' union all by name '.join(parts)}")
    return source


def _parquet_columns(con: duckdb.DuckDBPyConnection, file: File) -> tuple[str, ...]:
    """Return the names of the columns as DuckDB assigns them: missing and repeated ones are replaced."""
    path = [_literal_path(file)]
    # a folder called `year=2024` is not a column, and hides none
    con.execute("select * from read_parquet(?, hive_partitioning = false) limit 0", path)
    return tuple(column[0] for column in con.description or ())


def _written_columns(con: duckdb.DuckDBPyConnection, file: File) -> list[str]:
    """Return the names of the columns as in the file, without nested fields."""
    _, *nodes = con.execute(
        "select name, coalesce(num_children, 0) from parquet_schema(?)", [_literal_path(file)]
    ).fetchall()
    names: list[str] = []
    below = 0
    for name, children in nodes:
        if below == 0:
            names.append(name)
        below = max(below - 1, 0) + children
    return [name for name in names if name]


def _read_parquet(con: duckdb.DuckDBPyConnection, file: File) -> str:
    """Return SQL for the rows of a file and, last, their numbers; its one parameter is `_literal_path`."""
    names = _parquet_columns(con, file)
    if _ROW_NUMBER in map(folded, names):
        # DuckDB preserves the order of rows, and a window without an order counts them in it
        columns, option = "*, row_number() over ()", ""
    else:
        columns = f"* exclude ({_ROW_NUMBER}), {_ROW_NUMBER} + 1"
        option = f", {_ROW_NUMBER} = true"
    return f"""
        select {columns} as {line_column(names)}
        from read_parquet(?, binary_as_string = true, hive_partitioning = false{option})
    """  # noqa: S608


def _of_file(file: File, error: Exception) -> UnreadableFileError:
    colon = ":" if isinstance(error, LimitExceededError) else ""
    return UnreadableFileError(f"{file.name}{colon} {error}")


def _measure_parquet(con: duckdb.DuckDBPyConnection, file: File, tally: Tally) -> None:
    """Count a file by its metadata, before it is read."""
    rows = con.execute(
        "select num_rows from parquet_file_metadata(?)", [_literal_path(file)]
    ).fetchone()
    size = con.execute(
        "select sum(total_uncompressed_size)::bigint from parquet_metadata(?)",
        [_literal_path(file)],
    ).fetchone()
    tally.take_rows(int(rows[0]) if rows else 0)
    tally.take_bytes(int(size[0] or 0) if size else 0)


def _copy_parquet(con: duckdb.DuckDBPyConnection, table: str, file: File) -> None:
    con.execute(f"create table {table} as {_read_parquet(con, file)}", [_literal_path(file)])


def _copy_delimited(
    con: duckdb.DuckDBPyConnection, table: str, file: File, dialect: Dialect, tally: Tally
) -> list[RejectedLine]:
    rejects = Rejects(tally.rejected_left)
    failures: list[UnreadableFileError | LimitExceededError] = []

    def batches() -> Iterator[pa.RecordBatch]:
        # an exception raised here would be replaced by an error of DuckDB
        try:
            for batch in read_batches(file.path, dialect, rejects, tally=tally):
                tally.take_rows(batch.num_rows)
                yield batch
        except (UnreadableFileError, LimitExceededError) as error:
            failures.append(error)

    _copy_batches(con, table, schema_of(read_header(file.path, dialect)), batches())
    if failures:
        raise failures[0]
    tally.take_rejected(len(rejects.lines))
    return sorted(rejects.lines, key=lambda rejected: rejected.line)


def _copy_batches(
    con: duckdb.DuckDBPyConnection, table: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> None:
    con.register(_INCOMING, pa.RecordBatchReader.from_batches(schema, batches))
    try:
        con.execute(f"create table {table} as select * from {_INCOMING}")  # noqa: S608
    finally:
        con.unregister(_INCOMING)


def _literal_path(file: File) -> str:
    """Return the path with its glob characters escaped: it is a name, not a pattern."""
    return "".join(f"[{c}]" if c in _GLOB_CHARACTERS else c for c in str(file.path))
