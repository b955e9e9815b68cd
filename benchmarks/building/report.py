"""Measures every scale, and says what came out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from benchmarks.building.measure import Measurement, Scale, Step, measure
from benchmarks.page import NAME_WIDTH, paragraph, ratio, setting, size, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SLOWEST = 8
NAMES = ("scale", "step")

PRESETS = (
    Scale("demo", ("--preset", "demo")),
    Scale("seeds", ("--preset", "seeds")),
)
GROWTH = tuple(
    Scale(f"{customers:,}", ("--preset", "seeds", "--set", f"subscription.customers={customers}"))
    for customers in (20_000, 200_000)
)


def report() -> str:
    """Measure all scales and report them as Markdown."""
    measured = []
    for scale in (*PRESETS, *GROWTH):
        print(f"measuring {scale.name} ...", file=sys.stderr)
        measured.append(measure(scale))
    return render(measured[: len(PRESETS)], measured[len(PRESETS) :])


def render(presets: Sequence[Measurement], growth: Sequence[Measurement]) -> str:
    """The page: steps of every scale, the growth of each step, the slowest models.

    Args:
        presets: Any number of scales.
        growth: Two scales, the smaller first.
    """
    small, large = growth
    slowest = list(large.nodes)[:SLOWEST]
    scales = (*presets, *growth)
    parts = [
        "## Seeding and building",
        "",
        setting(),
        "",
        *paragraph(
            "`seconds` run from a command's first work to the published file; `memory` is the peak"
            " of its process; `rows` are raw rows. A number as scale counts subscription customers."
        ),
        "",
        *table(
            ("scale", "step", "rows", "seconds", "rows/s", "memory"),
            [row for measurement in scales for row in _step_rows(measurement)],
            left=NAMES,
        ),
        "",
        "### With dbt and without",
        "",
        *paragraph(
            "CPU seconds of `warehouse build`, of the same models and tests in one connection, and their"
            " ratio. The project was parsed before."
        ),
        "",
        *table(
            ("scale", "with dbt", "without", "ratio"),
            [_dbt_row(measurement) for measurement in scales],
            left=NAMES,
        ),
        "",
        "### Growth",
        "",
        *paragraph(
            f"From {small.scale.name} to {large.scale.name} customers the raw rows grow"
            f" {ratio(large.rows, small.rows)} times, to {large.rows:,} ({large.invoices:,}"
            f" invoices, a file of {size(large.file_bytes)}). Growth is linear where the ratio of the seconds is no"
            " higher than that; where it is lower, fixed costs still show."
        ),
        "",
        *table(
            ("step", *(measured.scale.name for measured in scales), "ratio"),
            [
                _growth_row("seed", [measured.seed.seconds for measured in scales]),
                _growth_row("build", [measured.build.seconds for measured in scales]),
                *(
                    _growth_row(name, [measured.nodes.get(name, 0.0) for measured in scales])
                    for name in slowest
                ),
            ],
            left=NAMES,
        ),
        "",
        *paragraph(
            f"Below seed and build stand the {SLOWEST} slowest models of the largest build, in"
            " seconds; the slowest of them takes in"
            f" {large.rows / large.nodes[slowest[0]]:,.0f} raw rows a second."
        ),
        "",
        *paragraph(
            f"The models and tests of the larger build took {large.query_seconds:,.1f} s, added up"
            f" over dbt's threads, of {large.build.seconds:,.1f} s on the clock; those of the"
            f" smaller {small.query_seconds:,.1f} s of {small.build.seconds:,.1f} s."
        ),
        "",
    ]
    return "\n".join(parts)


def _step_rows(measurement: Measurement) -> Iterable[tuple[str, ...]]:
    for step in (measurement.seed, measurement.build):
        yield (
            measurement.scale.name,
            step.command,
            f"{measurement.rows:,}",
            f"{step.seconds:,.1f}",
            _speed(measurement.rows, step),
            size(step.peak_bytes),
        )


def _dbt_row(measurement: Measurement) -> tuple[str, ...]:
    with_dbt, without = measurement.build.cpu_seconds, measurement.bare_cpu_seconds
    return (
        measurement.scale.name,
        f"{with_dbt:,.1f}",
        f"{without:,.1f}",
        ratio(with_dbt, without),
    )


def _speed(rows: int, step: Step) -> str:
    return f"{rows / step.seconds:,.0f}" if step.seconds else "-"


def _growth_row(name: str, seconds: Sequence[float]) -> tuple[str, ...]:
    """One step's seconds at every scale, and the growth between the last two."""
    *_, small, large = seconds
    return (name[:NAME_WIDTH], *(f"{value:,.2f}" for value in seconds), ratio(large, small))
