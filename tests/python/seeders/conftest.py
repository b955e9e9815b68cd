"""Small simulated worlds, made once for all tests that only read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.python.seeders.worlds import (
    simulate,
    simulate_metering,
    simulate_trade,
    simulate_utility,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

MANY = 5_000
"""Customers enough to distinguish rates from chance."""


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


@pytest.fixture(scope="session")
def trade_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate trade credit at the reference scale and rates."""
    con = simulate_trade()
    yield con
    con.close()


@pytest.fixture(scope="session")
def eventful_trade_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate so much trouble with few trade accounts that rare combinations occur as well."""
    con = simulate_trade(
        "trade.accounts=60",
        "trade.joiner_share=0.3",
        "trade.balance_forward_share=0.4",
        "trade.allocating_share=0.4",
        "trade.standing_order_share=0.3",
        "trade.annual_default=0.3",
        "trade.annual_closure=0.2",
        "trade.bad_share=0.3",
        "trade.late_share=0.2",
        "trade.unpaid_share=0.05",
        "trade.partial_share=0.15",
        "trade.overpaid_share=0.1",
        "trade.chargeback_share=0.1",
        "trade.return_share=0.15",
        "trade.dispute_share=0.1",
        "trade.late_allocation_share=0.5",
        "trade.duplicate_invoice_rate=0.1",
        "trade.duplicate_payment_rate=0.1",
        "trade.header_lines_mismatch_rate=0.05",
        "trade.orphaned_line_rate=0.05",
        "trade.currency_mismatch_rate=0.05",
        "trade.billed_after_cancel_rate=0.8",
    )
    yield con
    con.close()


@pytest.fixture(scope="session")
def utility_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate utilities of the reference rates, with fewer customers."""
    con = simulate_utility()
    yield con
    con.close()


@pytest.fixture(scope="session")
def eventful_utility_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate so much trouble with few utility customers that rare combinations occur as well."""
    con = simulate_utility(
        "utility.customers=25",
        "utility.ghost_rate=0.05",
        "utility.low_reliability_share=0.8",
        "utility.medium_reliability_share=0.1",
        "utility.days_late_mean=15",
        "utility.further_account_chance=0.03",
    )
    yield con
    con.close()


@pytest.fixture(scope="session")
def metering_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate the reference: 100 smart meters through a year."""
    con = simulate_metering()
    yield con
    con.close()


@pytest.fixture(scope="session")
def eventful_metering_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate so much trouble with smart meters and their bills that rare kinds occur often."""
    con = simulate_metering(
        "metering.meters=60",
        "metering.meters_per_feeder=12",
        "metering.failure_rate=0.03",
        "metering.replacement_rate=0.05",
        "metering.schedule_change_rate=0.05",
        "metering.disconnection_rate=0.03",
        "metering.theft_scale=4",
        "metering.ghost_rate=0.06",
        "metering.unbilled_rate=0.1",
        "metering.over_billed_rate=0.08",
        "metering.under_billed_rate=0.1",
        "metering.wrong_meter_rate=0.01",
    )
    yield con
    con.close()
