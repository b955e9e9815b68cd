"""Scores the detection of theft and failure on the seeds given, and prints the tables.

    python -m benchmarks.metering_detection --seeds 301 302 303
    python -m benchmarks.metering_detection --seeds 301 302 303 --places unchanging

Places change as in the preset, unless set otherwise: they fall vacant, change hands, go on holiday, put up solar
panels, heat pumps and chargers. Ends with 1 where a floor is missed: an F1 of 0.80 for theft in every world and of 0.85
in their mean, of 0.95 for failures in every world.
"""

from __future__ import annotations

import argparse
import sys
from statistics import mean
from typing import TYPE_CHECKING, Final

from benchmarks.metering_detection.report import render
from benchmarks.metering_detection.scoring import PLACES, Scores, score_world

if TYPE_CHECKING:
    from collections.abc import Sequence

FLOORS: Final = {"energy_theft": 0.80, "meter_failure": 0.95}
MEAN_FLOORS: Final = {"energy_theft": 0.85, "meter_failure": 0.95}


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, build, score, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.metering_detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, nargs="+", required=True, metavar="N")
    parser.add_argument("--meters", type=int, default=2_000, help="in each world (%(default)s)")
    parser.add_argument(
        "--places", choices=PLACES, default="changing", help="whether they change (%(default)s)"
    )
    given = parser.parse_args(arguments)
    scores = [score_world(seed, given.meters, PLACES[given.places]) for seed in given.seeds]
    print(render(given.meters, given.places, scores))
    sys.exit(int(misses(scores)))


def misses(scores: Sequence[Scores]) -> bool:
    """Whether a floor is missed, in a world or in the mean of all."""
    return any(
        min(each.totals[kind].f1 for each in scores) < floor
        or mean(each.totals[kind].f1 for each in scores) < MEAN_FLOORS[kind]
        for kind, floor in FLOORS.items()
    )


if __name__ == "__main__":
    main()
