"""What a mapping says of its readings is checked, kept once per file, and changes no row."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from seeders.extracts import LoadError, load_extracts

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = "{{file: {file}{keys}, columns: {{meter_number: meter, read_at: time, kwh: value}}}}"
ROWS = "meter,time,value\nM1,2025-01-01 00:30,100.5\nM1,2025-01-01 00:00,\n"
FORMS = (
    "select source_file, reading_kind, reading_interval, reading_stamp"
    " from raw_control.extract_files order by file_no"
)


def load(
    directory: Path, *entries: str, table: str = "raw_metering.readings"
) -> duckdb.DuckDBPyConnection:
    """Load readings that these entries map."""
    listed = "".join(f"    - {entry}\n" for entry in entries)
    (directory / "mapping.yml").write_text(f"as_of: 2025-01-31\ntables:\n  {table}:\n{listed}")
    con = duckdb.connect()
    load_extracts(con, directory)
    return con


@pytest.mark.parametrize(
    ("keys", "form"),
    [
        ("", (None, None, None)),
        (", kind: energy, interval: hour, stamp: start", (None, None, None)),
        (", interval: 30min", ("energy", "30min", "start")),
        (", interval: day, stamp: end", ("energy", "day", "end")),
        (", stamp: end", ("energy", "hour", "end")),
        (", kind: register", ("register", None, "end")),
        (", kind: register, interval: hour", ("register", None, "end")),
        (", kind: register, interval: hour, stamp: start", ("register", "hour", "start")),
    ],
)
def test_the_form_is_kept_with_the_file(
    tmp_path: Path, keys: str, form: tuple[str | None, ...]
) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    con = load(tmp_path, ENTRY.format(file="a.csv", keys=keys))

    assert con.execute(FORMS).fetchall() == [("a.csv", *form)]
    landed = con.execute("select kwh from raw_metering.readings order by read_at").fetchall()
    assert landed == [(None,), (Decimal("100.500"),)]


def test_a_file_in_two_forms_has_two_numbers(tmp_path: Path) -> None:
    """Each row names the form it was read in; other files keep one number, however often they are mapped."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(ROWS)
    con = load(
        tmp_path,
        ENTRY.format(file="a.csv", keys=", kind: register, where: value is not null"),
        ENTRY.format(file="a.csv", keys=", interval: 15min, where: value is null"),
        ENTRY.format(file="b.csv", keys=", where: value is null"),
        ENTRY.format(file="b.csv", keys=", where: value is not null"),
    )

    told = con.execute(
        "select source_file, reading_kind, count(*), count(kwh) from raw_metering.readings"
        " inner join raw_control.extract_files on _file_no = file_no group by all order by all"
    ).fetchall()
    assert told == [("a.csv", "energy", 1, 0), ("a.csv", "register", 1, 1), ("b.csv", None, 2, 1)]
    assert con.execute("select count(*) from raw_control.extract_files").fetchall() == [(3,)]


def test_stated_rows_may_have_a_form(tmp_path: Path) -> None:
    con = load(
        tmp_path, "{kind: register, rows: [{meter_number: M1, read_at: 2025-01-01, kwh: 7}]}"
    )
    assert con.execute(FORMS).fetchall() == [("mapping.yml", "register", None, "end")]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (", kind: counter", "kind: 'counter' is not one of energy, register"),
        (", interval: 30", "interval: 30 is not one of 15min, 30min, hour, day"),
        (", stamp: middle", "stamp: 'middle' is not one of start, end"),
        (", kind: register, stamp: start", "say which `interval`"),
    ],
)
def test_a_form_nobody_knows_is_told(tmp_path: Path, keys: str, told: str) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    with pytest.raises(LoadError, match=told):
        load(tmp_path, ENTRY.format(file="a.csv", keys=keys))


def test_other_tables_have_no_form(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\nM1\n")
    with pytest.raises(LoadError, match="unknown key `kind`"):
        load(
            tmp_path,
            "{file: a.csv, kind: register, columns: {meter_id: id}}",
            table="raw_metering.meters",
        )
