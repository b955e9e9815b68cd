"""The files of a mapping, read into a scratch database of their own.

The mapping's expressions are somebody's SQL. They run in this scratch database, which is closed to the
outside once the files are in: an expression can read the file it is mapped from and nothing else.
The files go to disk there, not to memory, and each is read once however many tables it feeds.
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seeders.extracts.mapping import Dialect, Entry

_INCOMING: Final = "incoming"
_ROW_NUMBER: Final = "file_row_number"
_GLOB_CHARACTERS: Final = frozenset("*?[")


@dataclass(frozen=True)
class File:
    """One file of a source: where it is, the name it goes by in messages, the number in rows."""

    path: Path
    name: str
    number: int = 0

    @property
    def is_parquet(self) -> bool:
        """Whether the file has types of its own."""
        return self.path.name.lower().endswith(".parquet")


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
        """A name for something of the loader's own, which no column of the files has."""
        return f"{prefix_beside(self.columns)}{name}"

    @property
    def file_column(self) -> str:
        """The column that holds the number of a row's file."""
        return self.inner("file_no")

    @property
    def line_column(self) -> str:
        """The column that holds the line of the file a row starts on, for Parquet the number of the row."""
        return line_column(self.columns)

    @property
    def rows(self) -> str:
        """SQL for the relation under the one name that expressions may know it by."""
        return f"{self.relation} as {self.inner('rows')}"

    @property
    def file_rows(self) -> str:
        """The same without the loader's own columns: all that an expression may name."""
        inner = f"{self.file_column}, {self.line_column}"
        return f"(select * exclude ({inner}) from {self.relation}) as {self.inner('rows')}"  # noqa: S608


