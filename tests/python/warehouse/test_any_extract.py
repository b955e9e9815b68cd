"""Nothing that staging accepts fails the build: random extracts out of all raw tables are always published.

A failure is cut down and printed as a call that can be pasted into a test. What it finds is mended where it comes
from: a reason or an alert in staging, a finding, or a model that knows what to make of it.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.building import read_coverage
from seeders.writer import create_raw_tables
from tests.python.warehouse.any_extract import MONEYS, any_extract, smallest
from tests.python.warehouse.compiled_estate import ModelFailedError, land

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

# What staging made of the rows of each raw table.
JUDGED = """
    select source_table, sum(rows_in), sum(rows_accepted), sum(rows_rejected)
    from data_quality.fct_source_rows
    group by source_table
"""

# What went in and what became of it, by currency; a payment in full is worth what it was applied with.
MONEY = """
    with paid as (
        select currency, amount_paid, reversed_amount, applied_amount, unapplied_amount
        from core.fct_payments
    ),

    accepted as (
        select payments.currency, payments.amount_paid
        from staging.stg_payments__payments as payments
        cross join intermediate.int_as_of_date as as_of
        where payments.is_accepted and payments.amount_paid is not null
            and payments.payment_date <= as_of.as_of_date
        union all
        select paid.currency, paid.amount_paid
        from core.fct_payments as paid
        inner join staging.stg_payments__payments as payments
            on paid.payment_id = payments.payment_id
        where payments.is_accepted and payments.amount_paid is null
    )

    select
        coalesce(i.currency, o.currency) as currency,
        coalesce(i.amount, 0) as money_in,
        coalesce(o.amount, 0) as money_out
    from (select currency, sum(amount_paid) as amount from accepted group by currency) as i
    full join (
        select currency, sum(applied_amount + unapplied_amount + reversed_amount) as amount
        from paid group by currency
    ) as o using (currency)
    where coalesce(i.amount, 0) != coalesce(o.amount, 0)
"""


@pytest.mark.parametrize("root", range(SEED, SEED + ROUNDS))
def test_any_extract_is_published(estate: Estate, root: int) -> None:
    """Every model is made and every data test holds; each row is accepted or rejected, money comes out as it went in."""
    accepted: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    failed: dict[str, Extract] = {}
    told: list[str] = []
    for number in range(EXTRACTS_A_ROUND):
        extract = any_extract(root, number)
        failure = _failure(estate, extract)
        if failure is not None:
            failed.setdefault(failure.kind, extract)
            told.append(f"extract {number} of seed {root}: {failure.kind}: {failure.said}")
            continue
        for table, _, rows_accepted, rows_rejected in estate.query(JUDGED):
            accepted[table] += rows_accepted
            rejected[table] += rows_rejected
    for kind, extract in failed.items():
        left = smallest(extract, partial(_fails_like, estate, kind))
        told.append(f"the smallest that shows {kind}:\n{left!r}")
    assert told == []
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


@dataclass(frozen=True)
class Failure:
    """Why an extract is not published: the model or the tests that say so, and what they say."""

    kind: str
    said: str


def _failure(estate: Estate, extract: Extract) -> Failure | None:
    try:
        estate.run(extract.rows, extract.as_of, extracted_on=extract.extracted_on)
    except ModelFailedError as error:
        return Failure(str(error).partition(":")[0], str(error))
    broken = estate.broken()
    if broken:
        return Failure(", ".join(test.test for test in broken), repr(broken))
    money = estate.query(MONEY)
    if money:
        return Failure("money", repr(money))
    uncounted = [
        counts
        for counts in estate.query(JUDGED)
        if not counts[1] == counts[2] + counts[3] == len(extract.rows.get(counts[0], ()))
    ]
    return Failure("rows", repr(uncounted)) if uncounted else None


def _fails_like(estate: Estate, kind: str, extract: Extract) -> bool:
    failure = _failure(estate, extract)
    return failure is not None and failure.kind == kind


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
