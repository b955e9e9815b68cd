"""The part on seeding and building is readable in a terminal, whatever was measured."""

from __future__ import annotations

from benchmarks.building.measure import Measurement, Scale, Step
from benchmarks.building.report import render
from benchmarks.page import WIDTH


def measurement(customers: int) -> Measurement:
    return Measurement(
        scale=Scale(f"{customers:,}", ()),
        rows=40 * customers,
        invoices=12 * customers,
        file_bytes=800 * customers,
        seed=Step("seed", customers / 50_000, 10_000 * customers),
        build=Step("build", customers / 10_000, 20_000 * customers),
        query_seconds=customers / 9_000,
        nodes={"accepted_values_with_a_name_" + "x" * 80: customers / 20_000, "fct_invoices": 1.0},
    )


def test_the_page_fits_80_columns() -> None:
    page = render([measurement(200)], [measurement(20_000), measurement(200_000)])
    assert max(map(len, page.splitlines())) <= WIDTH


def test_growth_is_the_ratio_of_the_seconds() -> None:
    page = render([], [measurement(20_000), measurement(200_000)])
    (row,) = [line for line in page.splitlines() if line.startswith("| build ") and ".00" in line]
    assert [cell.strip() for cell in row.strip("| ").split("|")] == [
        "build",
        "2.00",
        "20.00",
        "10.0",
    ]
    assert "grow 10.0 times" in page.replace("\n", " ")
