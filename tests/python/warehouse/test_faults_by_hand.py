"""A fault put in by hand is found by what is meant for it, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.errors import AuditError
from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

CASES = "select rule, entity_id, period_start, amount, status from leakage.fct_leakage_cases"


@pytest.fixture(scope="module")
def clean(workshop: Workshop) -> Project:
    """A small world without any fault."""
    no_faults = ("ghost.rate=0", "zombie.rate=0", "leaky.rate=0", "subscription.customers=60")
    return workshop.build(workshop.simulate("clean", *no_faults))


@pytest.fixture
def damage(workshop: Workshop, clean: Project) -> Callable[..., Project]:
    """Change raw rows of the clean world, build it, and give back what it has become."""

    def damaged(name: str, *statements: str, build: bool = True) -> Project:
        project = workshop.copy(clean, name)
        with duckdb.connect(str(project.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
            # without hidden truth to compare with, the scorecard stays out of the way
            connection.execute("update raw_control.extract_batches set source = 'extracts'")
        return workshop.build(project) if build else project

    return damaged


def victim(clean: Project) -> tuple[str, str]:
    """An invoice of July that was paid in full, of a subscription that lasted."""
    rows = query(
        clean,
        """
        select invoices.invoice_id, invoices.subscription_id
        from core.fct_invoices as invoices
        inner join core.dim_subscriptions as subscriptions using (subscription_id)
        where period_start = date '2024-07-01' and settlement_state = 'paid' and is_current
        and subscription_status = 'Active' order by invoice_id limit 1
        """,
    )
    invoice_id, subscription_id = rows[0]
    return invoice_id, subscription_id


def test_a_clean_world_has_no_case(clean: Project) -> None:
    assert query(clean, "select count(*) from core.fct_invoices")[0][0] > 0
    assert query(clean, CASES) == []


def test_a_lost_invoice_is_a_ghost(clean: Project, damage: Callable[..., Project]) -> None:
    invoice_id, subscription_id = victim(clean)
    damaged = damage(
        "lost_invoice",
        f"delete from raw_billing.invoices where invoice_id = '{invoice_id}'",
    )
    cases = query(damaged, CASES)
    assert [(case[0], case[1], case[4]) for case in cases] == [("ghost", subscription_id, "open")]
    rejected = query(
        damaged, "select source_table, reasons from data_quality.fct_rejected_rows order by 1"
    )
    assert rejected == [
        ("raw_billing.invoice_line_items", "unknown_invoice"),
        ("raw_payments.payments", "unknown_invoice"),
    ]


def test_a_lost_payment_is_a_zombie(clean: Project, damage: Callable[..., Project]) -> None:
    invoice_id, _ = victim(clean)
    damaged = damage(
        "lost_payment", f"delete from raw_payments.payments where invoice_id = '{invoice_id}'"
    )
    assert [case[:2] for case in query(damaged, CASES)] == [("zombie", invoice_id)]


def test_a_short_payment_is_a_leaky_bucket(clean: Project, damage: Callable[..., Project]) -> None:
    invoice_id, _ = victim(clean)
    damaged = damage(
        "short_payment",
        "update raw_payments.payments set amount_paid = amount_paid - 0.01"
        f" where invoice_id = '{invoice_id}'",
    )
    cases = query(damaged, CASES)
    assert [(case[0], case[1], str(case[3])) for case in cases] == [
        ("leaky_bucket", invoice_id, "0.01")
    ]


def test_a_payment_in_another_currency_is_rejected_and_its_invoice_stays_open(
    clean: Project, damage: Callable[..., Project]
) -> None:
    invoice_id, _ = victim(clean)
    damaged = damage(
        "euros",
        f"update raw_payments.payments set currency = 'EUR' where invoice_id = '{invoice_id}'",
    )
    assert [case[:2] for case in query(damaged, CASES)] == [("zombie", invoice_id)]
    assert query(damaged, "select reasons from data_quality.fct_rejected_rows") == [
        ("currency_mismatch",)
    ]


def test_an_unseen_fault_fails_the_scorecard(
    workshop: Workshop, clean: Project, damage: Callable[..., Project]
) -> None:
    """A case that no truth explains is a false positive, and the build says so."""
    invoice_id, _ = victim(clean)
    damaged = damage(
        "unexplained",
        f"delete from raw_payments.payments where invoice_id = '{invoice_id}'",
        build=False,
    )
    with duckdb.connect(str(damaged.warehouse)) as connection:
        connection.execute("update raw_control.extract_batches set source = 'simulation:by hand'")
    with pytest.raises(AuditError) as failure:
        workshop.build(damaged)
    failed = " ".join(failure.value.failures)
    assert "exact_rules_find_every_fault_and_nothing_else" in failed
    assert "exact_rules_find_the_right_amounts" in failed


def test_a_source_that_shrinks_stops_the_build(
    damage: Callable[..., Project], workshop: Workshop
) -> None:
    damaged = damage("shrunk", "delete from raw_billing.subscriptions", build=False)
    before = damaged.warehouse.read_bytes()
    with pytest.raises(AuditError) as failure:
        workshop.build(damaged)
    assert "has_not_shrunk_since_snapshot" in " ".join(failure.value.failures)
    assert damaged.warehouse.read_bytes() == before
