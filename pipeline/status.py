"""What is loaded, built and published, when, and how it went. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipeline.errors import WarehouseError
from pipeline.history import History, Run, read_history
from pipeline.opening import FileBusyError, open_published, unreadable
from pipeline.publishing import lock_holder
from pipeline.terminal import safe
from pipeline.verdicts import unknown_statuses
from pipeline.wording import counted
from seeders.contracts import TABLES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pipeline.paths import Project

RUNS_SHOWN = 8
_LANDING = frozenset({"seed", "advance", "load"})
_BUILDING = frozenset({"build", "replay"})
_JUDGED = """
    select coalesce(sum(rows_accepted), 0)::bigint, coalesce(sum(rows_rejected), 0)::bigint
    from data_quality.fct_source_rows
"""
_BUILT_AS_OF = "select any_value(as_of_date) from intermediate.int_as_of_date"


@dataclass(frozen=True)
class Batch:
    """What one source delivered of one line of business."""

    source: str
    line_of_business: str
    batches: int
    first: date | None
    last: date


@dataclass(frozen=True)
class Content:
    """What a warehouse file holds.

    Attributes:
        raw_rows: Rows of each raw table that has any, without the loader's own control tables.
        built_as_of: Day the models were built for, None when they never were.
        unknown_statuses: A sentence for each unknown word for a status.
        judged: Rows and lines accepted and rejected by staging; None before it has run.
    """

    batches: tuple[Batch, ...]
    raw_rows: dict[str, int]
    built_as_of: date | None
    unknown_statuses: tuple[str, ...] = ()
    judged: tuple[int, int] | None = None


@dataclass(frozen=True)
class Status:
    """Everything that `warehouse status` shows.

    Attributes:
        content: None when there is no file, or when `trouble` says why it cannot be read.
        trouble: Why the file cannot be read, None if it can.
        runs: All runs that are recorded, oldest first.
        holder: Process id of the running build.
        passed_over: Lines of the run history that are not run records.
        history_is_closed: Whether permissions forbid reading the lock or the run history.
    """

    project: Project
    published_at: datetime | None
    size: int
    content: Content | None
    trouble: WarehouseError | None
    runs: tuple[Run, ...]
    holder: str | None
    passed_over: int = 0
    history_is_closed: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether the file cannot be read at all, rather than being written to right now."""
        return self.trouble is not None and not isinstance(self.trouble, FileBusyError)

    @property
    def advice(self) -> str:
        """The command to run next, empty if everything is up to date."""
        if self.published_at is None or (self.content and not self.content.batches):
            return "run `warehouse seed` for simulated data or `warehouse load DIR` for your own"
        if self.content and (self.content.built_as_of is None or self._is_stale):
            return "the marts do not show the newest raw rows: run `warehouse build`"
        return ""

    @property
    def _is_stale(self) -> bool:
        done = [run.command for run in self.runs if run.outcome == "published"]
        last = next((name for name in reversed(done) if name in _LANDING | _BUILDING), None)
        return last in _LANDING

    def render(self) -> RenderableType:
        """The status as a page at most 80 columns wide."""
        facts = Table.grid(padding=(0, 2))
        facts.add_row("warehouse", safe(self.project.warehouse))
        facts.add_row("published", self._published)
        if self.content:
            for batch in self.content.batches:
                facts.add_row("loaded", _batch_line(batch))
            rows = sum(self.content.raw_rows.values())
            facts.add_row("raw rows", f"{rows:,} in {counted(len(self.content.raw_rows), 'table')}")
            if self.content.judged:
                accepted, rejected = self.content.judged
                facts.add_row("judged", f"{accepted:,} accepted, {rejected:,} rejected")
            facts.add_row("built", f"as of {self.content.built_as_of or '(never)'}")
            for sentence in self.content.unknown_statuses:
                facts.add_row("look at", safe(sentence))
        if self.holder:
            facts.add_row("at work", f"process {self.holder} is building")
        if self.advice:
            facts.add_row("next", self.advice)
        lines: list[RenderableType] = [facts]
        if self.runs:
            lines += [Text(), _runs_table(self.runs[-RUNS_SHOWN:])]
        if self.history_is_closed:
            lines.append(Text(f"no permission to read the run history: {safe(self.project.runs)}"))
        if self.passed_over:
            noun = "line" if self.passed_over == 1 else "lines"
            lines.append(
                Text(
                    f"skipped {self.passed_over:,} {noun} of {safe(self.project.runs)}: not run records"
                )
            )
        return Group(*lines)

    @property
    def _published(self) -> str:
        if self.published_at is None:
            return "nothing yet"
        when = f"{self.published_at:%Y-%m-%d %H:%M} UTC, {self.size / 1e6:,.1f} MB"
        if self.trouble is None:
            return when
        return f"{when}; {'cannot be read' if self.is_broken else 'open for writing elsewhere'}"


