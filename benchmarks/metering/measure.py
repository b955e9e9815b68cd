"""A year of hourly readings of a number of meters: seeded into a file of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from benchmarks.child import place_of_its_own, run_child
from pipeline.history import read_runs
from pipeline.paths import CHECKOUT, Project
from seeders.contracts import TABLES

ALONE: Final = (
    "--preset",
    "seeds",
    *("--set", "subscription.customers=0"),
    *("--set", "trade.accounts=0"),
    *("--set", "utility.customers=0"),
)
"""The other walks off: what is left is what the meters cost."""

READINGS: Final = "raw_metering.readings"


@dataclass(frozen=True)
class Seeding:
    """What it took to seed a year of some meters.

    Attributes:
        meters: How many places have one.
        readings: Hourly readings, those of feeders among them.
        rows: Rows in all raw tables.
        seconds: From the command's first work to the published file.
        cpu_seconds: Work of the process on all cores.
        peak_bytes: Most memory it held at once.
        file_bytes: Size of the published file.
    """

    meters: int
    readings: int
    rows: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    file_bytes: int


def seed_year(meters: int) -> Seeding:
    """Seed a year of a number of meters in a directory that is removed afterwards.

    Args:
        meters: How many.

    Raises:
        RuntimeError: If the command failed; its own words are part of the message.
    """
    with place_of_its_own() as place:
        project = Project(CHECKOUT, place / "warehouse.duckdb")
        settings = (*ALONE, "--set", f"metering.meters={meters}")
        cost = run_child("pipeline.cli", ("seed", *settings), place)
        run = read_runs(project.runs, at_work=False)[-1]
        with duckdb.connect(str(project.warehouse), read_only=True) as connection:
            counts = {name: len(connection.table(name)) for name in TABLES}
        return Seeding(
            meters=meters,
            readings=counts[READINGS],
            rows=sum(counts.values()),
            seconds=run.seconds or 0.0,
            cpu_seconds=cost.cpu_seconds,
            peak_bytes=cost.peak_bytes,
            file_bytes=project.warehouse.stat().st_size,
        )
