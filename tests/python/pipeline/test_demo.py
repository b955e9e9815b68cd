"""The demo, end to end: what a newcomer has after the first command."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pipeline.status import read_status
from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project


def test_the_demo_holds_a_year_and_shows_money(demo: Project) -> None:
    status = read_status(demo)
    assert status.content is not None
    assert status.content.built_as_of == date(2024, 12, 31)
    assert [run.command for run in status.runs] == ["seed", "build", "replay", "replay", "replay"]
    assert {run.outcome for run in status.runs} == {"published"}
    assert status.advice == ""
    leaks = query(demo, "select rule, sum(amount) from leakage.fct_leakage_cases group by rule")
    assert {rule for rule, amount in leaks if amount > 0} >= {"ghost", "zombie", "leaky_bucket"}


def test_the_replayed_months_are_history_in_the_dimensions(demo: Project) -> None:
    versions = query(
        demo,
        """
        select count(*) - count(distinct subscription_id) from core.dim_subscriptions
        """,
    )
    assert versions[0][0] > 0


def test_an_earlier_day_is_built_on_a_copy(
    demo: Project, demo_as_of: Callable[[date], Project]
) -> None:
    day = date(2024, 6, 30)
    latest = query(demo_as_of(day), "select max(invoice_date) from core.fct_invoices")
    assert latest[0][0] <= day
    assert query(demo, "select max(invoice_date) from core.fct_invoices")[0][0] > day
