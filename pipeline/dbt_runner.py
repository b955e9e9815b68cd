"""dbt in this process: on which file, how far it is, and what failed in one line each.

One process for several builds saves dbt's start each time. dbt's own output goes to its log file;
the terminal shows what a user needs to know.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import AuditError, WarehouseUsageError
from pipeline.offenders import FailedNode, name_offenders
from pipeline.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

    from pipeline.paths import Project
    from pipeline.progress import Report

_FAILED = frozenset({"error", "fail", "runtime error", "partial success"})
_PHRASES = {
    "success": ("model built", "models built"),
    "pass": ("test passed", "tests passed"),
    "warn": ("with a warning", "with a warning"),
}


@dataclass(frozen=True)
class DbtReport:
    """How the nodes of one dbt command ended.

    Attributes:
        counts: Number of nodes by status, as dbt names them.
        seconds: Execution time by node, slowest first.
        warnings: What each test said that warns and does not fail.
    """

    counts: dict[str, int]
    seconds: dict[str, float]
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The counts as a phrase: `41 models built, 120 tests passed, 1 with a warning`."""
        return ", ".join(
            counted(count, *_PHRASES.get(status, (status, status)))
            for status, count in self.counts.items()
            if status != "no-op"  # exposures: there is nothing to run
        )


def run_dbt(
    project: Project, database: Path, arguments: Sequence[str], report: Report
) -> DbtReport:
    """Run one dbt command on one database file.

    Args:
        project: Whose models to run.
        database: The file dbt works on. No connection of this process to it is open, neither now
            nor at the return.
        arguments: The command line after `dbt`.
        report: Told of each node that ends.

    Raises:
        AuditError: If dbt could not start, or a model or test failed.
    """
    # relations carry the catalog, which is the file's stem: that of a link is not that of what it leads to
    is_renamed = database.stem != Path(os.environ.get("WAREHOUSE_PATH", "warehouse")).stem
    with _on_database(database) if is_renamed else nullcontext():
        outcome = parse(project)
    relations: dict[str, str] = {}
    if outcome.success:
        relations = _relations(outcome.result)
        with _on_database(database):
            outcome = _invoke(project, arguments, outcome.result, [_Progress(report)])
    if isinstance(outcome.exception, KeyboardInterrupt):
        raise outcome.exception
    results = list(getattr(outcome.result, "results", ()))
    failed = [result for result in results if str(result.status) in _FAILED]
    if failed:
        rows = name_offenders(database, [_failed_node(result, relations) for result in failed])
        failures = tuple(
            _failure(result) + (f" rows: {named}" if named else "")
            for result, named in zip(failed, rows, strict=True)
        )
        message = (
            f"{len(failures)} of {len(results)} models and tests failed; nothing is published;"
            f" the copy they failed on is {database}, the log {_log(project)}"
        )
        raise AuditError(message, failures)
    if not outcome.success:
        reason = " ".join(str(outcome.exception or "no reason given").split())
        message = f"dbt {arguments[0]} could not run, see {_log(project)}: {reason}"
        raise AuditError(message) from outcome.exception
    if not results and "--select" in arguments:
        message = f"there is no model or test by the name of {arguments[-1]}: see `dbt ls`"
        raise WarehouseUsageError(message)
    timed = sorted(results, key=lambda result: float(result.execution_time), reverse=True)
    return DbtReport(
        counts=dict(Counter(str(result.status) for result in results)),
        seconds={result.node.name: float(result.execution_time) for result in timed},
        warnings=tuple(_failure(result) for result in results if str(result.status) == "warn"),
    )


def parse(project: Project) -> dbtRunnerResult:
    """Read the project: what changed in it since the last time.

    A step of its own, without the run's vars and with the profile as a plain `dbt` sees it, not on the
    staging copy: with other vars or another path than last time dbt reads everything again. No var says
    which nodes there are, what they refer to or how they are configured; models look vars up when they
    are compiled. The command that follows writes the manifest.
    """
    return _invoke(project, ["parse", "--no-write-json"])