@contextmanager
def scratch_database(place: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database for the files as delivered, removed when the block ends.

    Args:
        place: Directory to create for it, private to this user; the caller cleans up after a process
            that was killed. A temporary directory (see `$TMPDIR`) by default.

    Yields:
        Its connection, in UTC, with the macros of `conversion`.
    """
    with _private_directory(place) as directory:
        con = duckdb.connect(str(directory / "extracts.duckdb"))
        try:
            con.execute("set TimeZone = 'UTC'")
            con.execute("set enable_progress_bar = false")
            # what an expression says twice would be worked out once, outside the TRY around it, and fail there
            con.execute("set disabled_optimizers = 'common_subexpressions'")
            for statement in macros():
                con.execute(statement)
            yield con
        finally:
            con.close()


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
    """Take away the scratch database's access to files, for good."""
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def find_files(directory: Path, pattern: str) -> list[File]:
    """Files that a mapping's `file` stands for, in order of their names.

    Args:
        directory: What relative names are relative to.
        pattern: A file name, or a glob.

    Returns:
        The files; empty where there is none.
    """
    root = Path(directory.anchor) if Path(pattern).is_absolute() else directory
    relative = str(Path(pattern).relative_to(root)) if Path(pattern).is_absolute() else pattern
    exact = root / relative
    if exact.is_file():
        return [File(exact, relative)]
    if not _GLOB_CHARACTERS & set(pattern):
        return []
    found = sorted(path for path in root.glob(relative) if path.is_file())
    return [File(path, str(path.relative_to(root))) for path in found]


def columns_of(con: duckdb.DuckDBPyConnection, file: File, dialect: Dialect) -> tuple[str, ...]:
    """Names of a file's columns, without reading its rows.

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
        reason = f"names {', '.join(twice)} twice{CAPITALS}"
        raise UnreadableFileError(reason)
    return names


def outline_source(
    con: duckdb.DuckDBPyConnection, relation: str, files: tuple[File, ...], dialect: Dialect
) -> Source:
    """A source with the columns and types of the files and none of their rows.

    Args:
        con: The scratch database.
        relation: Name of the view to create.
        files: Files with the same columns, in any order of columns.
        dialect: How delimited files are written.

    Returns:
        The source, good to bind expressions to before gigabytes are read.

    Raises:
        UnreadableFileError: A file is not what its name says, or has other columns than the first.
    """
    expected: set[str] = set()
    for number, file in enumerate(files):
        table = f"{relation}_{number}"
        try:
            names = columns_of(con, file, dialect)
        except UnreadableFileError as error:
            reason = f"{file.name} {error}"
            raise UnreadableFileError(reason) from error
        if file.is_parquet:
            _copy_parquet(con, table, file, limit=0)
        else:
            _copy_batches(con, table, schema_of(names), iter(()))
        found = {folded(name) for name in names}
        expected = expected or found
        if found != expected:
            differing = ", ".join(sorted(found ^ expected))
            reason = f"{file.name} has other columns than {files[0].name}: {differing}"
            raise UnreadableFileError(reason)
    return _as_source(con, relation, files, ())


def read_source(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    files: tuple[File, ...],
    dialect: Dialect,
    progress: Callable[[str], None],
) -> Source:
    """Read the files of one pattern into the scratch database.

    Args:
        con: The scratch database.
        relation: Name of the view to create.
        files: Files with the same columns, in any order of columns.
        dialect: How delimited files are written.
        progress: Told which file is being read.

    Returns:
        The source, with the lines that did not become rows.

    Raises:
        UnreadableFileError: A file breaks off.
    """
    rejects: list[tuple[str, RejectedLine]] = []
    for number, file in enumerate(files):
        progress(f"reading {file.name}")
        table = f"{relation}_{number}"
        try:
            if file.is_parquet:
                _copy_parquet(con, table, file)
            else:
                found = _copy_delimited(con, table, file, dialect)
                rejects.extend((file.name, line) for line in found)
        except UnreadableFileError as error:
            reason = f"{file.name} {error}"
            raise UnreadableFileError(reason) from error
        except duckdb.Error as error:
            reason = f"{file.name} cannot be read: {first_line(error)}"
            raise UnreadableFileError(reason) from error
    return _as_source(con, relation, files, tuple(rejects))


def state_source(con: duckdb.DuckDBPyConnection, relation: str, file: File, entry: Entry) -> Source:
    """Put rows that the mapping itself states into the scratch database.

    Args:
        con: The scratch database.
        relation: Name of the view to create, as `read_source` makes it.
        file: The mapping, under the name and number it goes by.
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
    """DuckDB types of a query's columns; the query is bound, not run."""
    return dict(con.execute(f"select column_name, column_type from (describe {query})").fetchall())  # noqa: S608


def text_literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """The name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: duckdb.Error) -> str:
    """DuckDB's reason in short: without the kind of error, the candidates and the statement."""
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
    """Names of the columns as DuckDB gives them: what has none, or that of another, gets one."""
    path = [_literal_path(file)]
    # a folder called `year=2024` is no column, and takes no column's place
    con.execute("select * from read_parquet(?, hive_partitioning = false) limit 0", path)
    return tuple(column[0] for column in con.description or ())


def _written_columns(con: duckdb.DuckDBPyConnection, file: File) -> list[str]:
    """Names of the columns as the file has them; those of nested fields left out."""
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


def _copy_parquet(
    con: duckdb.DuckDBPyConnection, table: str, file: File, limit: int | None = None
) -> None:
    names = _parquet_columns(con, file)
    if _ROW_NUMBER in map(folded, names):
        # DuckDB keeps rows in their order, and a window without one counts them as they come
        columns, option = "*, row_number() over ()", ""
    else:
        columns = f"* exclude ({_ROW_NUMBER}), {_ROW_NUMBER} + 1"
        option = f", {_ROW_NUMBER} = true"
    con.execute(
        f"""
        create table {table} as
        select {columns} as {line_column(names)}
        from read_parquet(?, binary_as_string = true, hive_partitioning = false{option})
        {"" if limit is None else f"limit {limit}"}
        """,  # noqa: S608
        [_literal_path(file)],
    )


def _copy_delimited(
    con: duckdb.DuckDBPyConnection, table: str, file: File, dialect: Dialect
) -> list[RejectedLine]:
    rejects = Rejects()
    failures: list[UnreadableFileError] = []

    def batches() -> Iterator[pa.RecordBatch]:
        # what is raised here would come out of DuckDB as an error of its own
        try:
            yield from read_batches(file.path, dialect, rejects)
        except UnreadableFileError as error:
            failures.append(error)

    _copy_batches(con, table, schema_of(read_header(file.path, dialect)), batches())
    if failures:
        raise failures[0]
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
    """The path with its glob characters taken literally: a name is not a pattern twice."""
    return "".join(f"[{c}]" if c in _GLOB_CHARACTERS else c for c in str(file.path))
