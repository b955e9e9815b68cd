"""Features of account delinquency: right, snapshot by snapshot, and never ahead of their time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.python.warehouse.compiled_delinquency_features import MART, read
from tests.python.warehouse.delinquency_books import Rhythm, features_by_hand
from tests.python.warehouse.feature_marts import (
    World,
    assert_dictionary_is_published,
    assert_dictionary_is_true,
    count_rows,
    forget,
    run_features,
)
from tests.python.warehouse.households_by_hand import supply
from tests.python.warehouse.utility_books import checks_by_hand, read_utility
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

LABELS = ("became_bad_debt", "label_known_on")


@pytest.fixture(scope="module")
def households(workshop: Workshop, root_seed: int) -> World:
    """Next to nothing simulated, and three years of a utility by hand."""
    project = workshop.simulate(
        "households",
        "subscription.customers=5",
        "trade.accounts=2",
        "utility.customers=0",
        "metering.meters=0",
    )
    supply(project, root_seed)
    as_of = date(2024, 12, 31)
    run_features(project, as_of, f"+{MART}")
    return World(project, as_of)


@pytest.fixture(scope="module", params=["demo", "households"])
def world(request: pytest.FixtureRequest) -> World:
    """The demo as everybody builds it, and the households."""
    if request.param == "demo":
        return World(request.getfixturevalue("demo"), date(2024, 12, 31))
    found: World = request.getfixturevalue("households")
    return found


def features(project: Project) -> dict[tuple[str, int], dict[str, Any]]:
    """The mart's rows by account and cycle."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return read(connection)


def test_every_feature_of_every_snapshot_is_what_plain_python_finds(world: World) -> None:
    found = features(world.project)
    utility = read_utility(world.project, world.as_of)
    checks = checks_by_hand(utility, world.as_of)
    expected = features_by_hand(checks, utility.bills(), utility.lines, Rhythm())
    assert len(found) > 200
    assert set(found) == set(expected)
    wrong = {
        (*key, column, row[column], expected[key][column])
        for key, row in found.items()
        for column in row
        if row[column] != expected[key][column]
    }
    assert sorted(wrong, key=str)[:5] == []
    assert {column for row in expected.values() for column in row} == {
        column for row in found.values() for column in row
    }


def test_the_households_have_every_kind_of_history(households: World) -> None:
    """The comparison above proves nothing about what never happens."""
    rows = features(households.project).values()
    for column in next(iter(rows)):
        if column != "line_of_business":
            assert len({row[column] for row in rows}) > 1, column
    assert {row["became_bad_debt"] for row in rows} == {True, False, None}
    assert {row["delinquency_status"] for row in rows} == {"Active", "Delinquent", "Suspended"}


@pytest.mark.parametrize(
    ("world", "year"),
    [("demo", 2021), ("demo", 2022), ("demo", 2023), ("households", 2023)],
    indirect=["world"],
)
def test_nothing_that_happens_later_changes_a_feature(
    workshop: Workshop, world: World, year: int
) -> None:
    cut = busiest_day(world.project, year)
    past = workshop.copy(world.project, f"{world.project.warehouse.parent.name}-checks-{cut}")
    with duckdb.connect(str(past.warehouse)) as connection:
        before = count_rows(connection)
        forget(connection, cut)
        # bills of the day itself are not known to its checks, either
        connection.execute(f"delete from raw_billing.invoices where invoice_date = date '{cut}'")
        assert count_rows(connection) < before * 0.95, "the cut takes nothing away"
    run_features(past, cut, f"+{MART}")
    known = {key: row for key, row in features(world.project).items() if row["snapshot_on"] <= cut}
    known_then = features(past)
    assert sum(row["snapshot_on"] == cut for row in known.values()) >= 3
    labels = {key: [row.pop(label) for label in LABELS] for key, row in known.items()}
    labels_then = {key: [row.pop(label) for label in LABELS] for key, row in known_then.items()}
    assert known_then == known
    for key, (became_bad_debt, known_on) in labels.items():
        is_known = known_on is not None and known_on <= cut
        assert labels_then[key] == ([became_bad_debt, known_on] if is_known else [None, None])


def busiest_day(project: Project, year: int) -> date:
    """The day of a year with most snapshots of accounts that paid that very day, then with most of all."""
    found: date = query(
        project,
        f"""
        select snapshot_on from ml_features.{MART} as snapshots
        left join (
            select distinct account_id, payment_date from raw_payments.payments
        ) as payments
        on snapshots.account_id = payments.account_id and snapshot_on = payment_date
        where year(snapshot_on) = {year} and penalty_count > 0
        group by snapshot_on having count(*) >= 3
        order by count(payment_date) desc, count(*) desc, snapshot_on desc limit 1
        """,
    )[0][0]
    return found


def test_the_dictionary_describes_every_feature(world: World) -> None:
    assert_dictionary_is_true(MART, features(world.project).values())


def test_the_dictionary_reaches_the_docs(workshop: Workshop) -> None:
    assert_dictionary_is_published(MART, workshop)
