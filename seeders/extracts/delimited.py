"""Delimited files as Arrow batches, with every line of the file accounted for.

A reader that guesses or gives up loses rows silently: one stray quote can swallow a million lines. Here a line that is
not a valid row is set aside with its number, its text and its reasons, and reading continues with the next line. Only
valid records (see `records`) reach the CSV parser, so that its rows match the line numbers kept with them.

Blank lines are skipped; they are not errors. Line ends may be mixed; inside a quoted field CR LF becomes LF.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from seeders.extracts.bounds import Bounds, Tally
from seeders.extracts.names import line_column, named, named_twice
from seeders.extracts.records import Cutter, csv_options, width_reasons
from seeders.extracts.shapes import listed_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seeders.extracts.dialect import Dialect
    from seeders.extracts.records import Records, Rejects

BLOCK_BYTES: Final = 8 << 20

CAPITALS: Final = "; rename one of them (capitals do not count in SQL)"
"""Why two columns of a file may have the same name."""

_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_MAX_HEADER_BYTES: Final = 1 << 20
_NAMES_SHOWN: Final = 5


class UnreadableFileError(Exception):
    """The file as a whole cannot be read; the message says why, to follow the file's name."""


def read_header(path: Path, dialect: Dialect) -> tuple[str, ...]:
    """Return the names of the columns, from the first line of the file.

    Args:
        path: A .csv or .csv.gz file.
        dialect: How it is written.

    Returns:
        One name per column; one without a name gets one, see `named`.

    Raises:
        UnreadableFileError: The file is empty or not delimited text.
    """
    return _header(path, dialect)[0]


def schema_of(names: tuple[str, ...]) -> pa.Schema:
    """Arrow schema of the batches of a file with these columns."""
    return pa.schema([*((name, pa.string()) for name in names), (line_column(names), pa.int64())])


def read_batches(
    path: Path,
    dialect: Dialect,
    rejects: Rejects,
    block_bytes: int = BLOCK_BYTES,
    tally: Tally | None = None,
) -> Iterator[pa.RecordBatch]:
    """Stream the rows of a file, every field as text, empty fields as null.

    Args:
        path: A .csv or .csv.gz file.
        dialect: How it is written.
        rejects: Receives the lines that are not rows.
        block_bytes: How much is read at a time; more than the header takes.
        tally: Counts what is read, if there are bounds.

    Yields:
        Batches of the file's columns and, last, `line_column` of them: the number of the row's first line (the
        header's is 1). Rows and rejects together are all records of the file.

    Raises:
        UnreadableFileError: The file is empty, not delimited text, or truncated.
        LimitExceededError: There is more of it than the bounds allow.
    """
    tally = tally or Tally(Bounds())
    names, header_lines = _header(path, dialect)
    cutter = Cutter(dialect, len(names), rejects, next_line=1 + header_lines)
    is_first = True
    for block, is_last in _blocks(path, dialect, block_bytes, tally):
        body = block.split(b"\n", header_lines)[header_lines:] if is_first else [block]
        is_first = False
        records = cutter.cut(body[0] if body else b"", is_last=is_last)
        if records.lines.size:
            yield from _parsed(records, names, dialect, rejects)
        if rejects.are_too_many:
            tally.take_rejected(rejects.most + 1)


def _open(path: Path) -> BinaryIO:
    if path.name.lower().endswith(".gz"):
        return cast("BinaryIO", gzip.open(path, "rb"))
    return path.open("rb")


def _header(path: Path, dialect: Dialect) -> tuple[tuple[str, ...], int]:
    """Return the names of the columns, and how many lines the header has."""
    try:
        with _open(path) as file:
            head = file.read(_MAX_HEADER_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        reason = f"cannot be read: {error}"
        raise UnreadableFileError(reason) from error
    if head.startswith(_UTF16_BOMS):
        reason = "is UTF-16; save it as UTF-8"
    elif not head.removeprefix(_UTF8_BOM).strip():
        reason = "is empty: not even a header line"
    elif b"\0" in head.partition(b"\n")[0]:
        reason = "is not a delimited text file"
    else:
        return _split_header(head.removeprefix(_UTF8_BOM), dialect)
    raise UnreadableFileError(reason)


def _split_header(head: bytes, dialect: Dialect) -> tuple[tuple[str, ...], int]:
    text = head.decode(dialect.encoding, errors="surrogateescape")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    options = csv_options(dialect)
    reader = csv.reader(io.StringIO(text), strict=True, **options)  # type: ignore[arg-type]
    fields: list[str] = []
    try:
        while not fields:
            fields = next(reader)
    except csv.Error as error:
        reason = f"has a header that cannot be read: {error}"
        raise UnreadableFileError(reason) from error
    fields = [name.strip() for name in fields]
    problem = _problem_of_names(fields)
    if problem:
        raise UnreadableFileError(problem)
    return named(fields), reader.line_num


def _problem_of_names(names: list[str]) -> str | None:
    if any("\ud800" <= character <= "\udfff" for name in names for character in name):
        return "has a header that is not UTF-8; try `encoding: cp1252`"
    twice = named_twice(name for name in names if name)
    more = ", …" if len(twice) > _NAMES_SHOWN else ""
    if twice:
        shown = listed_names(twice[:_NAMES_SHOWN], names)
        return f"has a header that names {shown}{more} twice{CAPITALS}"
    return None


def _blocks(
    path: Path, dialect: Dialect, block_bytes: int, tally: Tally
) -> Iterator[tuple[bytes, bool]]:
    """Yield blocks of the file as UTF-8 with LF line ends, and whether each is the last."""
    held, unpacked = b"", 0
    try:
        packed = path.stat().st_size
        with _open(path) as file:
            block = file.read(block_bytes)
            while block:
                unpacked += len(block)
                tally.take_bytes(len(block))
                tally.check_ratio(unpacked, packed)
                following = file.read(block_bytes)
                block = held + block
                # a CR at the very end may be the first half of a CR LF
                held = b"\r" if following and block.endswith(b"\r") else b""
                yield _normalised(block.removesuffix(held), dialect), not following
                block = following
    except (OSError, EOFError, zlib.error) as error:
        reason = f"breaks off: {error}"
        raise UnreadableFileError(reason) from error


def _normalised(block: bytes, dialect: Dialect) -> bytes:
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if dialect.encoding == "utf-8":
        return block
    # a byte that is undefined in the encoding is kept, which makes its line invalid UTF-8
    text = block.decode(dialect.encoding, errors="surrogateescape")
    return text.encode(errors="surrogateescape")


def _parsed(
    records: Records, names: tuple[str, ...], dialect: Dialect, rejects: Rejects
) -> Iterator[pa.RecordBatch]:
    """Parse the fields of the records; those with another number of columns are set aside."""
    misfits: list[int] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        position = row.number - 1
        misfits.append(position)
        reasons = width_reasons(row.actual_columns, row.expected_columns)
        rejects.add(int(records.lines[position]), reasons, row.text.encode())
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(records.data),
        # one block and one thread, since only then does the parser number the rows it rejects
        read_options=arrow_csv.ReadOptions(
            use_threads=False, block_size=len(records.data) + 1, column_names=list(names)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote or False,
            newlines_in_values=True,
            invalid_row_handler=set_aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    lines = np.delete(records.lines, misfits)
    if table.num_rows != lines.size:
        reason = f"cannot be read: {lines.size} records became {table.num_rows} rows"
        raise UnreadableFileError(reason)
    yield from table.append_column(line_column(names), pa.array(lines)).to_batches()
