"""What a run of faults came to: lines for the terminal, the page of results, figures of docs/reliability.md."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.page import replace_text, setting, table, write_part
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.python.faults.trials import Kind, Trial

RESULTS: Final = Path(__file__).with_name("results.md")
PAGE: Final = CHECKOUT / "docs" / "reliability.md"

_TITLE: Final = "# Faults"
_SHOWN: Final = 150
_START: Final = 50
_LISTED: Final = 120


@dataclass(frozen=True)
class Result:
    """One kind of faults, tried.

    Attributes:
        kind: The kind.
        seed: Root of its random draws.
        trials: What came of each fault.
        seconds: What all of it took, preparations included.
        not_tried: Why the kind could not be tried here, or None.
    """

    kind: Kind
    seed: int
    trials: tuple[Trial, ...]
    seconds: float
    not_tried: str | None = None

    @property
    def held(self) -> int:
        """How many faults broke no promise."""
        return sum(trial.breach is None for trial in self.trials)

    @property
    def figure(self) -> str:
        """How many held, of how many."""
        return f"{self.held} of {len(self.trials)}"


def without_places(trial: Trial, place: Path) -> Trial:
    """A trial that names no directory of this machine."""

    def cut(text: str) -> str:
        for path, short in ((place, "…"), (CHECKOUT, ".")):
            text = text.replace(str(path), short)
        # what was refused stands first, why stands last
        return text if len(text) <= _SHOWN else f"{text[:_START]}…{text[_START + 1 - _SHOWN :]}"

    return replace(trial, what=cut(trial.what), got=cut(trial.got))


def render_lines(trial: Trial) -> list[str]:
    """One trial as a line of the terminal, and its breach as a second one."""
    line = f"  {trial.what}: {trial.got} ({trial.seconds:.1f} s)"
    return [line, f"  BREACH: {trial.breach}"] if trial.breach else [line]


def render_summary(results: Sequence[Result]) -> str:
    """All kinds as a table."""
    rows = [
        (
            result.kind.name,
            f"{len(result.trials)}",
            f"{result.held}",
            f"{result.seconds:,.0f}",
            result.not_tried or result.kind.title,
        )
        for result in results
    ]
    lines = table(("kind", "tried", "held", "seconds", "what"), rows, ("kind", "what"))
    return "\n".join(lines)


def write_results(path: Path, results: Sequence[Result], order: Sequence[str]) -> None:
    """Put what was tried into the page of results; kinds that were not tried stay as they are."""
    for result in results:
        if result.trials:
            write_part(path, result.kind.name, _part(result), title=_TITLE, order=order)


def write_figures(page: Path, results: Sequence[Result]) -> None:
    """Put the figures into the page of promises: between `<!-- kind -->` and `<!-- / -->`."""
    text = page.read_text(encoding="utf-8")
    for result in results:
        if result.trials:
            mark = f"<!-- {result.kind.name} -->"
            text = re.sub(f"{mark}.*?<!-- / -->", f"{mark}{result.figure}<!-- / -->", text)
    replace_text(page, text)


def _part(result: Result) -> str:
    listed = result.trials[:_LISTED]
    rows = [(_cell(trial.what), _cell(trial.breach or trial.got)) for trial in listed]
    more = len(result.trials) - len(listed)
    lines = [
        f"## {result.kind.name}: {result.kind.title}",
        "",
        f"{result.figure} held, in {result.seconds:,.0f} s; seed {result.seed}. {setting()}",
        "",
        *table(("fault", "got"), rows, ("fault", "got")),
    ]
    if more:
        lines += ["", f"And {more} more of the same kind."]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
