"""Measures the parts asked for, prints them and writes each in its place in results.md."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.building.report import report as report_building
from benchmarks.metering.report import Meters
from benchmarks.metering.report import report as report_metering
from benchmarks.page import write_part
from benchmarks.receivables.report import Sizes
from benchmarks.receivables.report import report as report_receivables
from benchmarks.utility.report import Customers
from benchmarks.utility.report import report as report_utility

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESULTS: Final = Path(__file__).with_name("results.md")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, record; a part is recorded as soon as it is measured."""
    given = _parser().parse_args(arguments)
    sizes = Sizes(
        invoices=tuple(given.invoices),
        months=given.months,
        history_invoices=given.history_invoices,
        history=tuple(given.history),
        memory_limit=given.memory_limit,
        alone=given.alone,
    )
    reports: dict[str, Callable[[], str]] = {
        "building": report_building,
        "utility": lambda: report_utility(
            Customers(seeded=tuple(given.seeded_customers), built=tuple(given.built_customers))
        ),
        "metering": lambda: report_metering(
            Meters(seeded=tuple(given.seeded_meters), built=tuple(given.built_meters))
        ),
        "receivables": lambda: report_receivables(sizes),
    }
    for name in given.part or reports:
        text = reports[name]()
        print(text)
        write_part(given.results, name, text)


def _parser() -> argparse.ArgumentParser:
    sizes, customers, meters = Sizes(), Customers(), Meters()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "--part",
        action="append",
        choices=("building", "utility", "metering", "receivables"),
        help="what to measure; repeatable, all by default",
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="the page to write (%(default)s)"
    )
    utility = parser.add_argument_group("utility")
    utility.add_argument(
        "--seeded-customers",
        type=_count,
        nargs="+",
        default=customers.seeded,
        metavar="N",
        help="growing sizes to seed (3000 30000 300000)",
    )
    utility.add_argument(
        "--built-customers",
        type=_count,
        nargs=2,
        default=customers.built,
        metavar="N",
        help="two growing sizes to build as well (3000 30000)",
    )
    metering = parser.add_argument_group("metering")
    metering.add_argument(
        "--seeded-meters",
        type=_count,
        nargs="+",
        default=meters.seeded,
        metavar="N",
        help="growing sizes to seed, a year each (1000 10000)",
    )
    metering.add_argument(
        "--built-meters",
        type=_count,
        nargs="+",
        default=meters.built,
        metavar="N",
        help="growing sizes to build as well, two at least (100 1000 10000)",
    )
    receivables = parser.add_argument_group("receivables")
    receivables.add_argument(
        "--invoices",
        type=_count,
        nargs="+",
        default=sizes.invoices,
        metavar="N",
        help="growing sizes (2000000 24000000)",
    )
    receivables.add_argument(
        "--months",
        type=_count,
        default=sizes.months,
        metavar="N",
        help="months of history there (%(default)s)",
    )
    receivables.add_argument(
        "--history-invoices",
        type=_count,
        default=sizes.history_invoices,
        metavar="N",
        help="invoices at which the history is varied (%(default)s)",
    )
    receivables.add_argument(
        "--history",
        type=_count,
        nargs="+",
        default=sizes.history,
        metavar="N",
        help="growing histories, months (12 48 192)",
    )
    receivables.add_argument(
        "--memory-limit",
        default=sizes.memory_limit,
        help="DuckDB's memory_limit (%(default)s)",
    )
    receivables.add_argument(
        "--alone",
        type=int,
        default=sizes.alone,
        metavar="N",
        help="slowest models to run once more, each in a process of its own (%(default)s)",
    )
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        message = f"{count} is less than 1"
        raise argparse.ArgumentTypeError(message)
    return count


if __name__ == "__main__":
    main()
