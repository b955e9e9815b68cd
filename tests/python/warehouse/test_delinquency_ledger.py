"""Score, status and closing, from bills and payments alone, against the billing system's ledger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline import workflow
from pipeline.building import BuildRequest
from pipeline.errors import AuditError
from tests.python.workshop import frozen_clock, query, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

# What becomes another when the billing system's own ledger does.
OF_THE_LEDGER = (
    *("stg_control__extract_batches", "int_as_of_date"),
    *("stg_billing__balance_snapshots+", "stg_billing__bad_debts+"),
)
# What is paid beyond a bill leaves nothing unpaid; the ledger writes it as a credit.
LEDGER = """
    select account_id, check_date, greatest(unpaid_balance, 0), penalty, score,
        case status when 'Active' then if(score > 0, 'Delinquent', 'Active') else status end
    from raw_billing.balance_snapshots
    where check_date <= date '{day}'
    order by account_id, check_date
"""
CHECKS = """
    select account_id, check_date, unpaid_amount, penalty, penalty_score, delinquency_status
    from collections.fct_delinquency_checks
    where agrees_with_ledger
    order by account_id, check_date
"""
FINDINGS = "select rule, entity_id, amount, found_on from data_quality.fct_findings order by all"


@pytest.fixture(scope="module")
def strict(workshop: Workshop) -> Project:
    """Utilities alone, under a policy that suspends and closes soon."""
    return workshop.build(
        workshop.simulate(
            "strict",
            *("subscription.customers=0", "trade.accounts=0", "metering.meters=0"),
            "utility.customers=12",
            *("penalty.suspend_score=1.5", "penalty.close_score=3.5", "penalty.full_penalty=3"),
            "utility.ghost_rate=0",
        )
    )


@pytest.fixture
def damage(workshop: Workshop, strict: Project) -> Callable[..., Project]:
    """Change raw rows of the strict world; `is_told` leaves it the name of a simulation."""

    def damaged(name: str, *statements: str, is_told: bool = False) -> Project:
        project = workshop.copy(strict, name)
        with duckdb.connect(str(project.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
            if not is_told:
                connection.execute("update raw_control.extract_batches set source = 'extracts'")
        workflow.build(project, BuildRequest(select=OF_THE_LEDGER), frozen_clock, silent)
        return project

    return damaged


def test_the_ledger_agrees_on_every_check(demo: Project, strict: Project) -> None:
    for project in (demo, strict):
        ledger = query(project, LEDGER.format(day="2024-12-31"))
        assert query(project, CHECKS) == ledger
        assert {row[5] for row in ledger} > {"Active", "Delinquent", "Suspended"}
        assert query(project, "select count(*) from collections.fct_delinquency_checks") == [
            (len(ledger),)
        ]


def test_the_ledger_agrees_as_of_an_earlier_day(
    demo_as_of: Callable[[date], Project],
) -> None:
    earlier = demo_as_of(date(2024, 6, 15))
    ledger = query(earlier, LEDGER.format(day="2024-06-15"))
    assert ledger
    assert query(earlier, CHECKS) == ledger


def test_closed_accounts_are_those_of_the_ledger(strict: Project) -> None:
    closed = query(
        strict,
        "select account_id, closed_on, closing_balance, penalty_score, is_bad_debt"
        " from collections.fct_bad_debts where closed_by = 'both' and agrees_with_ledger"
        " order by account_id",
    )
    assert closed == query(
        strict,
        "select account_id, closed_on, closing_balance, score, is_bad_debt"
        " from raw_billing.bad_debts order by account_id",
    )
    assert len(closed) > 3


def test_the_policy_is_read_from_its_rows(strict: Project) -> None:
    suspended = query(
        strict,
        "select min(penalty_score), max(penalty_score) from collections.fct_delinquency_checks"
        " where delinquency_status = 'Suspended'",
    )
    assert suspended == [(1.5, 3)]
    assert query(
        strict,
        "select distinct penalty from collections.fct_delinquency_checks where miss_type = 'full'",
    ) == [(3,)]


def test_every_damaged_row_of_the_ledger_is_one_finding(
    strict: Project, damage: Callable[..., Project]
) -> None:
    (scored, deleted), (closing, balance, closed_on) = victims(strict)
    damaged = damage(
        "damaged_ledger",
        f"update raw_billing.balance_snapshots set score = score + 0.5 where {row(scored)}",
        f"delete from raw_billing.balance_snapshots where {row(deleted)}",
        "insert into raw_billing.balance_snapshots"
        " select * replace (check_date + 3 as check_date, 12.34 as unpaid_balance)"
        f" from raw_billing.balance_snapshots where {row(scored)}",
        "update raw_billing.bad_debts set closing_balance = closing_balance + 1"
        f" where account_id = '{closing}'",
    )
    extra_on = scored[1] + (date(2024, 1, 4) - date(2024, 1, 1))
    assert query(damaged, FINDINGS) == [
        ("bad_debt_mismatch", closing, 1, closed_on),
        (
            "ledger_extra_check",
            f"{scored[0]}|{extra_on}",
            query(damaged, "select 12.34")[0][0],
            extra_on,
        ),
        ("ledger_mismatch", f"{scored[0]}|{scored[1]}", 0, scored[1]),
        ("ledger_missing_check", f"{deleted[0]}|{deleted[1]}", deleted[2], deleted[1]),
    ]
    assert balance > 0
    assert query(
        damaged,
        "select evidence from data_quality.fct_findings where rule = 'ledger_mismatch'",
    ) == [(f"score {scored[3]:.3f}, by the ledger {float(scored[3]) + 0.5:.6f}",)]


def test_a_simulation_whose_ledger_disagrees_fails(
    strict: Project, damage: Callable[..., Project]
) -> None:
    (scored, _), _ = victims(strict)
    with pytest.raises(AuditError) as caught:
        damage(
            "wrong_simulation",
            f"update raw_billing.balance_snapshots set penalty = penalty + 1 where {row(scored)}",
            is_told=True,
        )
    assert [failure.partition(":")[0] for failure in caught.value.failures] == [
        "assert_simulated_ledgers_agree_with_the_checks"
    ]


def victims(
    strict: Project,
) -> tuple[list[tuple[str, date, float, float]], tuple[str, float, date]]:
    """Two checks of two accounts inside their lives, and a closed account."""
    checks = query(
        strict,
        """
        select account_id, check_date, unpaid_amount, penalty_score
        from collections.fct_delinquency_checks
        where check_number = 2 and unpaid_amount > 0 and delinquency_status = 'Delinquent'
        order by account_id limit 2
        """,
    )
    closed = query(
        strict,
        "select account_id, closing_balance, closed_on from collections.fct_bad_debts"
        " order by account_id limit 1",
    )
    return checks, closed[0]


def row(check: tuple[str, date, float, float]) -> str:
    """The condition that finds a check in the ledger."""
    return f"account_id = '{check[0]}' and check_date = date '{check[1]}'"
