"""Fills the raw tables: by simulation, by advancing it some months, or from a company's own extracts.

Each function works on one database file; publishing it is not its concern.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import duckdb

from pipeline.errors import WarehouseError, WarehouseUsageError
from pipeline.opening import open_published
from pipeline.wording import counted
from seeders.config import ConfigError, load_config, load_max_shrink_share
from seeders.contracts import TABLES
from seeders.extracts import Allowance, LoadError, load_extracts
from seeders.extracts.bounds import Bounds, BoundsError
from seeders.extracts.loading import SOURCE as EXTRACTS
from seeders.simulation import SimulationError, advance, seed
from seeders.writer import open_file

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from pipeline.progress import Report
    from seeders.config import SimulationConfig
    from seeders.extracts import LoadReport
    from seeders.simulation import SeedSummary

_MEMORY: Final = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:[KMGT]i?B)", re.IGNORECASE)


class LoadRefusedError(WarehouseError):
    """Extracts that cannot be read as mapped, with all problems, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems with the message that counts them."""
        super().__init__(f"nothing is loaded: {counted(len(problems), 'problem')} to solve first")
        self.problems = tuple(problems)


def read_config(
    preset: str | None, file: Path | None, overrides: Sequence[str]
) -> SimulationConfig:
    """Read what to simulate.

    Raises:
        WarehouseUsageError: If it cannot be simulated.
    """
    try:
        return load_config(preset, file, overrides)
    except ConfigError as error:
        raise WarehouseUsageError(str(error)) from error


def refuse_to_replace_extracts(database: Path) -> None:
    """Keep a simulation from replacing a company's own rows.

    Raises:
        WarehouseUsageError: If the file holds loaded extracts.
    """
    if not database.exists():
        return
    with open_published(database) as connection:
        try:
            row = connection.execute(
                "select count(*) from raw_control.extract_batches where source = ?", [EXTRACTS]
            ).fetchone()
        except duckdb.CatalogException:
            return
    if row != (0,):
        message = (
            f"{database} holds loaded extracts: say --replace to simulate in their place, or name"
            " another file in WAREHOUSE_PATH"
        )
        raise WarehouseUsageError(message)


def seed_world(
    database: Path, config: SimulationConfig, root_seed: int, report: Report
) -> SeedSummary:
    """Simulate a company from its first month on, replacing the raw tables.

    Raises:
        WarehouseError: If the company cannot be simulated.
    """
    with open_file(database) as connection:
        try:
            return seed(connection, config, root_seed, report)
        except SimulationError as error:
            raise WarehouseError(str(error)) from error


def advance_world(database: Path, months: int, report: Report) -> SeedSummary:
    """Add the next months of the simulated company.

    Raises:
        WarehouseError: If the raw tables hold no simulation, or it cannot be advanced.
    """
    with open_file(database) as connection:
        try:
            return advance(connection, months, report)
        except SimulationError as error:
            raise WarehouseError(str(error)) from error


def read_bounds(
    directories: Sequence[Path], limits: Sequence[str], environment: Mapping[str, str]
) -> Bounds:
    """Read where a load may read, and how much.

    Args:
        directories: Directories beside that of the mapping.
        limits: Limits as `rows=500_000_000`.
        environment: `WAREHOUSE_MEMORY_LIMIT` says how much memory, as it does for a build.

    Raises:
        WarehouseUsageError: If there is no such directory, limit or amount of memory.
    """
    for directory in directories:
        if not directory.is_dir():
            message = f"--allow-dir {directory}: no such directory"
            raise WarehouseUsageError(message)
    memory = environment.get("WAREHOUSE_MEMORY_LIMIT") or Bounds.memory
    if not _MEMORY.fullmatch(memory):
        message = f"WAREHOUSE_MEMORY_LIMIT={memory}: write it as 3GB or 800MB"
        raise WarehouseUsageError(message)
    try:
        return Bounds(tuple(directories), memory).with_limits(limits)
    except BoundsError as error:
        raise WarehouseUsageError(str(error)) from error


def allow(
    today: date, *, future: bool = False, drop_history: bool = False, shrink: Collection[str] = ()
) -> Allowance:
    """Return what is permitted in a load.

    Args:
        today: Today in UTC. Extracts may be of tomorrow, which has begun already in some time zones.
        future: Whether extracts may be as of a later day.
        drop_history: Whether recorded history that does not fit the load may be dropped.
        shrink: Raw tables that may have fewer rows than in the load before.

    Raises:
        WarehouseUsageError: If there is no such table, or the project does not say which share of rows may go missing.
    """
    unknown = [name for name in shrink if name not in TABLES or not TABLES[name].loadable]
    if unknown:
        message = f"--allow-shrink {unknown[0]}: no such raw table; write it like raw_crm.customers"
        raise WarehouseUsageError(message)
    try:
        share = load_max_shrink_share()
    except ConfigError as error:
        raise WarehouseUsageError(str(error)) from error
    latest = None if future else today + timedelta(days=1)
    return Allowance(latest, drop_history, frozenset(shrink), share)


def load_world(  # noqa: PLR0913
    database: Path,
    directory: Path,
    as_of: date | None,
    report: Report,
    scratch: Path | None = None,
    *,
    allowance: Allowance | None = None,
    bounds: Bounds | None = None,
) -> LoadReport:
    """Load the extracts of a directory, replacing the raw tables.

    Args:
        database: The file to fill.
        directory: Where the mapping and the files are.
        as_of: Overrides the mapping's own as-of date.
        report: Called with the progress.
        scratch: Directory to unpack the files in; created and removed here; a temporary one by default.
        allowance: What is permitted in this load, see `allow`.
        bounds: Where it may read, and how much.

    Raises:
        LoadRefusedError: If the mapping or its files are wrong, or rows or history would be lost; nothing is
            written then.
    """
    with open_file(database) as connection:
        try:
            progress = partial(report, 0, 1)
            return load_extracts(
                connection, directory, as_of, progress, scratch, allowance=allowance, bounds=bounds
            )
        except LoadError as error:
            raise LoadRefusedError(error.messages) from error
