"""Measures growing numbers of smart meters, and says what came out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.metering.measure import seed_year
from benchmarks.page import paragraph, setting, size, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.metering.measure import Seeding

READINGS_PER_SECOND: Final = 6_000_000
MEMORY: Final = 1.5e9
GROWTH_TOLERANCE: Final = 1.2
"""Seconds a reading may grow by this much: caches are no law."""

_NAMES: Final = ("what", "holds")


@dataclass(frozen=True)
class Meters:
    """What to measure: growing numbers of meters."""

    seeded: tuple[int, ...] = (1_000, 10_000)


def report(meters: Meters) -> str:
    """Measure all sizes, each once, and tell it as Markdown."""
    idle = seed_year(0)
    seeded = []
    for count in meters.seeded:
        print(f"seeding a year of {count:,} meters ...", file=sys.stderr)
        seeded.append(seed_year(count))
    return render(idle, seeded)


def render(idle: Seeding, seeded: Sequence[Seeding]) -> str:
    """The part of the page: what was promised, and each size.

    Args:
        idle: No meters: what seeding takes in any case.
        seeded: At least two growing sizes.
    """
    parts = [
        "## Smart meters",
        "",
        setting(),
        "",
        *paragraph(
            "A year of hourly readings with their faults, outages, bills and truth, other lines of"
            " business off. `s` are seconds from the start of `warehouse seed` to the published file,"
            f" `net` the readings a second without the {idle.seconds:,.1f} s (and"
            f" {idle.cpu_seconds:,.1f} CPU s) that seeding nobody takes. `CPU s` is the work of the"
            " process on all cores, `memory` its peak. The largest file has"
            f" {size(seeded[-1].file_bytes)}."
        ),
        "",
        *table(("what", "limit", "measured", "holds"), _claims(idle, seeded), left=_NAMES),
        "",
        *table(
            ("meters", "readings", "all rows", "s", "net", "CPU s", "memory"),
            [_size_row(idle, measured) for measured in seeded],
            left=_NAMES,
        ),
        "",
    ]
    return "\n".join(parts)


def _claims(idle: Seeding, seeded: Sequence[Seeding]) -> list[tuple[str, str, str, str]]:
    """Name, limit, what was measured and whether it holds."""
    small, large = seeded[0], seeded[-1]
    limit = GROWTH_TOLERANCE * large.readings / small.readings
    growth = (large.seconds - idle.seconds) / (small.seconds - idle.seconds)
    speed = _net(idle, large)
    return [
        (
            f"readings/s net, {large.meters:,} meters",
            f"{READINGS_PER_SECOND:,}",
            f"{speed:,.0f}",
            _holds(speed >= READINGS_PER_SECOND),
        ),
        (
            f"seconds, {small.meters:,} to {large.meters:,}",
            f"{limit:,.1f}x",
            f"{growth:,.1f}x",
            _holds(growth <= limit),
        ),
        (
            "peak memory",
            size(round(MEMORY)),
            size(large.peak_bytes),
            _holds(large.peak_bytes <= MEMORY),
        ),
    ]


def _size_row(idle: Seeding, measured: Seeding) -> tuple[str, ...]:
    return (
        f"{measured.meters:,}",
        f"{measured.readings:,}",
        f"{measured.rows:,}",
        f"{measured.seconds:,.1f}",
        f"{_net(idle, measured):,.0f}",
        f"{measured.cpu_seconds:,.1f}",
        size(measured.peak_bytes),
    )


def _net(idle: Seeding, measured: Seeding) -> float:
    beyond = measured.seconds - idle.seconds
    return measured.readings / beyond if beyond > 0 else 0.0


def _holds(is_so: bool) -> str:  # noqa: FBT001
    return "yes" if is_so else "no"
