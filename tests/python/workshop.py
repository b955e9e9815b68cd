"""Makes warehouses for tests with the pipeline's own functions, each in a directory of its own."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest import mock

import duckdb
import pytest

from pipeline import dbt_runner, workflow
from pipeline.building import BuildRequest
from pipeline.landing import read_config
from pipeline.paths import CHECKOUT, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.cli.main import dbtRunnerResult

# As users build: two dbt threads, DuckDB on all cores; but with dbt's debug log, which is searched for personal data.
USUAL_BUILDS = {"WAREHOUSE_THREADS": "2", "DBT_LOG_LEVEL_FILE": "debug"}
# Tests have few rows: more threads would only wait for each other, and the debug log is not needed.
FAST_BUILDS = {"WAREHOUSE_THREADS": "1", "DBT_LOG_LEVEL_FILE": "info"}

MODELS_AND_ANALYSES = frozenset({"model", "analysis"})


@dataclass(frozen=True)
class Workshop:
    """Where warehouses are made.

    Attributes:
        directory: Holds one directory for each warehouse.
        shared: Holds those that several processes read.
        root_seed: Root of every random draw, where a test does not choose its own.
    """

    directory: Path
    shared: Path
    root_seed: int

    def project(self, name: str) -> Project:
        """A place for a warehouse; nothing is in it yet."""
        return _place(self.directory / name)

    def share(self, name: str, make: Callable[[Project], None], *, fast: bool = True) -> Project:
        """A warehouse that is made once, whichever process asks for it first.

        Args:
            name: Its name; the log of its builds is beside it.
            make: Makes it, given its place.
            fast: Whether builds use fewer threads and log less than those of users.
        """
        project = _place(self.shared / name)
        place = project.warehouse.parent
        made = place / "made"
        with (self.shared / f"{name}.lock").open("w") as lock, ExitStack() as stack:
            # the kernel takes the lock back when the file is closed
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                manner = {} if fast else USUAL_BUILDS
                logs = {"DBT_LOG_PATH": str(place / "logs")}
                stack.enter_context(mock.patch.dict(os.environ, manner | logs))
                make(project)
                made.touch()
        return project

    def simulate(
        self, name: str, *settings: str, preset: str = "demo", root_seed: int | None = None
    ) -> Project:
        """A warehouse with simulated raw rows; `settings` are what `--set` takes."""
        return self.seed(self.project(name), *settings, preset=preset, root_seed=root_seed)

    def seed(
        self, project: Project, *settings: str, preset: str = "demo", root_seed: int | None = None
    ) -> Project:
        """Simulate raw rows; `settings` are what `--set` takes."""
        config = read_config(preset, None, settings)
        root = self.root_seed if root_seed is None else root_seed
        workflow.seed(project, config, root, frozen_clock, silent)
        return project

    def load(self, name: str, extracts: Path, as_of: date | None = None) -> workflow.Loaded:
        """Load extracts into `project(name)`, and return what became of their rows."""
        return workflow.load(self.project(name), extracts, as_of, frozen_clock, silent)

    def build(
        self,
        project: Project,
        as_of: date | None = None,
        *,
        full_refresh: bool = False,
        select: tuple[str, ...] = (),
    ) -> Project:
        """Build, test and publish a warehouse."""
        request = BuildRequest(as_of, full_refresh, select)
        workflow.build(project, request, frozen_clock, silent)
        return project

    def make(
        self,
        project: Project,
        as_of: date | None = None,
        *,
        full_refresh: bool = False,
        select: tuple[str, ...] = ("resource_type:model", "resource_type:snapshot"),
    ) -> Project:
        """Build a warehouse and publish it without data tests, for who looks at its rows anyway."""
        with mock.patch.dict(os.environ, {"DBT_INDIRECT_SELECTION": "empty"}):
            return self.build(project, as_of, full_refresh=full_refresh, select=select)

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
        return self.copy_to(project, self.project(name))

    def copy_to(self, project: Project, twin: Project) -> Project:
        """The same content in another place."""
        shutil.copyfile(project.warehouse, twin.warehouse)
        return twin

    def manifest(self) -> dict[str, Any]:
        """What dbt knows of the project."""
        parsed = dbt_runner.parse(self.project("parsed")).result
        parsed.write(str(self.directory / "target" / "manifest.json"))
        return _read_manifest(self.directory / "target")

    def compile(
        self,
        *select: str,
        chosen: Mapping[str, object] | None = None,
        kinds: frozenset[str] = MODELS_AND_ANALYSES,
    ) -> dict[str, Any]:
        """The nodes of models and analyses, by name and each with its `compiled_code`.

        Args:
            select: What dbt is told to select; everything where nothing is said.
            chosen: Vars that are to differ from the project's.
            kinds: Resource types, as dbt names them, that are returned.
        """
        place = self.project("compiled")
        target = place.warehouse.parent / "target"
        shutil.rmtree(target, ignore_errors=True)
        dbt_runner.parse(place)
        selection = ("--select", *select) if select else ()
        arguments = ("compile", "--vars", json.dumps(dict(chosen or {})), *selection)
        with mock.patch.dict(os.environ, {"DBT_TARGET_PATH": str(target)}):
            dbt_runner.run_dbt(place, place.warehouse, arguments, silent)
        return {
            node["name"]: node
            for node in _read_manifest(target)["nodes"].values()
            # what an earlier command of this process has compiled is no answer
            if node["resource_type"] in kinds and _is_compiled(node, target)
        }


@contextmanager
def open_workshop(directory: Path, shared: Path, root_seed: int) -> Iterator[Workshop]:
    """A place to make warehouses in, with dbt's own files out of the checkout.

    Args:
        directory: Holds what this process makes; it exists.
        shared: Holds what several processes read; it exists.
        root_seed: Root of every random draw, where nothing else is said.

    Yields:
        The workshop. While it is open, builds of this process use fewer threads and log less.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", str(directory / "target"))
        patch.setenv("DBT_LOG_PATH", str(directory / "logs"))
        speed_up_builds(patch)
        yield Workshop(directory, shared, root_seed)


