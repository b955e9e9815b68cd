"""Scores of several worlds as tables."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from benchmarks.metering_detection.scoring import ANOMALIES, Count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.metering_detection.scoring import Scores


def render(meters: int, places: str, scores: Sequence[Scores]) -> str:
    """Put the scores of worlds of one size into tables: by kind of anomaly, and by method of theft.

    Args:
        meters: How many each world has.
        places: Whether its places are `changing` or not.
        scores: Of each world.
    """
    lines = [f"{meters:,} meters a world, one year of hourly readings each, {places} places.", ""]
    lines += [
        "| anomaly | world | faults | found | wrong | precision | recall | F1 |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    means = []
    for kind in ANOMALIES:
        lines += [_row(kind, str(each.root_seed), each.totals[kind]) for each in scores]
        together = sum((each.totals[kind] for each in scores), Count(0, 0))
        lines.append(_row(kind, "all", together))
        worst = min(each.totals[kind].f1 for each in scores)
        middle = mean(each.totals[kind].f1 for each in scores)
        means.append(
            f"{kind}: F1 {middle:.3f} in the mean of the worlds, {worst:.3f} at the least."
        )
    lines += ["", *means]
    lines += ["", "| method of theft | faults | found | recall |", "|---|--:|--:|--:|"]
    for method in sorted({method for each in scores for method in each.methods}):
        count = sum((each.methods.get(method, Count(0, 0)) for each in scores), Count(0, 0))
        lines.append(f"| {method} | {count.injected} | {count.found} | {count.recall:.2f} |")
    slowest = max(each.build_seconds for each in scores)
    lines += ["", f"From raw rows to the scorecard: {slowest:.0f} s at most."]
    return "\n".join(lines)


def _row(kind: str, world: str, count: Count) -> str:
    counts = (count.injected, count.found, count.wrong)
    rated = (f"{value:.3f}" for value in (count.precision, count.recall, count.f1))
    return "| " + " | ".join([kind, world, *map(str, counts), *rated]) + " |"
