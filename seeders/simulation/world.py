"""Seeding a world, and advancing it by further months.

Both simulate every line of business month by month: `seed` from the first month, `advance` from where the
warehouse ends. Facts are appended and never changed; rows of customers, accounts and other entities hold a state,
so `advance` replaces those that have changed. Everything is a function of the seed, so that only the configuration
has to be stored in between.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa

from seeders import writer
from seeders.config import ConfigError, OutputConfig, config_from_json, config_to_json, load_policy
from seeders.config.model import MAX_MONTHS
from seeders.simulation import columns
from seeders.simulation.errors import SimulationError
from seeders.simulation.metering.simulate import MeteringLine
from seeders.simulation.months import MonthAxis, to_date
from seeders.simulation.subscription.simulate import SubscriptionLine
from seeders.simulation.trade.simulate import TradeLine
from seeders.simulation.utility.simulate import UtilityLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    import duckdb

    from seeders.config import SimulationConfig
    from seeders.simulation.lines import Line

SIMULATION: Final = "raw_control.simulation"


class Progress(Protocol):
    """A callback that reports progress."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report that `done` of `total` steps are finished, and what is being worked on."""


@dataclass(frozen=True)
class SeedSummary:
    """What `seed` or `advance` has written.

    Attributes:
        first_month: First day of the first month written, of the line that begins earliest.
        last_day: Last day of the last month written, the world's as-of date.
        months: How many months lie between the two.
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
        """Rows written to all tables."""
        return sum(self.rows.values())


@dataclass(frozen=True)
class World:
    """All lines of business of one company. Its months are those of the configured period."""

    config: SimulationConfig
    seed: int

    @property
    def axis(self) -> MonthAxis:
        """The months of the period."""
        return MonthAxis(self.config.period.first_month)

    @property
    def source(self) -> str:
        """Name of this world, a hash of everything its rows depend on."""
        same = replace(
            self.config,
            output=OutputConfig(),
            period=replace(self.config.period, months=MAX_MONTHS),
        )
        settings = f"{self.seed}/{config_to_json(same)}"
        return f"simulation:{hashlib.blake2b(settings.encode(), digest_size=6).hexdigest()}"

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of business that are switched on."""
        lines: tuple[Line, ...] = (SubscriptionLine(self.config, self.seed, self.source),)
        if self.config.trade.accounts > 0:
            lines += (TradeLine(self.config, self.seed, self.source),)
        if self.config.utility.customers > 0:
            lines += (UtilityLine(self.config, self.seed, self.source),)
        if self.config.metering.meters > 0:
            lines += (MeteringLine(self.config, self.seed, self.source),)
        return lines

    def span(self, line: Line, months: int) -> int:
        """Count the months of a line within this many months of the period; 0 before it begins."""
        return max(0, line.axis.number(to_date(self.axis.first_day(months))))

    def check(self, months: int) -> None:
        """Check that every line can span this many months.

        Raises:
            SimulationError: If one of them cannot.
        """
        for line in self.lines:
            line.check(self.span(line, months))


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
        progress: Called to report progress.

    Returns:
        What was written.

    Raises:
        SimulationError: If there are more customers or months than ids can number.
    """
    world, months = World(config, seed), config.period.months
    world.check(months)
    with writer.bounded_memory(con), writer.transaction(con):
        last_day = to_date(world.axis.last_day(months - 1))
        dropped = writer.replace_world(con, world.source, last_day)
        summary = _write(con, world, None, months, progress)
    return replace(summary, history_dropped=dropped)


def advance(
    con: duckdb.DuckDBPyConnection, months: int, progress: Progress | None = None
) -> SeedSummary:
    """Add months to the simulated world: the result equals a world seeded for the longer period.

    Args:
        con: Connection to the warehouse file, outside any transaction.
        months: How many months to add.
        progress: Called to report progress.

    Returns:
        What was written.

    Raises:
        SimulationError: If the warehouse holds no simulation, or one that cannot be advanced.
    """
    if months < 1:
        message = f"cannot advance by {months}: at least by 1 month"
        raise SimulationError(message)
    world, passed = _read_settings(con)
    world.check(passed + months)
    with writer.bounded_memory(con), writer.transaction(con):
        return _write(con, world, passed, passed + months, progress)


def _write(
    con: duckdb.DuckDBPyConnection,
    world: World,
    passed: int | None,
    months: int,
    progress: Progress | None,
) -> SeedSummary:
    """Write the months of the period that have not been written yet; `passed` is None when seeding."""
    spans = [
        (line, 0 if passed is None else world.span(line, passed), world.span(line, months))
        for line in world.lines
    ]
    step, finish = _steps(sum(line.steps(since, until) for line, since, until in spans), progress)
    for line, since, _ in spans:
        if since > 0:
            line.delete_rewritten(con)
    rows: Counter[str] = Counter()
    for line, since, until in spans:
        # one appender each: lines fill different columns of the same tables
        with writer.Appender(con) as appender:
            line.write(appender, since, until, step)
        rows += appender.rows
    finish()
    writer.truncate(con, SIMULATION)
    writer.append(con, SIMULATION, _settings(world, months))
    first_day = min(line.axis.first_day(since) for line, since, until in spans if until > since)
    last_day = world.axis.last_day(months - 1)
    return SeedSummary(
        first_month=to_date(first_day),
        last_day=to_date(last_day),
        months=MonthAxis(to_date(first_day)).number(to_date(last_day)) + 1,
        rows=dict(rows),
    )


def _steps(
    total: int, progress: Progress | None
) -> tuple[Callable[[str], None], Callable[[], None]]:
    """Return the callbacks that count the steps of all lines: one to call before each step, one at the end."""
    taken = iter(range(total))

    def step(what: str) -> None:
        done = next(taken)
        if progress is not None:
            progress(done, total, what)

    def finish() -> None:
        if progress is not None:
            progress(total, total, "")

    return step, finish


def _settings(world: World, months: int) -> pa.Table:
    """Return the row of `raw_control.simulation` that `advance` starts from."""
    return pa.table(
        {
            "config_json": [config_to_json(world.config)],
            "seed": [world.seed],
            "first_month": columns.days(np.array([world.axis.first_day(0)])),
            "last_month": columns.days(np.array([world.axis.first_day(months - 1)])),
        }
    )


def _read_settings(con: duckdb.DuckDBPyConnection) -> tuple[World, int]:
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
        message = f"the simulation cannot be advanced: {error}"
        raise SimulationError(message) from error
    if policy != config.policy:
        message = (
            "the thresholds in dbt_project.yml have changed since this simulation was written"
            f" ({config.policy}): run `warehouse seed` again"
        )
        raise SimulationError(message)
    world = World(config, rows[0]["seed"])
    return world, world.axis.number(rows[0]["last_month"]) + 1