def speed_up_builds(patch: pytest.MonkeyPatch) -> None:
    """Speed up the builds of tests without changing what they build."""
    for name, value in FAST_BUILDS.items():
        patch.setenv(name, value)

    # the project's files do not change while tests run, so they are parsed once
    parse = dbt_runner.parse

    @cache
    def parse_once() -> dbtRunnerResult:
        return parse(Project(CHECKOUT, CHECKOUT / "warehouse.duckdb"))

    def parse_checkout_once(project: Project) -> dbtRunnerResult:
        return parse_once() if project.root == CHECKOUT else parse(project)

    patch.setattr(dbt_runner, "parse", parse_checkout_once)

    # a test that builds will import it anyway
    from dbt.adapters.duckdb.environments import Environment  # noqa: PLC0415

    open_database = Environment.initialize_db.__func__

    def open_on_one_thread(
        cls: type[Environment], credentials: DuckDBCredentials, *plugins: object
    ) -> duckdb.DuckDBPyConnection:
        if os.environ["WAREHOUSE_THREADS"] == "1":
            credentials.config_options = {**(credentials.config_options or {}), "threads": 1}
        opened: duckdb.DuckDBPyConnection = open_database(cls, credentials, *plugins)
        return opened

    patch.setattr(Environment, "initialize_db", classmethod(open_on_one_thread))


def query(project: Project, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query on the published file."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def frozen_clock() -> datetime:
    """The same moment, whenever it is asked for."""
    return datetime(2026, 1, 1, tzinfo=UTC)


def silent(done: int, total: int, what: str) -> None:
    """Report nothing."""
    del done, total, what


def _place(directory: Path) -> Project:
    directory.mkdir(parents=True, exist_ok=True)
    return Project(CHECKOUT, directory / "warehouse.duckdb")


def _is_compiled(node: Mapping[str, Any], target: Path) -> bool:
    """Whether a node was compiled into this target; a path of an earlier command points elsewhere."""
    if node["resource_type"] == "snapshot":  # dbt writes no file of its query
        return bool(node["compiled"])
    if node.get("compiled_path") is None:
        return False
    path: Path = (CHECKOUT / node["compiled_path"]).resolve()
    return path.exists() and path.is_relative_to(target.resolve())


def _read_manifest(target: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    return found
