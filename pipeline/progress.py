"""Progress bars, shown only on a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.terminal import safe, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator


class Report(Protocol):
    """A callback that reports progress."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Report that `done` of `total` pieces are done, and what is being worked on."""


@contextmanager
def progress_bar(title: str) -> Iterator[Report]:
    """Draw a bar on standard error, if that is a terminal.

    Yields:
        The function a step reports to; it may be called from any thread.
    """
    console = terminal(errors=True, soft_wrap=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", style="dim", markup=False),
    )
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(title, total=None, what="")

        def report(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, what=safe(what)[:32])

        yield report
