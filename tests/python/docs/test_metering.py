"""What docs/metering.md tells people to do with readings of their own works as it says."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from pipeline.paths import CHECKOUT
from seeders.extracts import load_extracts

if TYPE_CHECKING:
    from pathlib import Path

PAGE = CHECKOUT / "docs" / "metering.md"


def block(language: str) -> str:
    """The first block of a language that begins a line."""
    found = re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    return str(found[0])


def test_the_mapping_reads_what_it_was_written_for(tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "meters.csv").write_text(
        "id,number,account,kind,tariff,district,feeder,load,status,fitted\n"
        "m1,001,a1,home,A,N,F,3.5,Active,2023-05-01\n"
    )
    (tmp_path / "readings-1.csv").write_text("number;time;kwh\n001;31.01.2024 13:00;0,5\n")
    (tmp_path / "outages.csv").write_text(
        "id,feeder,begins,ends,cause\no1,F,2024-01-31 13:30:00+02,,fault\n"
    )
    con = duckdb.connect()
    report = load_extracts(con, tmp_path)

    assert [table.landed_with_reasons for table in report.tables] == [0, 0, 0]
    assert con.execute(
        "select meter_number, read_at, kwh from raw_metering.readings"
    ).fetchall() == [("001", datetime(2024, 1, 31, 13), Decimal("0.500"))]  # noqa: DTZ001
    assert con.execute("select feeder, started_at from raw_metering.outages").fetchall() == [
        ("F", datetime(2024, 1, 31, 11, 30))  # noqa: DTZ001
    ]


def test_the_keys_of_other_readings_are_known(tmp_path: Path) -> None:
    head = "as_of: 2024-12-31\ntables:\n  raw_metering.readings:\n"
    entries = re.findall(
        r"^ +- \{file: (\w+\.csv), (?:interval|kind): .*$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    lines = [
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if any(line.strip().startswith(f"- {{file: {name},") for name in entries)
    ]
    (tmp_path / "mapping.yml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    for name, columns in zip(
        entries, ("number,time,kwh", "number,day,kwh", "number,time,shown"), strict=True
    ):
        (tmp_path / name).write_text(f"{columns}\n001,2024-01-31 00:00,7\n")
    con = duckdb.connect()
    load_extracts(con, tmp_path)

    assert con.execute(
        "select source_file, reading_kind, reading_interval, reading_stamp from raw_control.extract_files order by all"
    ).fetchall() == [
        ("days.csv", "energy", "day", "end"),
        ("half_hours.csv", "energy", "30min", "start"),
        ("registers.csv", "register", None, "end"),
    ]
