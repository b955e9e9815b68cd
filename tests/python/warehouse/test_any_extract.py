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
from hypothesis import HealthCheck, Phase, assume, given, seed, settings

from pipeline.building import read_coverage
from seeders.writer import create_raw_tables
from tests.python.warehouse.any_extract import extracts
from tests.python.warehouse.compiled_estate import land

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

QUIET = settings(
    database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)

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

    @seed(root)
    @settings(QUIET, max_examples=EXTRACTS_A_ROUND)
    @given(extracts())
    def publish(extract: Extract) -> None:
        estate.run(extract.rows, extract.as_of, extracted_on=extract.extracted_on)
        assert estate.broken() == []
        judged = estate.query(
            "select source_table, sum(rows_in), sum(rows_accepted), sum(rows_rejected)"
            " from data_quality.fct_source_rows group by all"
        )
        for table, rows_in, rows_accepted, rows_rejected in judged:
            assert rows_in == rows_accepted + rows_rejected == len(extract.rows.get(table, ()))
            accepted[table] += rows_accepted
            rejected[table] += rows_rejected
        assert estate.query(MONEY) == []

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
