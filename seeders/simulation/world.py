"""Seeding a world, and letting it go on.

Both are the same walk over the months: `seed` from the first one, `advance` from where the warehouse
ends. Facts are appended month by month and never touched again; the rows of customers, accounts and
subscriptions are a state, so `advance` replaces those that have changed. Since every life is a function
of the seed, nothing has to be remembered in between besides the configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders import writer
from seeders.config import ConfigError, config_from_json, config_to_json, load_policy
from seeders.simulation import columns
from seeders.simulation.errors import SimulationError
from seeders.simulation.months import to_date
from seeders.simulation.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import duckdb

    from seeders.config import SimulationConfig
    from seeders.simulation.walk import Progress

SIMULATION: Final = "raw_control.simulation"


@dataclass(frozen=True)
class SeedSummary:
    """What a walk has written.

    Attributes:
        first_month: First day of the first month written.
        last_day: Last day of the last month written, the world's as-of date.
        months: How many months were written.
        rows: Rows written by table.
        history_dropped: Whether recorded history of another world was dropped.
    """

    first_month: date
    last_day: date
    months: int
    rows: Mapping[str, int]
    history_dropped: bool = False

    @property
    def total_rows(self) -> int:
        """Rows written to all tables together."""
        return sum(self.rows.values())


def seed(
    con: duckdb.DuckDBPyConnection,
    config: SimulationConfig,
    seed: int,
    progress: Progress | None = None,
) -> SeedSummary:
    """Empty the raw tables and simulate a world into them.

    Args:
        con: Connection to the warehouse file, outside any transaction.
        config: What to simulate.
        seed: Root of all randomness: same configuration and seed, same rows.
        progress: Called as the months go by.

    Returns:
        What was written.

    Raises:
        SimulationError: If there are more customers or months than ids.
    """
    walk, months = Walk(config, seed), config.period.months
    walk.check(months)
    with writer.transaction(con):
        last_day = to_date(walk.axis.last_day(months - 1))
        dropped = writer.replace_world(con, walk.source, last_day)
        summary = _write(con, walk, 0, months, progress)
    return replace(summary, history_dropped=dropped)


def advance(
    con: duckdb.DuckDBPyConnection, months: int, progress: Progress | None = None
) -> SeedSummary:
    """Let the simulated world go on, as if it had been seeded for so much longer.

    Args:
        con: Connection to the warehouse file, outside any transaction.
        months: How many months to add.
        progress: Called as the months go by.

    Returns:
        What was written.

    Raises:
        SimulationError: If the warehouse holds no simulation, or one that cannot go on.
    """
    if months < 1:
        message = f"cannot advance by {months} months: at least 1"
        raise SimulationError(message)
    walk, passed = _recall(con)
    walk.check(passed + months)
    with writer.transaction(con):
        return _write(con, walk, passed, passed + months, progress)


def _write(
    con: duckdb.DuckDBPyConnection,
    walk: Walk,
    passed: int,
    months: int,
    progress: Progress | None,
) -> SeedSummary:
    with writer.Appender(con) as appender:
        walk.write(appender, passed, months, progress)
    writer.truncate(con, SIMULATION)
    writer.append(con, SIMULATION, _memory(walk, months))
    return SeedSummary(
        first_month=to_date(walk.axis.first_day(passed)),
        last_day=to_date(walk.axis.last_day(months - 1)),
        months=months - passed,
        rows=dict(appender.rows),
    )


def _memory(walk: Walk, months: int) -> pa.Table:
    """Write down what `advance` needs to know."""
    return pa.table(
        {
            "config_json": [config_to_json(walk.config)],
            "seed": [walk.seed],
            "first_month": columns.days(np.array([walk.axis.first_day(0)])),
            "last_month": columns.days(np.array([walk.axis.first_day(months - 1)])),
        }
    )


def _recall(con: duckdb.DuckDBPyConnection) -> tuple[Walk, int]:
    rows = (
        writer.read_table(con, SIMULATION).to_pylist() if writer.has_table(con, SIMULATION) else []
    )
    if not rows:
        message = "this warehouse holds no simulation to advance: run `warehouse seed` first"
        raise SimulationError(message)
    if not writer.matches_contracts(con):
        message = "another version wrote this warehouse: run `warehouse seed` again"
        raise SimulationError(message)
    try:
        config = config_from_json(rows[0]["config_json"])
        policy = load_policy()
    except ConfigError as error:
        message = f"the simulation cannot go on: {error}"
        raise SimulationError(message) from error
    if policy != config.policy:
        message = (
            "dbt_project.yml has other thresholds than this simulation was written with"
            f" ({config.policy}): run `warehouse seed` again"
        )
        raise SimulationError(message)
    walk = Walk(config, rows[0]["seed"])
    return walk, walk.axis.number(rows[0]["last_month"]) + 1
