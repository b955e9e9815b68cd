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
    _sizes(utility, "--seeded-customers", customers.seeded, "growing sizes to seed")
    _sizes(utility, "--built-customers", customers.built, "growing sizes to build as well")
    metering = parser.add_argument_group("metering")
    _sizes(metering, "--seeded-meters", meters.seeded, "growing sizes to seed, a year each")
    _sizes(metering, "--built-meters", meters.built, "growing sizes to build as well")
    receivables = parser.add_argument_group("receivables")
    _sizes(receivables, "--invoices", sizes.invoices, "growing sizes")
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
    _sizes(receivables, "--history", sizes.history, "growing histories, months")
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


def _sizes(
    group: argparse._ArgumentGroup,
    option: str,
    default: tuple[int, ...],
    what: str,
) -> None:
    """Add an option of two sizes or more; the help lists those that are measured by default."""
    defaults = " ".join(map(str, default))
    group.add_argument(
        option, type=_count, nargs="+", default=default, metavar="N", help=f"{what} ({defaults})"
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        message = f"{count} is less than 1"
        raise argparse.ArgumentTypeError(message)
    return count


if __name__ == "__main__":
    main()
