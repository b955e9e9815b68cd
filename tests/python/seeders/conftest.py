"""Small simulated worlds, made once for all tests that only read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.python.seeders.worlds import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

MANY = 5_000
"""Customers enough for rates to be told from chance."""


@pytest.fixture(scope="session")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate the reference rates on enough customers to count on."""
    con = simulate(f"subscription.customers={MANY}")
    yield con
    con.close()


@pytest.fixture(scope="session")
def eventful_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate so much trouble that the rare combinations occur as well."""
    con = simulate(
        "subscription.customers=1500",
        "subscription.joiner_share=0.3",
        "subscription.second_subscription_share=0.5",
        "subscription.trial_share=0.8",
        "subscription.complimentary_share=0.1",
        "subscription.annual_churn=0.4",
        "subscription.annual_plan_change=0.5",
        "payments.annual_non_payers=0.5",
        "payments.late_share=0.3",
        "payments.late_max_days=60",
        "payments.late_arrival_share=0.3",
        "payments.suspend_after_days=45",
        "ghost.rate=0.2",
        "ghost.billed_late_share=0.5",
        "zombie.rate=0.15",
        "leaky.rate=0.2",
        "leaky.topped_up_share=0.6",
    )
    yield con
    con.close()