def read_status(project: Project) -> Status:
    """Look at the published file, the lock and the run history.

    Raises:
        WarehouseError: If the lock or the run history is not a regular file.
    """
    holder, history, closed = None, History(), False
    try:
        holder = lock_holder(project)
        history = read_history(project.runs, at_work=holder is not None)
    except PermissionError:  # readers of the warehouse need no access to the workspace
        closed = True
    runs = (history.runs, holder, history.unreadable, closed)
    if not project.warehouse.exists():
        return Status(project, None, 0, None, None, *runs)
    found = project.warehouse.stat()
    content, trouble = None, None
    try:
        content = _read_content(project)
    except WarehouseError as error:
        trouble = error
    except duckdb.Error as error:
        trouble = unreadable(project.warehouse, error)
    published_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return Status(project, published_at, found.st_size, content, trouble, *runs)


def _read_content(project: Project) -> Content:
    with open_published(project.warehouse) as connection:
        known = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
        }
        counts = {
            name: _scalar(connection, f"select count(*) from {name}")  # noqa: S608  (a contract's name)
            for name, table in TABLES.items()
            if table.loadable and name in known
        }
        batches = (
            connection.execute(
                """
                select
                    coalesce(split_part(source, ':', 1), '(unnamed)'),
                    coalesce(line_of_business, '(all)'),
                    count(*),
                    min(covers_from),
                    max(as_of_date)
                from raw_control.extract_batches
                group by all
                order by all
                """
            ).fetchall()
            if "raw_control.extract_batches" in known
            else []
        )
        judged = (
            connection.execute(_JUDGED).fetchone()
            if "data_quality.fct_source_rows" in known
            else None
        )
        built = "intermediate.int_as_of_date" in known
        return Content(
            batches=tuple(Batch(*row) for row in batches),
            raw_rows={name: count for name, count in counts.items() if count},
            built_as_of=_scalar(connection, _BUILT_AS_OF) if built else None,
            unknown_statuses=(
                unknown_statuses(connection) if "data_quality.fct_row_alerts" in known else ()
            ),
            judged=judged,
        )


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:  # noqa: ANN401
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]


def _batch_line(batch: Batch) -> str:
    batches = counted(batch.batches, "batch", "batches")
    since = f"from {batch.first} " if batch.first else ""
    return safe(f"{batch.source}, {batch.line_of_business}: {batches} {since}to {batch.last}")


def _runs_table(runs: tuple[Run, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("started (UTC)", "command", "outcome", "seconds", "what"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for run in reversed(runs):
        given = (f"{key}={value}" for key, value in run.details.items() if value)
        seconds = "" if run.seconds is None else f"{run.seconds:,.1f}"
        started = f"{run.started_at:%Y-%m-%d %H:%M}"
        what = run.message or ", ".join(given)
        table.add_row(started, safe(run.command), run.outcome, seconds, safe(what))
    return table
