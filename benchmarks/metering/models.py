"""The metering part alone: its seeding, its models and their tests, and one more month of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Final

from benchmarks.child import Cost, place_of_its_own, run_child
from benchmarks.metering.measure import ALONE

PART: Final = tuple(
    f"path:models/{layer}/metering" for layer in ("staging", "intermediate", "marts")
)
"""What is measured: what metering has of its own. What it reads of others is built before."""


@dataclass(frozen=True)
class Building:
    """What the metering part took for a year of some meters.

    Attributes:
        meters: How many places have one.
        seed: Seeding, with Python's start.
        build: All its models from scratch, and their data tests, with dbt's start.
        advance: One more month of raw rows.
        update: The same models and tests after that month.
    """

    meters: int
    seed: Cost
    build: Cost
    advance: Cost
    update: Cost


def build_part(meters: int) -> Building:
    """Measure the part in a directory that is removed afterwards.

    Args:
        meters: How many.

    Raises:
        RuntimeError: If a command failed; its own words are part of the message.
    """
    with place_of_its_own() as place:

        def run(command: str, *arguments: str) -> Cost:
            return run_child("pipeline.cli", (command, *arguments), place)

        seed = run("seed", *ALONE, "--set", f"metering.meters={meters}")
        # what the part reads of others, and the parsed project
        run("build")
        selected = ("--select", " ".join(PART))
        warehouse, as_built = place / "warehouse.duckdb", place / "as_built"
        shutil.copyfile(warehouse, as_built)
        build = run("build", "--full-refresh", *selected)
        # building everything once more leaves gaps in the file, which all that follow would copy
        as_built.replace(warehouse)
        return Building(
            meters=meters,
            seed=seed,
            build=build,
            advance=run("advance", "--months", "1"),
            update=run("build", *selected),
        )
