"""Billing cycles of a number of customers: seeded into a file of their own, and built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from benchmarks.building.measure import Measurement, Scale, measure
from benchmarks.child import place_of_its_own, run_child
from pipeline.history import read_runs
from pipeline.paths import CHECKOUT, Project
from seeders.contracts import TABLES

_ALONE: Final = (
    "--preset",
    "seeds",
    "--set",
    "subscription.customers=0",
    "--set",
    "trade.accounts=0",
    "--set",
    "metering.meters=0",
)
"""The other lines of business off: what is left is what the cycles cost."""


@dataclass(frozen=True)
class Seeding:
    """What it took to seed some customers.

    Attributes:
        rows: Rows in all raw tables.
        bills: Those among them that are bills.
        seconds: From the command's first work to the published file.
        cpu_seconds: Work of the process on all cores.
        peak_bytes: Most memory it held at once.
        file_bytes: Size of the published file.
    """

    customers: int
    rows: int
    bills: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    file_bytes: int


def seed_cycles(customers: int) -> Seeding:
    """Seed all cycles of a number of customers in a directory that is removed afterwards.

    Raises:
        RuntimeError: If the command failed; its own words are part of the message.
    """
    with place_of_its_own() as place:
        project = Project(CHECKOUT, place / "warehouse.duckdb")
        cost = run_child("pipeline.cli", ("seed", *_arguments(customers)), place)
        run = read_runs(project.runs, at_work=False)[-1]
        with duckdb.connect(str(project.warehouse), read_only=True) as connection:
            counts = {name: len(connection.table(name)) for name in TABLES}
        return Seeding(
            customers=customers,
            rows=sum(counts.values()),
            bills=counts["raw_billing.invoices"],
            seconds=run.seconds or 0.0,
            cpu_seconds=cost.cpu_seconds,
            peak_bytes=cost.peak_bytes,
            file_bytes=project.warehouse.stat().st_size,
        )


def build_cycles(customers: int) -> Measurement:
    """Seed and build all cycles of a number of customers.

    Raises:
        RuntimeError: If a command failed; its own words are part of the message.
    """
    return measure(Scale(f"{customers:,}", _arguments(customers)))


def _arguments(customers: int) -> tuple[str, ...]:
    return (*_ALONE, "--set", f"utility.customers={customers}")
