"""What was run, when, and how it went: one JSON object a line, beside the warehouse.

Not a table inside it: a run that failed publishes nothing, so its record could not be kept there.
A run writes one line when it starts and one when it ends. A start without an end is a run that was
killed, or is at work still.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

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
        details: What it was given and what it brought about; grows during the run.
    """

    command: str
    started_at: datetime
    outcome: Outcome = "running"
    seconds: float | None = None
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """The run as one line."""
        return json.dumps(asdict(self) | {"started_at": self.started_at.isoformat()}, default=str)

    @classmethod
    def from_json(cls, line: str) -> Run:
        """The run a line tells of.

        Raises:
            ValueError: If the line is not one that `to_json` wrote.
        """
        try:
            values = json.loads(line)
            return cls(**values | {"started_at": datetime.fromisoformat(values["started_at"])})
        except (TypeError, KeyError) as error:
            message = f"not a run: {line!r}"
            raise ValueError(message) from error


@contextmanager
def recorded(path: Path, command: str, clock: Clock, **details: object) -> Iterator[Run]:
    """Record the start and the end of a command, whichever way it ends.

    Args:
        path: The history's file; its directory exists.
        command: Name of the command.
        clock: The time now, in UTC.
        details: What the command was given.

    Yields:
        The run, for the command to add details to.
    """
    run = Run(command, clock(), details=dict(details))
    _append(path, run)
    try:
        yield run
    except BaseException as error:
        run.outcome = "failed"
        run.message = " ".join(str(error).split()) or type(error).__name__
        raise
    else:
        run.outcome = "published"
    finally:
        run.seconds = round((clock() - run.started_at).total_seconds(), 1)
        _append(path, run)


def read_runs(path: Path, *, at_work: bool) -> list[Run]:
    """All runs, oldest first.

    Args:
        path: The history's file, which need not exist.
        at_work: Whether a builder holds the lock now; a run without an end is its run then.
    """
    runs: list[Run] = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            run = Run.from_json(line)
        except ValueError:
            continue  # a line cut short by a full disk or a kill
        if runs and runs[-1].outcome == "running" and runs[-1].started_at == run.started_at:
            runs.pop()
        runs.append(run)
    for position, run in enumerate(runs, start=1):
        if run.outcome == "running" and not (at_work and position == len(runs)):
            run.outcome = "killed"
    return runs


def _append(path: Path, run: Run) -> None:
    with path.open("a", encoding="utf-8") as handle:
        handle.write(run.to_json() + "\n")
