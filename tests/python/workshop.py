"""Makes warehouses for tests with the pipeline's own functions, each in a directory of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline import workflow
from pipeline.building import BuildRequest
from pipeline.landing import read_config
from pipeline.paths import CHECKOUT, Project

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Workshop:
    """Where warehouses are made.

    Attributes:
        directory: Holds one directory for each warehouse.
        root_seed: Root of every random draw, where a test does not choose its own.
    """

    directory: Path
    root_seed: int

    def project(self, name: str) -> Project:
        """A place for a warehouse; nothing is in it yet."""
        place = self.directory / name
        place.mkdir(parents=True, exist_ok=True)
        return Project(CHECKOUT, place / "warehouse.duckdb")

    def simulate(
        self, name: str, *settings: str, preset: str = "demo", root_seed: int | None = None
    ) -> Project:
        """A warehouse with simulated raw rows; `settings` are what `--set` takes."""
        project = self.project(name)
        config = read_config(preset, None, settings)
        root = self.root_seed if root_seed is None else root_seed
        workflow.seed(project, config, root, frozen_clock, silent)
        return project

    def load(self, name: str, extracts: Path, as_of: date | None = None) -> workflow.Loaded:
        """Load extracts into `project(name)`, and return what became of their rows."""
        return workflow.load(self.project(name), extracts, as_of, frozen_clock, silent)

    def build(
        self, project: Project, as_of: date | None = None, *, full_refresh: bool = False
    ) -> Project:
        """Build, test and publish a warehouse."""
        request = BuildRequest(as_of, full_refresh)
        workflow.build(project, request, frozen_clock, silent)
        return project

    def advance(self, project: Project, months: int = 1) -> Project:
        """Let months arrive."""
        workflow.advance(project, months, frozen_clock, silent)
        return project

    def replay(self, project: Project, months: int) -> Project:
        """Advance and build, month by month."""
        workflow.replay(project, months, frozen_clock, silent, lambda _: None)
        return project

    def copy(self, project: Project, name: str) -> Project:
        """A warehouse of its own with the same content, for a test that changes it."""
        twin = self.project(name)
        shutil.copyfile(project.warehouse, twin.warehouse)
        return twin


def query(project: Project, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query on the published file."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def frozen_clock() -> datetime:
    """The same moment, whenever it is asked for."""
    return datetime(2025, 1, 1, tzinfo=UTC)


def silent(done: int, total: int, what: str) -> None:
    """Report nothing."""
    del done, total, what
