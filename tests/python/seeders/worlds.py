"""Making worlds in memory and looking at them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from seeders.config import PolicyConfig, load_config
from seeders.contracts import TABLES
from seeders.simulation import seed

SEED = 20_240_101


def simulate(
    *settings: str, root: int = SEED, policy: PolicyConfig | None = None
) -> duckdb.DuckDBPyConnection:
    """Seed a world of the reference rates, with other settings on top, in memory."""
    con = duckdb.connect()
    config = load_config("seeds", None, settings)
    seed(con, replace(config, policy=policy or config.policy), root)
    return con


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