def _invoke(
    project: Project,
    arguments: Sequence[str],
    manifest: Manifest | None = None,
    callbacks: list[Callable[[EventMsg], None]] | None = None,
) -> dbtRunnerResult:
    # dbt takes seconds to import: only who runs it pays for it
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    from pipeline.dbt_events import skip_unread_events  # noqa: PLC0415

    skip_unread_events()
    # Without a level of its own the log file takes the terminal's, `none`, and stays empty. `debug` costs a
    # fifth of the CPU time of a build.
    level = os.environ.get("DBT_LOG_LEVEL_FILE", "info")
    log = ("--log-level-file", level, "--log-path", str(log_directory(project)))
    options = ("--log-level", "none", *log, "--no-use-colors")
    places = ("--project-dir", str(project.root), "--profiles-dir", str(project.root))
    # a log on a full disk must not stop a build or print tracebacks
    before, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        return dbtRunner(manifest, callbacks).invoke([*options, *arguments, *places])
    finally:
        logging.raiseExceptions = before


class _Progress:
    """Counts the nodes that ended, from dbt's event stream."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._done = 0
        self._total = 0

    def __call__(self, event: Any) -> None:  # noqa: ANN401  (a protobuf message built at run time)
        if event.info.name == "ConcurrencyLine":
            self._total = event.data.node_count
        elif event.info.name == "NodeFinished":
            self._done += 1
            self._report(self._done, self._total, event.data.node_info.node_name)


@contextmanager
def _on_database(database: Path) -> Iterator[None]:
    """Point the profile at a file, and let go of the file afterwards.

    dbt-duckdb keeps its connection open for a next command in the same process: the file could not
    be sealed and renamed under it.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    before = os.environ.get("WAREHOUSE_PATH")
    os.environ["WAREHOUSE_PATH"] = str(database)
    try:
        yield
    finally:
        if DuckDBConnectionManager._ENV is not None:  # noqa: SLF001  (dbt has no public way)
            DuckDBConnectionManager.env().close()
        DuckDBConnectionManager.close_all_connections()
        if before is None:
            del os.environ["WAREHOUSE_PATH"]
        else:
            os.environ["WAREHOUSE_PATH"] = before


def log_directory(project: Project) -> Path:
    """Where dbt writes its log."""
    return project.root / (os.environ.get("DBT_LOG_PATH") or "logs")


def target_directory(project: Project) -> Path:
    """Where dbt writes what it compiled, and how it went."""
    return project.root / (os.environ.get("DBT_TARGET_PATH") or "target")


def _log(project: Project) -> Path:
    return log_directory(project) / "dbt.log"


def _relations(manifest: Manifest) -> dict[str, str]:
    """The table or view of every node that makes one, by the node's id."""
    return {
        key: f"{node.schema}.{node.alias}"
        for key, node in manifest.nodes.items()
        if str(node.resource_type) in {"model", "snapshot"}
    }


def _failed_node(result: Any, relations: dict[str, str]) -> FailedNode:  # noqa: ANN401
    """What can be asked of a node that failed; `relations` as `_relations` has them."""
    node = result.node
    return FailedNode(
        sql=str(getattr(node, "compiled_code", None) or ""),
        reason=str(result.message or ""),
        is_test=str(node.resource_type) == "test",
        column=getattr(node, "column_name", None),
        relation=relations.get(str(getattr(node, "attached_node", None))),
    )


def _failure(result: Any) -> str:  # noqa: ANN401  (dbt's result classes share no typed base)
    """One line: what failed, why, and where its SQL is."""
    lines = [line.strip() for line in str(result.message or "").splitlines()]
    # dbt's first line repeats the node's name and file; the database's reason is the next one.
    wordy = len(lines) > 1 and lines[0].endswith(")")
    reason = lines[1] if wordy else (lines[0] if lines else "")
    compiled = getattr(result.node, "compiled_path", None) or result.node.original_file_path
    return f"{result.node.name}: {reason} [{compiled}]"
