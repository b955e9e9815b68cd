"""Measures growing numbers of customers, and says what came out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.page import NAME_WIDTH, paragraph, ratio, setting, size, table
from benchmarks.utility.measure import build_cycles, seed_cycles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.building.measure import Measurement
    from benchmarks.utility.measure import Seeding

GROWTH_TOLERANCE: Final = 1.2
"""Seconds a row may grow by this much: caches are no law."""

ROWS_PER_SECOND: Final = 3_000_000
MEMORY: Final = 2 * 2**30

_SLOWEST: Final = 12
_NAMES: Final = ("what", "holds", "model")


@dataclass(frozen=True)
class Customers:
    """What to measure: growing numbers of customers, to be seeded, and to be built as well."""

    seeded: tuple[int, ...] = (3_000, 30_000, 300_000)
    built: tuple[int, ...] = (3_000, 30_000)


def report(customers: Customers) -> str:
    """Measure all sizes, each once, and report them as Markdown."""
    idle = seed_cycles(0)
    seeded = []
    for count in customers.seeded:
        print(f"seeding the cycles of {count:,} customers ...", file=sys.stderr)
        seeded.append(seed_cycles(count))
    built = []
    for count in customers.built:
        print(f"building the cycles of {count:,} customers ...", file=sys.stderr)
        built.append(build_cycles(count))
    return render(idle, seeded, built)


def render(idle: Seeding, seeded: Sequence[Seeding], built: Sequence[Measurement]) -> str:
    """The part of the page: what was promised, each size, the slowest models.

    Args:
        idle: Cycles without customers: what seeding takes in any case.
        seeded: At least two growing sizes.
        built: At least two growing sizes.
    """
    parts = [
        "## Billing cycles",
        "",
        setting(),
        "",
        *paragraph(
            "72 cycles of 30 days of utility customers, other lines of business off. `s` are seconds"
            " from the start of `warehouse seed` to the published file, `net` the rows a second without the"
            f" {idle.seconds:,.1f} s (and {idle.cpu_seconds:,.1f} CPU s) that seeding nobody takes."
            " `CPU s` is the work of the process on all cores, `memory` its peak. The largest file has"
            f" {size(seeded[-1].file_bytes)}."
        ),
        "",
        *table(("what", "limit", "measured", "holds"), _claims(idle, seeded), left=_NAMES),
        "",
        *table(
            ("customers", "rows", "s", "rows/s", "net", "CPU s", "memory"),
            [_size_row(idle, measured) for measured in seeded],
            left=_NAMES,
        ),
        "",
        *_build_parts(built),
    ]
    return "\n".join(parts)


def _claims(idle: Seeding, seeded: Sequence[Seeding]) -> list[tuple[str, str, str, str]]:
    """Name, limit, what was measured and whether it holds."""
    small, large = seeded[0], seeded[-1]
    fastest = max(seeded, key=_speed)
    limit = GROWTH_TOLERANCE * large.rows / small.rows
    growth = (large.seconds - idle.seconds) / (small.seconds - idle.seconds)
    peak = max(measured.peak_bytes for measured in seeded)
    return [
        (
            f"rows/s, {fastest.customers:,} customers",
            f"{ROWS_PER_SECOND:,}",
            f"{_speed(fastest):,.0f}",
            _holds(_speed(fastest) >= ROWS_PER_SECOND),
        ),
        (
            f"seconds, {small.customers:,} to {large.customers:,}",
            f"{limit:,.1f}x",
            f"{growth:,.1f}x",
            _holds(growth <= limit),
        ),
        ("peak memory", size(MEMORY), size(peak), _holds(peak <= MEMORY)),
    ]


def _size_row(idle: Seeding, measured: Seeding) -> tuple[str, ...]:
    beyond = measured.seconds - idle.seconds
    return (
        f"{measured.customers:,}",
        f"{measured.rows:,}",
        f"{measured.seconds:,.1f}",
        f"{_speed(measured):,.0f}",
        f"{measured.rows / beyond:,.0f}" if beyond > 0 else "-",
        f"{measured.cpu_seconds:,.1f}",
        size(measured.peak_bytes),
    )


def _build_parts(built: Sequence[Measurement]) -> list[str]:
    small, large = built[0], built[-1]
    slowest = list(large.nodes)[:_SLOWEST]
    return [
        "### Building them",
        "",
        *paragraph(
            f"From {small.scale.name} to {large.scale.name} customers the bills grow"
            f" {ratio(large.invoices, small.invoices)} times, to {large.invoices:,}. The build, tests"
            f" included, takes {small.build.seconds:,.1f} s and {size(small.build.peak_bytes)}, then"
            f" {large.build.seconds:,.1f} s and {size(large.build.peak_bytes)}. The slowest models,"
            " seconds:"
        ),
        "",
        *table(
            ("model", small.scale.name, large.scale.name, "ratio"),
            [
                (
                    name[:NAME_WIDTH],
                    f"{small.nodes.get(name, 0.0):,.2f}",
                    f"{large.nodes[name]:,.2f}",
                    ratio(large.nodes[name], small.nodes.get(name, 0.0)),
                )
                for name in slowest
            ],
            left=_NAMES,
        ),
        "",
    ]


def _speed(measured: Seeding) -> float:
    return measured.rows / measured.seconds if measured.seconds else 0.0


def _holds(is_so: bool) -> str:  # noqa: FBT001
    return "yes" if is_so else "no"
