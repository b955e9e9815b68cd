"""Worlds of smart meters alone, built as far as the scorecard of anomalies, and read off it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks.child import place_of_its_own, run_child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALONE: Final = ("subscription.customers=0", "trade.accounts=0", "utility.customers=0")
"""The other lines of business off: what is left are meters."""

ANOMALIES: Final = ("energy_theft", "meter_failure")

PLACES: Final[dict[str, tuple[str, ...]]] = {
    "changing": (),
    "unchanging": tuple(
        f"metering.{rate}=0"
        for rate in (
            "vacancy_rate",
            "new_tenant_rate",
            "holiday_rate",
            "solar_share",
            "heat_pump_share",
            "car_share",
        )
    ),
}
"""Whether places change, and the settings that make it so."""


@dataclass(frozen=True)
class Count:
    """What was found of some faults.

    Attributes:
        injected: Faults that could be seen.
        found: Those of them that were flagged.
        wrong: Meters flagged without a fault.
    """

    injected: int
    found: int
    wrong: int = 0

    def __add__(self, other: Count) -> Count:
        """Count both together."""
        return Count(
            self.injected + other.injected, self.found + other.found, self.wrong + other.wrong
        )

    @property
    def recall(self) -> float:
        """Share of the faults that were found."""
        return self.found / max(self.injected, 1)

    @property
    def precision(self) -> float:
        """Share of what was flagged that is a fault."""
        return self.found / max(self.found + self.wrong, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.found / max(self.injected + self.found + self.wrong, 1)


@dataclass(frozen=True)
class Scores:
    """What the scorecard of one world says.

    Attributes:
        root_seed: Of the world.
        totals: By kind of anomaly.
        methods: By method of theft.
        build_seconds: From raw rows to the scorecard.
    """

    root_seed: int
    totals: dict[str, Count]
    methods: dict[str, Count]
    build_seconds: float


def score_world(root_seed: int, meters: int, settings: Sequence[str] = ()) -> Scores:
    """Simulate a world in a directory that is removed afterwards, build it and read its scorecard.

    Args:
        root_seed: Of the world.
        meters: How many it has.
        settings: More of what `--set` takes.

    Raises:
        RuntimeError: If a command failed; its own words are part of the message.
    """
    with place_of_its_own() as place:
        given = [word for each in (*ALONE, *settings) for word in ("--set", each)]
        size = ("--set", f"metering.meters={meters}")
        seed = ("seed", "--preset", "seeds", "--seed", str(root_seed), *given, *size)
        run_child("pipeline.cli", seed, place)
        cost = run_child(
            "dbt.cli.main", ("--quiet", "run", "--select", "+fct_anomaly_scorecard"), place
        )
        totals, methods = read_scorecard(place / "warehouse.duckdb")
        return Scores(root_seed, totals, methods, cost.seconds)


def read_scorecard(warehouse: Path) -> tuple[dict[str, Count], dict[str, Count]]:
    """Read what was found, by kind of anomaly and by method of theft."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select anomaly_type, method, injected, found, coalesce(false_positives, 0)"
            " from metering.fct_anomaly_scorecard order by anomaly_type, method"
        ).fetchall()
    totals = {kind: Count(*counts) for kind, method, *counts in rows if method == "all"}
    methods = {
        method: Count(*counts)
        for kind, method, *counts in rows
        if kind == "energy_theft" and method != "all"
    }
    return totals, methods
