"""The commands without their command line: lock, record, staging copy, work, publish."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import disk
from pipeline.building import BuildRequest, build_database, check_as_of, judge_rows, read_coverage
from pipeline.history import recorded
from pipeline.landing import (
    advance_world,
    allow,
    load_world,
    refuse_to_replace_extracts,
    seed_world,
)
from pipeline.publishing import staged_copy, write_lock
from pipeline.verdicts import Verdicts, read_verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import date
    from pathlib import Path

    from pipeline.building import Coverage
    from pipeline.dbt_runner import DbtReport
    from pipeline.history import Clock, Run
    from pipeline.paths import Project
    from pipeline.progress import Report
    from seeders.config import SimulationConfig
    from seeders.extracts import LoadReport
    from seeders.extracts.bounds import Bounds
    from seeders.simulation import SeedSummary


@dataclass(frozen=True)
class Built:
    """A published build: as of which day, and how its nodes ended."""

    as_of: date
    report: DbtReport


@dataclass(frozen=True)
class Loaded:
    """A published load: what landed, and what staging made of it."""

    landed: LoadReport
    verdicts: Verdicts


def seed(  # noqa: PLR0913
    project: Project,
    config: SimulationConfig,
    root_seed: int,
    clock: Clock,
    report: Report,
    *,
    replace: bool = False,
) -> SeedSummary:
    """Simulate, replacing the raw tables, and publish.

    Args:
        project: The warehouse.
        config: What to simulate.
        root_seed: Root of every random draw.
        clock: The time now, in UTC.
        report: Called with the progress.
        replace: Whether loaded extracts may be replaced as well, not only an earlier simulation.

    Raises:
        WarehouseUsageError: If the raw tables hold loaded extracts that must not be replaced.
    """
    if not replace:
        refuse_to_replace_extracts(project.warehouse)
    details = {"seed": root_seed, "customers": config.subscription.customers}
    with _run(project, "seed", clock, **details), staged_copy(project) as database:
        return seed_world(database, config, root_seed, report)


def advance(project: Project, months: int, clock: Clock, report: Report) -> SeedSummary:
    """Add months to the simulation, and publish."""
    read_coverage(project.warehouse)
    with _run(project, "advance", clock, months=months), staged_copy(project) as database:
        return advance_world(database, months, report)


def load(  # noqa: PLR0913
    project: Project,
    directory: Path,
    as_of: date | None,
    clock: Clock,
    report: Report,
    *,
    allow_future: bool = False,
    drop_history: bool = False,
    allow_shrink: Collection[str] = (),
    bounds: Bounds | None = None,
) -> Loaded:
    """Load extracts, accept or reject every row, and publish.

    Args:
        project: The warehouse.
        directory: Where the mapping and the files are.
        as_of: Overrides the mapping's own as-of date.
        clock: The time now, in UTC.
        report: Called with the progress.
        allow_future: Whether the extracts may be as of a day after tomorrow.
        drop_history: Whether recorded history that does not fit them may be dropped.
        allow_shrink: Raw tables that may have fewer rows than in the load before.
        bounds: Where it may read, and how much.

    Raises:
        LoadRefusedError: If the mapping or its files are wrong, or something would be lost that is not permitted.
        WarehouseUsageError: If `allow_shrink` names something else than a raw table.
    """
    today = clock().date()
    allowance = allow(today, future=allow_future, drop_history=drop_history, shrink=allow_shrink)
    with _run(project, "load", clock, directory=directory), staged_copy(project) as database:
        landed = load_world(
            database,
            directory,
            as_of,
            report,
            project.scratch,
            allowance=allowance,
            bounds=bounds,
        )
        judge_rows(project, database, report)
        return Loaded(landed, read_verdicts(database).with_values(landed))


def build(project: Project, request: BuildRequest, clock: Clock, report: Report) -> Built:
    """Build and test all models on a staging copy, and publish it if all is well."""
    coverage = read_coverage(project.warehouse)
    check_as_of(request.as_of, coverage)
    with _run(project, "build", clock) as run, staged_copy(project) as database:
        return _build(project, database, request, run, report)


def replay(
    project: Project,
    months: int,
    clock: Clock,
    report: Report,
    published: Callable[[Built], None],
) -> None:
    """Advance and build month by month, publishing each, so that history is recorded as it happens.

    Args:
        project: The warehouse.
        months: How many months to add.
        clock: The time now, in UTC.
        report: Called with the progress within a month.
        published: Called with each month's published build.
    """
    read_coverage(project.warehouse)
    with disk.explained_when_full(project), write_lock(project):
        for _ in range(months):
            with recorded(project.runs, "replay", clock) as run, staged_copy(project) as database:
                advance_world(database, 1, report)
                built = _build(project, database, BuildRequest(), run, report)
            published(built)


def _build(
    project: Project, database: Path, request: BuildRequest, run: Run, report: Report
) -> Built:
    coverage: Coverage = read_coverage(database)
    as_of = request.as_of or coverage.last
    run.details |= {"as_of": as_of.isoformat(), "select": " ".join(request.select)}
    built = Built(as_of, build_database(project, database, request, report))
    run.details["nodes"] = built.report.summary
    return built


@contextmanager
def _run(project: Project, command: str, clock: Clock, **details: object) -> Iterator[Run]:
    """Hold the lock for one recorded run. A command that does not get the lock is not recorded."""
    with (
        disk.explained_when_full(project),
        write_lock(project),
        recorded(project.runs, command, clock, **details) as run,
    ):
        yield run
