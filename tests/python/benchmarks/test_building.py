"""The part on seeding and building is readable in a terminal, whatever was measured."""

from __future__ import annotations

from typing import Any

from benchmarks.building.bare import statements
from benchmarks.building.measure import Measurement, Scale, Step
from benchmarks.building.report import render
from benchmarks.page import WIDTH


def measurement(customers: int) -> Measurement:
    return Measurement(
        scale=Scale(f"{customers:,}", ()),
        rows=40 * customers,
        invoices=12 * customers,
        file_bytes=800 * customers,
        seed=Step("seed", customers / 50_000, 10_000 * customers, customers / 40_000),
        build=Step("build", customers / 10_000, 20_000 * customers, customers / 5_000),
        query_seconds=customers / 9_000,
        nodes={"accepted_values_with_a_name_" + "x" * 80: customers / 20_000, "fct_invoices": 1.0},
        bare_cpu_seconds=customers / 15_000,
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


def test_what_dbt_costs_is_the_ratio_to_the_same_sql_without_it() -> None:
    page = render([measurement(200)], [measurement(20_000), measurement(200_000)])
    _, section = page.split("### With dbt and without")
    (row,) = [line for line in section.split("###")[0].splitlines() if line.startswith("| 200,000")]
    cells = [cell.strip() for cell in row.strip("| ").split("|")]
    assert cells == ["200,000", "40.0", "13.3", "3.0"]


def test_the_sql_alone_is_run_in_the_order_of_its_needs() -> None:
    def node(kind: str, name: str, *needs: str, materialized: str = "table") -> dict[str, Any]:
        return {
            "resource_type": kind,
            "schema": "core",
            "alias": name,
            "config": {"materialized": materialized},
            "depends_on": {"nodes": list(needs)},
            "compiled_code": f"select '{name}'",
        }

    nodes = {
        "t": node("test", "t", "b"),
        "b": node("model", "b", "a", materialized="view"),
        "s": node("snapshot", "s", "b", materialized="snapshot"),
        "a": node("model", "a"),
    }
    assert list(statements({"nodes": nodes})) == [
        "create or replace table core.a as select 'a'",
        "create or replace view core.b as select 'b'",
        "create or replace temporary table s as select 's'",
        "select count(*) from (select 't'\n) as failed",
    ]
