"""Tries faults of every kind, prints what came of them and fails where a promise was broken."""

from __future__ import annotations

import argparse
import sys
from itertools import count
from typing import TYPE_CHECKING, Final

from benchmarks.child import place_of_its_own
from pipeline.progress import progress_bar
from pipeline.terminal import safe, terminal
from tests.python.faults import (
    broken_files,
    disks,
    extracts,
    feeds,
    hostile,
    kills,
    memory,
)
from tests.python.faults.page import (
    PAGE,
    RESULTS,
    Result,
    render_lines,
    render_summary,
    without_places,
    write_figures,
    write_results,
)
from tests.python.faults.trials import NotTriedError, Watch, open_bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.python.faults.trials import Kind, Trial

KINDS: Final = (
    *kills.KINDS,
    disks.KIND,
    memory.KIND,
    feeds.KIND,
    extracts.KIND,
    hostile.KIND,
    broken_files.KIND,
)
NAMES: Final = tuple(kind.name for kind in KINDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Try, print, record; ends with 1 where a promise was broken."""
    given = _parser().parse_args(arguments)
    kinds = [kind for kind in KINDS if not given.only or kind.name in given.only]
    console = terminal()
    console.print(f"seed {given.seed}: `--seed {given.seed}` repeats what is drawn")
    total = sum(kind.count[given.short] for kind in kinds)
    results: list[Result] = []
    done = count(1)
    with (
        place_of_its_own() as place,
        progress_bar("breaking") as report,
    ):

        def told(kind: Kind, trial: Trial) -> None:
            report(next(done), total, kind.name)
            for line in render_lines(trial):
                console.print(safe(line))

        for result in try_kinds(kinds, place, given.seed, told, short=given.short):
            results.append(result)
            if given.record:
                write_results(RESULTS, [result], NAMES)
                write_figures(PAGE, [result])
    console.print(render_summary(results))
    sys.exit(any(result.held < len(result.trials) for result in results))


def try_kinds(
    kinds: Sequence[Kind],
    place: Path,
    seed: int,
    told: Callable[[Kind, Trial], None],
    *,
    short: bool,
) -> Iterator[Result]:
    """Try kinds of faults, one after the other.

    Args:
        kinds: What to try.
        place: An empty directory; what the faults leave is the caller's to remove.
        seed: Root of every random draw.
        told: Told of each trial.
        short: Whether only a cut is tried.

    Yields:
        What came of each kind.
    """
    with open_bench(place, seed, short=short) as setting:
        for kind in kinds:
            watch, trials, reason = Watch(), [], None
            try:
                for trial in kind.try_all(setting(kind)):
                    trials.append(without_places(trial, place))
                    told(kind, trials[-1])
            except NotTriedError as error:
                reason = f"not tried: {error}"
            except KeyboardInterrupt:
                # what was tried until then counts
                yield Result(kind, seed, tuple(trials), watch.seconds)
                return
            yield Result(kind, seed, tuple(trials), watch.seconds, reason)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.python.faults.run", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="root of every random draw (%(default)s)"
    )
    parser.add_argument(
        "--only", action="append", choices=NAMES, help="a kind to try; repeatable, all by default"
    )
    parser.add_argument("--short", action="store_true", help="try a cut, in two minutes")
    parser.add_argument(
        "--record",
        action="store_true",
        help=f"write the figures into {RESULTS.name} and {PAGE.name}",
    )
    return parser


if __name__ == "__main__":
    main()
