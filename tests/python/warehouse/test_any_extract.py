"""Nothing that staging accepts fails the build: random extracts out of all raw tables are always published.

A failure is cut down and printed as a call that can be pasted into a test. What it finds is mended where it comes
from: a reason or an alert in staging, a finding, or a model that knows what to make of it.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.building import read_coverage
from seeders.writer import create_raw_tables
from tests.python.warehouse.any_extract import MONEYS, any_extract, smallest
from tests.python.warehouse.compiled_estate import land
from tests.python.warehouse.whole_extract import fails_like, published

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.warehouse.any_extract import Extract
    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

# `make fuzz` asks for more rounds, from a seed of its own.
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
EXTRACTS_A_ROUND = 50
PUBLISHED = 3
ROWS_TO_PUBLISH = 80


@pytest.mark.parametrize("root", range(SEED, SEED + ROUNDS))
def test_any_extract_is_published(estate: Estate, root: int) -> None:
    """Every model is made and every data test holds; each row is accepted or rejected, money comes out as it went in."""
    accepted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    failed: dict[str, Extract] = {}
    told: list[str] = []
    for number in range(EXTRACTS_A_ROUND):
        extract = any_extract(root, number)
        failure, judged = published(estate, extract)
        if failure is not None:
            failed.setdefault(failure.kind, extract)
            told.append(f"extract {number} of seed {root}: {failure.kind}: {failure.said}")
            continue
        for table, rows in judged.items():
            accepted[table] += rows.accepted
            rejected[table] += rows.rejected
    for kind, extract in failed.items():
        left = smallest(extract, partial(fails_like, estate, kind))
        told.append(f"the smallest that shows {kind}:\n{left!r}")
    if told:
        pytest.fail("\n\n".join(told), pytrace=False)
    # extracts of which nothing is good, or nothing bad, would prove little
    assert [table for table in accepted if not accepted[table] or not rejected[table]] == []
    few = [t for t in accepted if accepted[t] + rejected[t] < EXTRACTS_A_ROUND]
    assert few == []


def test_an_extract_follows_from_seed_and_number() -> None:
    """Whatever was drawn before it; another number is another extract."""
    assert any_extract(1, 7) == any_extract(1, 7) != any_extract(1, 8) != any_extract(2, 8)


def test_what_fails_is_cut_down_to_what_shows_it() -> None:
    """Tables, rows and values that have no part in it are gone."""

    def has_a_sum_beyond_money(extract: Extract) -> bool:
        return any(
            row.get("amount") == MONEYS[-1] for rows in extract.rows.values() for row in rows
        )

    shows = next(e for n in range(60) if has_a_sum_beyond_money(e := any_extract(1, n)))
    left = smallest(shows, has_a_sum_beyond_money)
    assert [
        rows for name, rows in left.rows.items() if not name.startswith("raw_control.") and rows
    ] == [[{"amount": MONEYS[-1]}]]


def test_some_extracts_go_through_the_whole_build(workshop: Workshop, estate: Estate) -> None:
    """And every table dbt makes of them is the one that is made here, row by row, on which every data test holds.

    The first is tested by dbt as well; the others would only repeat that.
    """
    large = (
        extract
        for extract in map(partial(any_extract, SEED), count())
        if sum(map(len, extract.rows.values())) >= ROWS_TO_PUBLISH
    )
    for number, extract in enumerate(islice(large, PUBLISHED)):
        project = workshop.project(f"any-extract-{number}")
        with duckdb.connect(str(project.warehouse)) as connection:
            create_raw_tables(connection)
            land(connection, extract.rows, extract.extracted_on)
        # a day before all that the extracts know is refused, not built
        known = read_coverage(project.warehouse)
        as_of = extract.as_of if known.first is None or known.first <= extract.as_of else known.last
        built = (workshop.make if number else workshop.build)(project, as_of)
        estate.run(extract.rows, as_of, extracted_on=extract.extracted_on)
        assert estate.broken() == []
        assert differing_tables(estate, built) == []


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
