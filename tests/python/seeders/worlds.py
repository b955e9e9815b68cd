"""Making worlds in memory and looking at them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from seeders.config import PolicyConfig, SimulationConfig, load_config
from seeders.contracts import TABLES
from seeders.simulation import seed

SEED = 20_240_101


NO_TRADE = "trade.accounts=0"
NO_SUBSCRIPTIONS = "subscription.customers=0"
NO_UTILITY = "utility.customers=0"
NO_METERING = "metering.meters=0"


def configure(*settings: str) -> SimulationConfig:
    """The reference rates of the subscription line alone, with other settings on top."""
    return load_config("seeds", None, (NO_TRADE, NO_UTILITY, NO_METERING, *settings))


def simulate(
    *settings: str, root: int = SEED, policy: PolicyConfig | None = None
) -> duckdb.DuckDBPyConnection:
    """Seed a world of subscriptions, in memory; settings that give it trade accounts add them."""
    con = duckdb.connect()
    config = configure(*settings)
    seed(con, replace(config, policy=policy or config.policy), root)
    return con


def simulate_trade(
    *settings: str, root: int = SEED, policy: PolicyConfig | None = None
) -> duckdb.DuckDBPyConnection:
    """Seed a world of trade credit alone, of the reference rates, in memory."""
    return simulate("trade.accounts=200", NO_SUBSCRIPTIONS, *settings, root=root, policy=policy)


def simulate_utility(
    *settings: str, root: int = SEED, policy: PolicyConfig | None = None
) -> duckdb.DuckDBPyConnection:
    """Seed a world of utilities alone, of the reference rates but fewer customers, in memory."""
    return simulate("utility.customers=100", NO_SUBSCRIPTIONS, *settings, root=root, policy=policy)


QUIET_GRID = (
    *(f"metering.{season}_shedding_share=0" for season in ("summer", "peak_summer", "winter")),
    *(f"metering.monthly_{kind}=0" for kind in ("faults", "momentaries", "maintenances", "sags")),
)
"""Feeders that are never interrupted."""

CLEAN_DATA = tuple(
    f"metering.{kind}_rate=0"
    for kind in (
        "missing",
        "negative",
        "zero_run",
        "spike",
        "voltage_sag",
        "signal_drop",
        "tamper",
        "reverse_energy",
        "wrong_meter",
        "duplicate",
        "late_arrival",
    )
)
"""Readings that arrive as they are."""

HONEST = "metering.theft_scale=0"

LASTING = tuple(
    f"metering.{kind}_rate=0"
    for kind in ("failure", "replacement", "schedule_change", "disconnection")
)
"""Meters that stay as they are."""

UNCHANGING = tuple(
    f"metering.{rate}=0"
    for rate in (
        "vacancy_rate",
        "new_tenant_rate",
        "holiday_rate",
        "solar_share",
        "heat_pump_share",
        "car_share",
    )
)
"""Places whose people stay, and put up nothing."""

RIGHT_BILLS = tuple(
    f"metering.{kind}_rate=0"
    for kind in ("ghost", "unbilled", "over_billed", "under_billed", "billed_while_disconnected")
)


def simulate_metering(*settings: str, root: int = SEED) -> duckdb.DuckDBPyConnection:
    """Seed a world of smart meters alone, of the reference rates, in memory."""
    return simulate("metering.meters=100", NO_SUBSCRIPTIONS, *settings, root=root)


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table in a fixed order, batch bookkeeping aside."""
    return {
        name: con.execute(f"select * from {name} order by all").fetchall()
        for name, table in TABLES.items()
        if table.schema != "raw_control"
    }


def count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one number a query gives."""
    row = con.execute(query).fetchone()
    assert row is not None
    return int(row[0] or 0)


def odd_keys(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables whose keys repeat, or are longer than the 12 bytes that DuckDB keeps inline."""
    keys = {
        table.full_name: key
        for table in TABLES.values()
        if table.schema != "raw_control"
        for key in table.key
    }
    odd = "count(*) - count(distinct {0}) + count(*) filter (where strlen({0}) > 12)"
    return [
        name
        for name, key in keys.items()
        if count(con, f"select {odd.format(key)} from {name}") != 0
    ]
