"""Features of late payment: right, invoice by invoice, and never ahead of their time."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from seeders.contracts import DATE, TABLES, TIMESTAMP
from tests.python.warehouse.feature_marts import (
    DROPPED_BY,
    EMPTIED,
    KEPT,
    World,
    assert_dictionary_is_published,
    assert_dictionary_is_true,
    count_rows,
    forget,
    run_features,
)
from tests.python.warehouse.late_payment_books import features_by_hand
from tests.python.warehouse.trading_by_hand import trade
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

MART = "ml_features.feat_late_payments"
LABELS = ("is_late", "days_late")


@pytest.fixture(scope="module")
def trading(workshop: Workshop, root_seed: int) -> World:
    """Few subscriptions, and two years of trade by hand."""
    project = workshop.simulate("trading", "subscription.customers=20")
    trade(project, root_seed)
    as_of = date(2024, 12, 31)
    books = ("+fct_invoices", "+fct_invoice_lines", "+fct_cash_movements")
    run_features(project, as_of, "+feat_late_payments", *books, "+fct_collection_priorities")
    return World(project, as_of)


@pytest.fixture(scope="module", params=["demo", "trading"])
def world(request: pytest.FixtureRequest) -> World:
    """The demo as everybody builds it, and the trade."""
    if request.param == "demo":
        return World(request.getfixturevalue("demo"), date(2024, 12, 31))
    found: World = request.getfixturevalue("trading")
    return found


def features(project: Project, condition: str = "true") -> dict[str, dict[str, Any]]:
    """The mart's rows by invoice."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        rows = connection.execute(f"select * from {MART} where {condition}").fetchall()
        columns = [column for column, *_ in connection.description or ()]
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return {row.pop("invoice_id"): row for row in named}


def test_every_feature_of_every_invoice_is_what_plain_python_finds(world: World) -> None:
    found = features(world.project)
    expected = features_by_hand(world.project, world.as_of)
    assert len(found) > 400
    assert set(found) == set(expected)
    wrong = {
        (invoice_id, column, row[column], expected[invoice_id][column])
        for invoice_id, row in found.items()
        for column in row
        if row[column] != expected[invoice_id][column]
    }
    assert sorted(wrong, key=str)[:5] == []
    assert {key for row in expected.values() for key in row} == {
        key for row in found.values() for key in row
    }


def test_the_trade_has_every_kind_of_history(trading: World) -> None:
    """The comparison above proves nothing about what never happens."""
    columns = features(trading.project).values()
    for column in next(iter(columns)):
        assert len({row[column] for row in columns}) > 1, column
    assert query(
        trading.project,
        "select count(*) from (select invoice_id from intermediate.int_settlement_turns"
        " group by invoice_id having count(*) filter (where turn = 1) > 1)",
    ) > [(5,)]


@pytest.mark.parametrize(
    ("world", "month"),
    [("demo", 5), ("demo", 8), ("demo", 11), ("trading", 8)],
    indirect=["world"],
)
def test_nothing_that_happens_later_changes_a_feature(
    workshop: Workshop, world: World, month: int
) -> None:
    cut = busiest_day(world.project, month)
    past = workshop.copy(world.project, f"{world.project.warehouse.parent.name}-before-{cut}")
    with duckdb.connect(str(past.warehouse)) as connection:
        before = count_rows(connection)
        forget(connection, cut)
        assert count_rows(connection) < before * 0.95, "the cut takes nothing away"
    run_features(past, cut, "+feat_late_payments")
    known = features(world.project, f"invoice_date = date '{cut}'")
    known_then = features(past, f"invoice_date = date '{cut}'")
    assert len(known) >= 3
    assert query(past, f"select max(invoice_date) from {MART}") == [(cut,)]
    for row in (*known.values(), *known_then.values()):
        for label in LABELS:
            del row[label]
    assert known_then == known


def busiest_day(project: Project, month: int) -> date:
    """The day of a month in 2024 on which most was billed to accounts with a history."""
    found: date = query(
        project,
        f"""
        select invoice_date from {MART}
        where year(invoice_date) = 2024 and month(invoice_date) = {month} and invoices_before > 0
        group by invoice_date order by count(*) desc, invoice_date desc limit 1
        """,
    )[0][0]
    return found


def test_every_dated_raw_column_is_accounted_for() -> None:
    """A new dated column must be dropped, emptied or kept with a reason, or the cut forgets it."""
    treated = {
        name: {*DROPPED_BY.get(name, ()), *EMPTIED.get(name, ())}
        for name in (*DROPPED_BY, *EMPTIED)
    }
    for name, table in TABLES.items():
        dated = {column.name for column in table.columns if column.type in (DATE, TIMESTAMP)}
        assert treated.get(name, set()) <= dated, name
        if table.loadable and dated - treated.get(name, set()):
            assert name in KEPT, (name, dated)


def test_the_dictionary_describes_every_feature(world: World) -> None:
    assert_dictionary_is_true("feat_late_payments", features(world.project).values())


def test_the_dictionary_reaches_the_docs(workshop: Workshop) -> None:
    assert_dictionary_is_published("feat_late_payments", workshop)


def test_every_open_account_is_on_the_list_of_calls_once(world: World) -> None:
    """The list adds up to the receivables, and reads the same features as an invoice of tomorrow."""
    listed = query(
        world.project,
        "select account_id, currency, outstanding_amount, past_due_amount, oldest_days_past_due"
        " from collections.fct_collection_priorities order by 1, 2",
    )
    owed = query(
        world.project,
        """
        select account_id, currency, sum(outstanding_amount),
            coalesce(sum(outstanding_amount) filter (where days_past_due > 0), 0),
            max(days_past_due)
        from core.fct_invoices where outstanding_amount > 0 group by 1, 2 order by 1, 2
        """,
    )
    assert len(listed) > 20
    assert listed == owed
    # what is due on the as-of date itself is past due tomorrow
    assert query(
        world.project,
        """
        select count(*) from collections.fct_collection_priorities as calls
        inner join intermediate.int_account_history as history using (account_id, currency)
        where history.known_on = (select as_of_date + 1 from intermediate.int_as_of_date)
        and history.open_amount = calls.outstanding_amount
        and history.open_late_amount = (
            select coalesce(sum(outstanding_amount), 0) from core.fct_invoices as invoices
            where invoices.account_id = calls.account_id and invoices.currency = calls.currency
            and due_date < history.known_on
        )
        """,
    ) == [(len(listed),)]


def test_the_list_of_calls_is_in_order(world: World) -> None:
    ranks = query(
        world.project,
        "select currency, priority_rank, expected_recoverable_past_due, reasons"
        " from collections.fct_collection_priorities order by currency, priority_rank",
    )
    for (currency, rank, value, _), (next_currency, next_rank, next_value, _) in pairwise(ranks):
        if currency == next_currency:
            assert next_rank == rank + 1
            assert next_value <= value
    assert all(reasons for *_, reasons in ranks)
