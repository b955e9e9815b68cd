"""Reading is the same whatever the block size, and accounts for every line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeders.extracts.delimited import read_batches
from seeders.extracts.dialect import Dialect
from seeders.extracts.names import line_column
from seeders.extracts.records import Rejects

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, object]]
NAMES = ("id", "name", "note")
HEADER_BYTES = len("id,name,note\r\n")

fields = st.text(st.sampled_from(["a", "é", '"', ",", "\n", " ", "0"]), max_size=6)
tables = st.lists(st.tuples(fields, fields, fields).filter(any), max_size=12)


def read(path: Path, content: bytes, block_bytes: int) -> tuple[Rows, list[tuple[int, str]]]:
    path.write_bytes(content)
    rejects = Rejects()
    batches = read_batches(path, Dialect(), rejects, block_bytes)
    rows = [row for batch in batches for row in batch.to_pylist()]
    lines = sorted((line.line, ",".join(line.reasons)) for line in rejects.lines)
    return rows, lines


def written(table: list[tuple[str, ...]], line_end: str) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=line_end).writerows([NAMES, *table])
    return buffer.getvalue().encode()


once_per_test = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@once_per_test
@given(table=tables, line_end=st.sampled_from(["\n", "\r\n"]), block=st.integers(1, 40))
def test_what_a_csv_writer_wrote_is_read_back(
    tmp_path: Path, table: list[tuple[str, ...]], line_end: str, block: int
) -> None:
    content = written(table, line_end)
    rows, rejected = read(tmp_path / "t.csv", content, HEADER_BYTES + block)
    line = 2
    expected = []
    for row in table:
        named = {name: value or None for name, value in zip(NAMES, row, strict=True)}
        expected.append({**named, line_column(NAMES): line})
        line += 1 + sum(value.count("\n") for value in row)

    assert rejected == []
    assert rows == expected


garbage = st.lists(
    st.sampled_from([b"a", b'"', b",", b"\n", b"\r\n", b"\xff", b"\xc3\xa9", b'"b",', b"1,2,3\n"]),
    max_size=40,
).map(b"".join)


@once_per_test
@given(body=garbage, block=st.integers(1, 40))
def test_garbage_is_cut_alike_whatever_the_block(tmp_path: Path, body: bytes, block: int) -> None:
    content = b"id,name,note\n" + body
    whole = read(tmp_path / "t.csv", content, 1 << 20)

    assert read(tmp_path / "t.csv", content, HEADER_BYTES + block) == whole


@once_per_test
@given(body=garbage)
def test_every_line_that_is_not_blank_is_accounted_for(tmp_path: Path, body: bytes) -> None:
    rows, rejected = read(tmp_path / "t.csv", b"id,name,note\n" + body, 1 << 20)
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    starts = {row[line_column(NAMES)] for row in rows} | {line for line, _ in rejected}

    assert len(starts) == len(rows) + len(rejected)
    if b'"' not in body:
        assert starts == {n for n, line in enumerate(lines, start=2) if line}
