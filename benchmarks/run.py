"""Measures every scale, prints the tables and writes them to results.md."""

from __future__ import annotations

import os
import platform
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from dbt.version import __version__ as dbt_version

from benchmarks.measure import Measurement, Scale, Step, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESULTS = Path(__file__).with_name("results.md")
SLOWEST = 8
WIDTH = 80
NAME_WIDTH = 28

PRESETS = (
    Scale("demo", ("--preset", "demo")),
    Scale("seeds", ("--preset", "seeds")),
)
GROWTH = tuple(
    Scale(f"{customers:,}", ("--preset", "seeds", "--set", f"subscription.customers={customers}"))
    for customers in (20_000, 200_000)
)


def main() -> None:
    """Measure, print, record."""
    measured = []
    for scale in (*PRESETS, *GROWTH):
        print(f"measuring {scale.name} ...", file=sys.stderr)
        measured.append(measure(scale))
    page = render(measured[: len(PRESETS)], measured[len(PRESETS) :])
    print(page)
    RESULTS.write_text(page, encoding="utf-8")


def render(presets: Sequence[Measurement], growth: Sequence[Measurement]) -> str:
    """The page: steps of every scale, the growth of each step, the slowest models.

    Args:
        presets: Any number of scales.
        growth: Two scales, the smaller first.
    """
    small, large = growth
    ratio = large.rows / small.rows
    slowest = list(large.nodes)[:SLOWEST]
    scales = (*presets, *growth)
    parts = [
        "# Benchmark",
        "",
        _setting(),
        "",
        *_paragraph(
            "`seconds` run from a command's first work to the published file; `memory` is the peak"
            " of its process; `rows` are raw rows. A number as scale counts subscription customers."
        ),
        "",
        *_table(
            ("scale", "step", "rows", "seconds", "rows/s", "memory"),
            [row for measurement in scales for row in _step_rows(measurement)],
        ),
        "",
        "## Growth",
        "",
        *_paragraph(
            f"From {small.scale.name} to {large.scale.name} customers the raw rows grow {ratio:.1f}"
            f" times, to {large.rows:,} ({large.invoices:,} invoices, a file of"
            f" {_size(large.file_bytes)}). Growth is linear where the ratio of the seconds is no"
            " higher than that; where it is lower, fixed costs still show."
        ),
        "",
        *_table(
            ("step", *(measured.scale.name for measured in scales), "ratio"),
            [
                _growth_row("seed", [measured.seed.seconds for measured in scales]),
                _growth_row("build", [measured.build.seconds for measured in scales]),
                *(
                    _growth_row(name, [measured.nodes.get(name, 0.0) for measured in scales])
                    for name in slowest
                ),
            ],
        ),
        "",
        *_paragraph(
            f"Below seed and build stand the {SLOWEST} slowest models of the largest build, in"
            " seconds; the slowest of them takes in"
            f" {large.rows / large.nodes[slowest[0]]:,.0f} raw rows a second."
        ),
        "",
        *_paragraph(
            f"The models and tests of the larger build took {large.query_seconds:,.1f} s, added up"
            f" over dbt's threads, of {large.build.seconds:,.1f} s on the clock; those of the"
            f" smaller {small.query_seconds:,.1f} s of {small.build.seconds:,.1f} s."
        ),
        "",
    ]
    return "\n".join(parts)


def _paragraph(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False)


def _setting() -> str:
    cores = os.cpu_count() or 1
    return (
        f"{cores} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__},"
        f" dbt {dbt_version}."
    )


def _step_rows(measurement: Measurement) -> Iterable[tuple[str, ...]]:
    for step in (measurement.seed, measurement.build):
        yield (
            measurement.scale.name,
            step.command,
            f"{measurement.rows:,}",
            f"{step.seconds:,.1f}",
            _speed(measurement.rows, step),
            _size(step.peak_bytes),
        )


def _speed(rows: int, step: Step) -> str:
    return f"{rows / step.seconds:,.0f}" if step.seconds else "-"


def _size(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"


def _growth_row(name: str, seconds: Sequence[float]) -> tuple[str, ...]:
    """One step's seconds at every scale, and the growth between the last two."""
    *_, small, large = seconds
    ratio = f"{large / small:.1f}" if small else "-"
    return (name[:NAME_WIDTH], *(f"{value:,.2f}" for value in seconds), ratio)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table whose columns are aligned as text, too: names left, numbers right."""
    left = {"scale", "step"}
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    aligned = [
        [
            cell.ljust(width) if name in left else cell.rjust(width)
            for cell, width, name in zip(row, widths, header, strict=True)
        ]
        for row in (header, *rows)
    ]
    rule = [
        "-" * width if name in left else "-" * (width - 1) + ":"
        for width, name in zip(widths, header, strict=True)
    ]
    lines = [aligned[0], rule, *aligned[1:]]
    return ["| " + " | ".join(line) + " |" for line in lines]


if __name__ == "__main__":
    main()
