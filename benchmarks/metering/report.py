"""Measures growing numbers of smart meters, and says what came out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.metering.measure import seed_year
from benchmarks.metering.models import build_part
from benchmarks.page import paragraph, setting, size, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.child import Cost
    from benchmarks.metering.measure import Seeding
    from benchmarks.metering.models import Building

READINGS_PER_SECOND: Final = 6_000_000
MEMORY: Final = 1.5e9
GROWTH_TOLERANCE: Final = 1.2
"""Seconds a reading may grow by this much: caches are no law."""

PART_SECONDS: Final = 20.0
PART_MEMORY: Final = 4e9
MONTH_SHARE: Final = 0.1

_NAMES: Final = ("what", "holds")


@dataclass(frozen=True)
class Meters:
    """What to measure: growing numbers of meters, to be seeded, and to be built as well."""

    seeded: tuple[int, ...] = (1_000, 10_000)
    built: tuple[int, ...] = (100, 1_000, 10_000)


def report(meters: Meters) -> str:
    """Measure all sizes, each once, and report them as Markdown."""
    idle = seed_year(0)
    seeded = []
    for count in meters.seeded:
        print(f"seeding a year of {count:,} meters ...", file=sys.stderr)
        seeded.append(seed_year(count))
    still = build_part(0)
    built = []
    for count in meters.built:
        print(f"building a year of {count:,} meters ...", file=sys.stderr)
        built.append(build_part(count))
    return render(idle, seeded) + "\n" + render_models(still, built)


def render_models(still: Building, built: Sequence[Building]) -> str:
    """The half of the part that is about models.

    Args:
        still: No meters: what dbt takes in any case.
        built: At least two growing sizes.
    """
    small, large = built[0], built[-1]
    advance = _beyond(large.advance, still.advance) / _beyond(large.build, still.build)
    update = _beyond(large.update, still.update) / _beyond(large.build, still.build)
    growth = _beyond(large.build, still.build) / _beyond(small.build, still.build)
    alone = small.seed.seconds + small.build.seconds
    peak = max(cost.peak_bytes for each in built for cost in (each.build, each.update))
    claims = [
        _claim(f"s, seed and build, {small.meters:,} meters", PART_SECONDS, alone, ",.1f"),
        _claim(
            f"CPU s, {small.meters:,} to {large.meters:,}",
            GROWTH_TOLERANCE * large.meters / small.meters,
            growth,
            ",.1f",
        ),
        _claim(f"advance of a build, {large.meters:,}", MONTH_SHARE, advance, ",.2f"),
        _claim("advance and update of it", MONTH_SHARE, advance + update, ",.2f"),
        ("peak memory", size(round(PART_MEMORY)), size(peak), _holds(peak <= PART_MEMORY)),
    ]
    parts = [
        "### The models of metering",
        "",
        *paragraph(
            "The models and data tests under `metering`, from staging to marts, on what they read of"
            " other parts; seconds from the start of the command to the published file. `build` makes"
            " the year from scratch, `advance` lets one more month arrive, `update` builds on top of"
            " what is held. Ratios are of CPU seconds, without those that no meters at all take"
            f" (of a build {still.build.cpu_seconds:,.1f}): dbt's own time."
        ),
        "",
        *table(("what", "limit", "measured", "holds"), claims, left=_NAMES),
        "",
        *table(
            ("meters", "step", "s", "CPU s", "memory"),
            [
                (f"{each.meters:,}", name, *_cost_row(getattr(each, name)))
                for each in (still, *built)
                for name in ("seed", "build", "advance", "update")
            ],
            left=("step",),
        ),
        "",
    ]
    return "\n".join(parts)


def _beyond(cost: Cost, still: Cost) -> float:
    """CPU seconds beyond an empty seeding; never zero."""
    return max(cost.cpu_seconds - still.cpu_seconds, 0.1)


def _claim(what: str, limit: float, measured: float, form: str) -> tuple[str, str, str, str]:
    return (what, format(limit, form), format(measured, form), _holds(measured <= limit))


def _cost_row(cost: Cost) -> tuple[str, str, str]:
    return (f"{cost.seconds:,.1f}", f"{cost.cpu_seconds:,.1f}", size(cost.peak_bytes))


def render(idle: Seeding, seeded: Sequence[Seeding]) -> str:
    """The half of the part that is about seeding: what was promised, and each size.

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
