"""What all kinds of faults share: trials, their chances, child processes and what a file holds."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from random import Random
from typing import TYPE_CHECKING

from pipeline.opening import open_published
from pipeline.paths import CHECKOUT, Project
from tests.python.pipeline.toy import Outcome
from tests.python.warehouse.compiled_estate import compile_estate
from tests.python.workshop import open_workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

# A company of every line of business, as small as it can be.
SMALL_WORLD = (
    *("--set", "period.months=6", "--set", "subscription.customers=40"),
    *("--set", "trade.accounts=6", "--set", "trade.first_month=2023-07"),
    *("--set", "utility.customers=4", "--set", "utility.first_day=2023-02-02"),
    *("--set", "metering.meters=4", "--set", "metering.meters_per_feeder=4"),
)


@dataclass(frozen=True)
class Trial:
    """One fault, and what came of it.

    Attributes:
        what: The fault.
        got: What was seen, in a few words.
        breach: Which promise was broken, or None where all were kept.
        seconds: From the fault to the last look at it.
    """

    what: str
    got: str
    breach: str | None = None
    seconds: float = 0.0


class NotTriedError(Exception):
    """A kind that cannot be tried on this machine; the message says why."""


@dataclass(frozen=True)
class Setting:
    """Where and how faults of one kind are tried.

    Attributes:
        name: The kind.
        place: A directory of its own.
        seed: Root of every random draw.
        short: Whether only a cut is tried, in seconds instead of minutes.
        workshop: Where warehouses are made without child processes.
        compiled: Gives all models and data tests, compiled once for all kinds.
    """

    name: str
    place: Path
    seed: int
    short: bool
    workshop: Workshop
    compiled: Callable[[], Estate]

    @cached_property
    def chance(self) -> Random:
        """The kind's own stream of random draws: no other kind moves it."""
        return Random(f"{self.seed} {self.name}")  # noqa: S311  (nothing is kept secret)

    @property
    def estate(self) -> Estate:
        """All models and data tests."""
        return self.compiled()

    def directory(self, name: str) -> Path:
        """A new directory of this kind."""
        made = self.place / name
        made.mkdir(parents=True)
        return made


@dataclass(frozen=True)
class Kind:
    """A kind of faults.

    Attributes:
        name: What it is called on the command line and the pages.
        title: What is done, as a phrase.
        count: How many trials there are, in full and in short.
        try_all: Tries them, one after the other.
    """

    name: str
    title: str
    count: tuple[int, int]
    try_all: Callable[[Setting], Iterator[Trial]]


@contextmanager
def open_bench(directory: Path, seed: int, *, short: bool) -> Iterator[Callable[[Kind], Setting]]:
    """One workshop and one compiled project for all kinds of a run.

    Args:
        directory: An empty directory; what the faults leave in it is the caller's to remove.
        seed: Root of every random draw.
        short: Whether only a cut is tried.

    Yields:
        Makes a setting for a kind.
    """
    place, shared = directory / "workshop", directory / "shared"
    place.mkdir()
    shared.mkdir()
    with open_workshop(place, shared, seed) as workshop:
        compiled = cache(partial(compile_estate, workshop))

        def setting(kind: Kind) -> Setting:
            (directory / kind.name).mkdir()
            return Setting(kind.name, directory / kind.name, seed, short, workshop, compiled)

        yield setting


# --- child processes


def environment(project: Project) -> dict[str, str]:
    """Variables of a child that works on a warehouse, with its temporary files and dbt's beside it."""
    place = project.warehouse.parent
    places = {
        "WAREHOUSE_PATH": str(project.warehouse),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",
        "TMPDIR": str(temporary(project)),
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    temporary(project).mkdir(exist_ok=True)
    inherited = {name: value for name, value in os.environ.items() if name[:4] != "DBT_"}
    inherited.pop("WAREHOUSE_THREADS", None)
    return {**inherited, **places}


def temporary(project: Project) -> Path:
    """What a child takes for the machine's temporary directory."""
    return project.warehouse.parent / "tmp"


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:
    """Start one `warehouse` command in a process of its own; its output goes to a file beside it."""
    with (project.warehouse.parent / "output").open("w") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *arguments],
            cwd=CHECKOUT,
            env=environment(project),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )


def output(project: Project) -> str:
    """What the last command that `start` started has printed."""
    return (project.warehouse.parent / "output").read_text(errors="replace")


def run(
    project: Project,
    *arguments: str,
    timeout: float | None = None,
    most_bytes: int | None = None,
    more: Mapping[str, str] | None = None,
) -> Outcome:
    """Run one `warehouse` command to its end.

    Args:
        project: The warehouse.
        arguments: What stands behind `warehouse`.
        timeout: Seconds after which it is killed; it then ends with code -9.
        most_bytes: Memory it may address.
        more: Variables on top.
    """

    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))

    with subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        cwd=CHECKOUT,
        env=environment(project) | dict(more or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=limit,  # noqa: PLW1509  (this process starts no thread of Python's)
    ) as child:
        try:
            stdout, stderr = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            stdout, stderr = child.communicate()
    return Outcome(child.returncode, stdout, stderr)


def must_succeed(outcome: Outcome) -> None:
    """Stop where a step that prepares trials has failed.

    Raises:
        RuntimeError: With what the command said.
    """
    if outcome.code != 0:
        message = f"a command that prepares trials ended with {outcome.code}: {outcome.stderr}"
        raise RuntimeError(message)


# --- what is looked at


def refusal(outcome: Outcome, codes: Sequence[int] = (1, 2), most_details: int = 0) -> str | None:
    """Why an outcome is no refusal in one line, or None where it is one.

    Args:
        outcome: How the command ended.
        codes: Exit codes that are right.
        most_details: Indented lines that may stand before the line: one for each problem of a mapping.
    """
    if outcome.code not in codes:
        return f"exit code {outcome.code}"
    everything = outcome.stdout + outcome.stderr
    for word in ("Traceback", "this is a bug", "INTERNAL Error"):
        if word in everything:
            return f"says {word!r}"
    lines = outcome.stderr.splitlines()
    if not lines or not lines[-1].startswith(("error: ", "Error: ")):
        return "no line that says what to do"
    details = [line for line in lines[:-1] if line.startswith("  ")]
    if len(details) != len(lines) - 1 or len(details) > most_details:
        return f"{len(lines)} lines"
    return None


def shown(outcome: Outcome) -> str:
    """The exit code and the first line of what an outcome says."""
    said = outcome.errors or outcome.stdout.splitlines() or ["nothing"]
    return f"{outcome.code}: {' '.join(said[0].split()).removeprefix('error: ')}"


def content(warehouse: Path) -> dict[str, tuple[int, int]]:
    """Rows of every table of a file, and a hash of them that no order changes."""
    with open_published(warehouse) as connection:
        return content_of(connection, warehouse.stem)


def content_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, tuple[int, int]]:
    """Rows of every table of a database, and a hash of them that no order changes."""
    names = connection.execute(
        "select format('{}.{}', schema_name, table_name) from duckdb_tables()"
        " where database_name = ? and not internal order by all",
        [database],
    ).fetchall()
    return {name: _digest(connection, f'"{database}".{name}') for (name,) in names}


def _digest(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    row = connection.execute(
        f"select count(*), coalesce(sum(hash(t)::hugeint), 0) from {table} as t"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def differing(
    one: Mapping[str, tuple[int, int]], other: Mapping[str, tuple[int, int]]
) -> list[str]:
    """Tables that two files hold different rows of."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


class Watch:
    """Measures one trial."""

    def __init__(self) -> None:
        """Start."""
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started
