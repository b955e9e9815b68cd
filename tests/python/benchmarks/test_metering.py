"""The part on smart meters says what holds and what does not."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.metering.measure import Seeding
from benchmarks.metering.report import render
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
