"""The part on smart meters says what holds and what does not."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.child import Cost
from benchmarks.metering.measure import Seeding
from benchmarks.metering.models import Building
from benchmarks.metering.report import render, render_models
from benchmarks.page import WIDTH

IDLE = Seeding(0, 0, 0, seconds=1.0, cpu_seconds=1.5, peak_bytes=2**27, file_bytes=2**22)


def seeding(meters: int, seconds: float) -> Seeding:
    return Seeding(
        meters=meters,
        readings=9_000 * meters,
        rows=9_700 * meters,
        seconds=seconds,
        cpu_seconds=1.8 * seconds,
        peak_bytes=2**30,
        file_bytes=110_000 * meters,
    )


SEEDED = (seeding(1_000, 2.5), seeding(10_000, 15.0))


def verdicts(page: str) -> list[str]:
    rows = [line.strip("| ").split("|") for line in page.splitlines() if line.startswith("|")]
    return [cells[-1].strip() for cells in rows if cells[-1].strip() in {"yes", "no"}]


def test_the_page_fits_80_columns() -> None:
    assert max(map(len, render(IDLE, SEEDED).splitlines())) <= WIDTH


def test_what_seeding_nobody_takes_is_left_out() -> None:
    page = render(IDLE, SEEDED)
    assert "6,428,571" in page
    assert "9.3x" in page
    assert verdicts(page) == ["yes", "yes", "yes"]


def test_what_does_not_hold_is_told() -> None:
    slow = replace(SEEDED[1], seconds=25.0, peak_bytes=2**31)
    assert verdicts(render(IDLE, (SEEDED[0], slow))) == ["no", "no", "no"]


def building(meters: int, work: float) -> Building:
    """A part whose models cost so many CPU seconds beyond dbt's own five, a month a twelfth of it."""

    def cost(cpu: float) -> Cost:
        return Cost(seconds=0.7 * cpu, cpu_seconds=cpu, peak_bytes=2**30)

    return Building(meters, cost(2), cost(5 + work), cost(1 + work / 100), cost(5 + work / 12))


STILL, BUILT = building(0, 0.0), (building(100, 4.0), building(1_000, 44.0))


def test_models_are_told_without_what_dbt_takes_in_any_case() -> None:
    page = render_models(STILL, BUILT)
    assert max(map(len, page.splitlines())) <= WIDTH
    assert "11.0" in page
    assert "0.01" in page
    assert "0.09" in page
    assert verdicts(page) == ["yes", "yes", "yes", "yes", "yes"]


def test_models_that_are_too_slow_are_told() -> None:
    dear = replace(BUILT[1], update=replace(BUILT[1].build, peak_bytes=2**32))
    slow = replace(BUILT[0], seed=Cost(seconds=30, cpu_seconds=30, peak_bytes=1))
    assert verdicts(render_models(STILL, (slow, dear))) == ["no", "yes", "yes", "no", "no"]
