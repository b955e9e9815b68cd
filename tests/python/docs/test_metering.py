"""What docs/metering.md tells people to do with readings of their own works as it says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

from pipeline.paths import CHECKOUT
from seeders.extracts import load_extracts

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = CHECKOUT / "docs" / "metering.md"
NEW_YEAR = datetime(2024, 1, 1)  # noqa: DTZ001


def block(language: str) -> str:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return "\n".join(found)


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


def test_half_hours_and_registers_become_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    con = duckdb.connect()
    # the last half hour, and the register of three o'clock, never came
    con.execute(
        "copy (select 'M' as number, timestamp '2024-01-01' + interval (n * 30) minute as time,"
        " n + 0.25 as kwh from range(5) as t (n)) to 'half_hours.csv'"
    )
    con.execute(
        "copy (select 'M' as number, timestamp '2024-01-01' + interval (n) hour as time,"
        " 100 + n * n as register from range(6) as t (n) where n != 3) to 'registers.csv'"
    )
    hours = []
    for statement in block("sql").split(";\n"):
        if statement.strip():
            con.execute(statement)
            hours.append(
                con.execute("select time, kwh from 'readings.csv' order by time").fetchall()
            )

    assert hours == [
        [(NEW_YEAR, 1.5), (NEW_YEAR + timedelta(hours=1), 5.5)],
        [(NEW_YEAR + timedelta(hours=n), 2 * n + 1) for n in (0, 1, 4)],
    ]
