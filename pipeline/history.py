"""The run history: what was run, when, and how it went, as one JSON object a line beside the warehouse.

It is not a table in the warehouse, since a failed run publishes nothing and would leave no record there. A run writes
one line when it starts and one when it ends. A start without an end is a run that was killed or is still running.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from pipeline.errors import WarehouseError
from pipeline.paths import require_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Clock = Callable[[], datetime]

Outcome = Literal["running", "published", "failed", "killed"]


@dataclass
class Run:
    """One command, from start to end.

    Attributes:
        command: Name of the command, as typed after `warehouse`.
        details: Its arguments and results; extended during the run.
    """

    command: str
    started_at: datetime
    outcome: Outcome = "running"
    seconds: float | None = None
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the run as one line."""
        return json.dumps(asdict(self) | {"started_at": self.started_at.isoformat()}, default=str)

    @classmethod
    def from_json(cls, line: str) -> Run:
        """Parse a run from a line.

        Raises:
            ValueError: If the line is not one that `to_json` wrote.
        """
        try:
            values = json.loads(line)
            run = cls(**values | {"started_at": datetime.fromisoformat(values["started_at"])})
            run.seconds = None if run.seconds is None else float(run.seconds)
            run.details = {key: _scalar(value) for key, value in run.details.items()}
        except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            message = "not a run"
            raise ValueError(message) from error
        texts = (run.command, run.message)
        if run.outcome not in get_args(Outcome) or not all(isinstance(t, str) for t in texts):
            message = "not a run"
            raise ValueError(message)
        return run


@dataclass(frozen=True)
class History:
    """The content of a history file.

    Attributes:
        runs: All runs, oldest first.
        unreadable: Number of lines that are not run records, such as one cut short by a full disk.
    """

    runs: tuple[Run, ...] = ()
    unreadable: int = 0


@contextmanager
def recorded(path: Path, command: str, clock: Clock, **details: object) -> Iterator[Run]:
    """Record the start and the end of a command, however it ends.

    Args:
        path: The history file; its directory must exist.
        command: Name of the command.
        clock: The time now, in UTC.
        details: The arguments of the command.

    Yields:
        The run, for the command to add details to.

    Raises:
        WarehouseError: If what was published could not be recorded.
    """
    run = Run(command, clock(), details=dict(details))
    _append(path, run)
    try:
        yield run
    except BaseException as error:
        run.outcome = "failed"
        run.message = " ".join(str(error).split()) or type(error).__name__
        with suppress(OSError):  # the error of the command matters more
            _end(path, run, clock)
        raise
    run.outcome = "published"
    try:
        _end(path, run, clock)
    except OSError as error:
        message = f"published, but {path} could not record it: {error.strerror or error}"
        raise WarehouseError(message) from error


def read_runs(path: Path, *, at_work: bool) -> list[Run]:
    """All runs, oldest first; `read_history` also counts the lines that are not runs."""
    return list(read_history(path, at_work=at_work).runs)


def read_history(path: Path, *, at_work: bool) -> History:
    """Read all runs and skip whatever else the file contains.

    Args:
        path: The history file, which need not exist.
        at_work: Whether a process holds the lock now; a run without an end is then its run.

    Raises:
        WarehouseError: If it is not a regular file.
    """
    require_file(path)
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    runs: list[Run] = []
    unreadable = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            run = Run.from_json(line)
        except ValueError:
            unreadable += 1
            continue
        if runs and runs[-1].outcome == "running" and runs[-1].started_at == run.started_at:
            runs.pop()
        runs.append(run)
    for position, run in enumerate(runs, start=1):
        if run.outcome == "running" and not (at_work and position == len(runs)):
            run.outcome = "killed"
    return History(tuple(runs), unreadable)


def _end(path: Path, run: Run, clock: Clock) -> None:
    run.seconds = round((clock() - run.started_at).total_seconds(), 1)
    _append(path, run)


def _append(path: Path, run: Run) -> None:
    line = run.to_json().encode() + b"\n"
    with path.open("a+b") as handle:
        # do not continue a line that was cut short
        if handle.seek(0, os.SEEK_END) and handle.seek(-1, os.SEEK_END) and handle.read() != b"\n":
            line = b"\n" + line
        handle.write(line)


def _scalar(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value)
