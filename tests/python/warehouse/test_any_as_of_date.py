"""The books of an earlier day are a prefix of the books of a later one."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project

DAYS = (date(2024, 3, 31), date(2024, 6, 15), date(2024, 11, 2))

# what is dated stays as it was: (relation, its columns, its own date)
DATED_FACTS = (
    ("core.fct_cash_movements", "*", "movement_on"),
    (
        "core.fct_invoices",
        "invoice_id, account_id, subscription_id, invoice_date, due_date, invoiced_amount, currency",
        "invoice_date",
    ),
    ("core.fct_payments", "payment_id, invoice_id, payment_date, amount_paid", "payment_date"),
    (
        "leakage.fct_subscription_months",
        "subscription_id, period_start, billing_date, expected_amount",
        "billing_date",
    ),
    ("leakage.fct_leakage_cases", "case_id, rule, entity_id, first_seen_on", "first_seen_on"),
    ("data_quality.fct_findings", "*", "found_on"),
    ("receivables.fct_account_months", "*", "month_end"),
    ("collections.fct_delinquency_checks", "*", "check_date"),
    ("collections.fct_escalations", "* exclude (held_until, days_held)", "changed_on"),
    (
        "collections.fct_bad_debts",
        "* exclude (written_off_amount, recovered_amount)",
        "closed_on",
    ),
    ("ml_features.feat_late_payments", "* exclude (is_late, days_late)", "invoice_date"),
    (
        "ml_features.feat_account_delinquency",
        "* exclude (became_bad_debt, label_known_on)",
        "snapshot_on",
    ),
    ("intermediate.int_account_spells", "account_id, status, valid_from", "valid_from"),
    ("intermediate.int_subscription_spells", "subscription_id, status, valid_from", "valid_from"),
)


@pytest.fixture(scope="module")
def books(demo: Project, demo_as_of: Callable[[date], Project]) -> list[tuple[date, Project]]:
    """The same raw rows as of three days and of the last one."""
    return [*((day, demo_as_of(day)) for day in DAYS), (date(2024, 12, 31), demo)]


@pytest.mark.parametrize(("relation", "columns", "dated"), DATED_FACTS)
def test_earlier_books_are_a_prefix_of_later_ones(
    books: list[tuple[date, Project]], relation: str, columns: str, dated: str
) -> None:
    for (day, earlier), (_, later) in pairwise(books):
        with duckdb.connect() as connection:
            connection.execute(f"attach '{earlier.warehouse}' as earlier (read_only)")
            connection.execute(f"attach '{later.warehouse}' as later (read_only)")
            ours = f"select {columns} from earlier.{relation} where {dated} <= date '{day}'"
            theirs = f"select {columns} from later.{relation} where {dated} <= date '{day}'"
            lost = connection.execute(f"{ours} except all {theirs} limit 3").fetchall()
            appeared = connection.execute(f"{theirs} except all {ours} limit 3").fetchall()
            rows = connection.execute(f"select count(*) from ({ours})").fetchone()
        assert (lost, appeared) == ([], []), f"{relation} as of {day}"
        assert rows is not None
        if relation not in {
            *("leakage.fct_leakage_cases", "data_quality.fct_findings"),
            "collections.fct_bad_debts",
        }:
            assert rows[0] > 0


def test_a_resolved_case_stays_resolved_or_is_seen_again(
    books: list[tuple[date, Project]],
) -> None:
    """An account suspended and reinstated unpaid opens its zombie anew; nothing else may change."""
    for (day, earlier), (_, later) in pairwise(books):
        cases = "select case_id, resolved_on from leakage.fct_leakage_cases"
        then = dict(query(earlier, f"{cases} where resolved_on is not null"))
        now = dict(query(later, cases))
        assert all(now[case] == on or (now[case] or date.max) > day for case, on in then.items())
        assert {case for case, on in now.items() if on is not None and on <= day} <= set(then)


def test_nothing_later_than_the_day_exists(books: list[tuple[date, Project]]) -> None:
    for day, project in books:
        latest = query(
            project,
            """
            select max(invoice_date) from core.fct_invoices
            union all select max(payment_date) from core.fct_payments
            union all select max(movement_on) from core.fct_cash_movements
            union all select max(first_seen_on) from leakage.fct_leakage_cases
            union all select max(resolved_on) from leakage.fct_leakage_cases
            union all select max(found_on) from data_quality.fct_findings
            union all select max(month_end) from receivables.fct_account_months
            union all select max(check_date) from collections.fct_delinquency_checks
            union all select max(held_until) from collections.fct_escalations
            union all select max(recorded_closed_on) from collections.fct_bad_debts
            union all select max(settled_date) from core.fct_invoices
            union all select max(effective_date) from core.dim_accounts
            union all select max(effective_date) from core.dim_subscriptions
            union all select max(cancelled_on) from core.dim_subscriptions
            """,
        )
        assert all(found is None or found <= day for (found,) in latest), (day, latest)


def test_statuses_are_those_of_the_day(books: list[tuple[date, Project]]) -> None:
    """Whoever cancelled later was still active: read from the raw rows, without the models."""
    for day, project in books[:-1]:
        wrong = query(
            project,
            f"""
            select dims.subscription_id, dims.subscription_status, raw.cancelled_on
            from core.dim_subscriptions as dims
            inner join raw_billing.subscriptions as raw using (subscription_id)
            where dims.is_current
            and (raw.cancelled_on <= date '{day}') is distinct from
                case when raw.cancelled_on is null then null
                else dims.subscription_status = 'Cancelled' end
            """,
        )
        assert wrong == []
        later = query(
            project,
            f"select count(*) from raw_billing.subscriptions where cancelled_on > date '{day}'",
        )
        assert later[0][0] > 0, "the test needs somebody who cancels later"


def test_snapshots_are_left_as_they_are(
    demo: Project, demo_as_of: Callable[[date], Project]
) -> None:
    earlier = demo_as_of(DAYS[0])
    for snapshot in ("snap_customers", "snap_accounts", "snap_subscriptions", "snap_meters"):
        versions = f"select * from snapshots.{snapshot} order by all"
        assert query(earlier, versions) == query(demo, versions)


def test_detection_is_exact_on_every_day(books: list[tuple[date, Project]]) -> None:
    for day, project in books:
        scores = query(
            project,
            """
            select rule, true_positives, false_positives, false_negatives, precision, recall
            from leakage.fct_detection_scorecard
            where has_exact_signature order by rule
            """,
        )
        assert {"ghost", "leaky_bucket", "zombie"} <= {score[0] for score in scores}
        for score in scores:
            assert score[2:4] == (0, 0), (day, score)
            assert set(score[4:]) <= {1, None}, (day, score)
    assert sum(score[1] for score in scores) > 0
