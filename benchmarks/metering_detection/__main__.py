"""Scores the detection of theft and failure on the seeds given, and prints the tables.

    python -m benchmarks.metering_detection --seeds 201 202 203

Ends with 1 where a floor is missed: an F1 of 0.85 for theft, of 0.95 for failures, in every world.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from benchmarks.metering_detection.report import render
from benchmarks.metering_detection.scoring import score_world

if TYPE_CHECKING:
    from collections.abc import Sequence

FLOORS: Final = {"energy_theft": 0.85, "meter_failure": 0.95}


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, build, score, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.metering_detection", description=__doc__
    )
    parser.add_argument("--seeds", type=int, nargs="+", required=True, metavar="N")
    parser.add_argument("--meters", type=int, default=2_000, help="in each world (%(default)s)")
    given = parser.parse_args(arguments)
    scores = [score_world(seed, given.meters) for seed in given.seeds]
    print(render(given.meters, scores))
    missed = any(each.totals[kind].f1 < floor for each in scores for kind, floor in FLOORS.items())
    sys.exit(int(missed))


if __name__ == "__main__":
    main()
