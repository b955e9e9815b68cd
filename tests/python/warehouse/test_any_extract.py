"""Nothing that staging accepts fails the build: random extracts out of all raw tables are always published.

A failure is shrunk and printed as a call that can be pasted into a test. What it finds is mended where it comes
from: a reason or an alert in staging, a finding, or a model that knows what to make of it.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import Phase, assume, given, seed, settings

from pipeline.building import read_coverage
from seeders.writer import create_raw_tables
from tests.python.warehouse.any_extract import QUIET, extracts
from tests.python.warehouse.compiled_estate import land
from tests.python.warehouse.whole_extract import publish_in_memory

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.warehouse.any_extract import Extract
    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

# `make fuzz` asks for more rounds, from a seed of its own.
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
EXTRACTS_A_ROUND = 50
# Of a round, this many tables may have rows of one verdict alone.
ONE_SIDED = 2
PUBLISHED = 3
ROWS_TO_PUBLISH = 80


@pytest.mark.parametrize("root", range(SEED, SEED + ROUNDS))
def test_any_extract_is_published(estate: Estate, root: int) -> None:
    """Every model is made and every data test holds; each row is accepted or rejected, money comes out as it went in."""
    accepted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()

    @seed(root)
    @settings(QUIET, max_examples=EXTRACTS_A_ROUND)
    @given(extracts())
    def publish(extract: Extract) -> None:
        for table, judged in publish_in_memory(estate, extract).items():
            accepted[table] += judged.accepted
            rejected[table] += judged.rejected

    publish()
    # extracts of which nothing is good, or nothing bad, would prove little
    few = [table for table, rows in (accepted + rejected).items() if rows < EXTRACTS_A_ROUND]
    one_sided = [table for table in accepted if not accepted[table] or not rejected[table]]
    assert len(one_sided) <= ONE_SIDED, one_sided
    assert few == []


def test_some_extracts_go_through_the_whole_build(workshop: Workshop, estate: Estate) -> None:
    """And every table dbt makes of them is the one that is made here, row by row."""
    built: list[Project] = []

    @seed(SEED)
    @settings(QUIET, max_examples=PUBLISHED, phases=[Phase.generate])
    @given(extracts())
    def build(extract: Extract) -> None:
        assume(sum(map(len, extract.rows.values())) >= ROWS_TO_PUBLISH)
        project = workshop.project(f"any-extract-{len(built)}")
        with duckdb.connect(str(project.warehouse)) as connection:
            create_raw_tables(connection)
            land(connection, extract.rows, extract.extracted_on)
        # a day before all that the extracts know is refused, not built
        known = read_coverage(project.warehouse)
        as_of = extract.as_of if known.first is None or known.first <= extract.as_of else known.last
        built.append(workshop.build(project, as_of))
        estate.run(extract.rows, as_of, extracted_on=extract.extracted_on)
        assert differing_tables(estate, built[-1]) == []

    build()
    assert len(built) == PUBLISHED


def differing_tables(estate: Estate, project: Project) -> list[str]:
    """The tables of a published warehouse that hold other rows than those of the estate."""
    estate.connection.execute(f"attach '{project.warehouse}' as built (read_only)")
    try:
        tables = estate.query(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where database_name = 'built' and schema_name not in ('snapshots')"
        )
        return [
            name
            for (name,) in tables
            if estate.query(
                f"(from warehouse.{name} except all from built.{name}) union all"
                f" (from built.{name} except all from warehouse.{name})"
            )
        ]
    finally:
        estate.connection.execute("detach built")
