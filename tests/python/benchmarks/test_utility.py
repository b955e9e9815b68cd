"""The part on billing cycles says what holds and what does not."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.building.measure import Measurement, Scale, Step
from benchmarks.page import WIDTH
from benchmarks.utility.measure import Seeding
from benchmarks.utility.report import render

IDLE = Seeding(0, 0, 0, seconds=1.0, cpu_seconds=1.5, peak_bytes=2**27, file_bytes=2**22)


def seeding(customers: int, seconds: float) -> Seeding:
    return Seeding(
        customers=customers,
        rows=800 * customers,
        bills=200 * customers,
        seconds=seconds,
        cpu_seconds=1.8 * seconds,
        peak_bytes=2**30,
        file_bytes=20_000 * customers,
    )


def built(customers: int) -> Measurement:
    return Measurement(
        scale=Scale(f"{customers:,}", ()),
        rows=800 * customers,
        invoices=200 * customers,
        file_bytes=20_000 * customers,
        seed=Step("seed", 1.0, 2**30, 1.0),
        build=Step("build", customers / 100, 2**31, customers / 60),
        bare_cpu_seconds=customers / 100,
        query_seconds=1.0,
        nodes={"int_" + "x" * 60: customers / 300, "fct_invoices": customers / 600},
    )


SEEDED = (seeding(3_000, 1.8), seeding(300_000, 79.0))
BUILT = (built(3_000), built(30_000))


def verdicts(page: str) -> list[str]:
    rows = [line.strip("| ").split("|") for line in page.splitlines() if line.startswith("|")]
    return [cells[-1].strip() for cells in rows if cells[-1].strip() in {"yes", "no"}]


def test_the_page_fits_80_columns() -> None:
    assert max(map(len, render(IDLE, SEEDED, BUILT).splitlines())) <= WIDTH


def test_growth_is_told_without_what_seeding_nobody_takes() -> None:
    page = render(IDLE, SEEDED, BUILT)
    assert "97.5x" in page
    assert "120.0x" in page
    assert verdicts(page) == ["yes", "yes", "yes"]


def test_what_does_not_hold_is_told() -> None:
    slow = replace(SEEDED[1], seconds=200.0, peak_bytes=2**32)
    assert verdicts(render(IDLE, (SEEDED[0], slow), BUILT)) == ["no", "no", "no"]
