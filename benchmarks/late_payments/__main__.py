"""Trains, tests and prints; the page gets it where asked to.

    python -m benchmarks.late_payments simulation=warehouse.duckdb ibm=ibm.duckdb

Ends with 1 where a data set's naive rule was not beaten, with 2 where there is nothing to test on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.late_payments.data import UnusableError, read_invoices
from benchmarks.late_payments.report import render
from benchmarks.late_payments.trial import run_trial
from benchmarks.page import write_part
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, test, print; record where asked to. Ends with 1 where the naive rule was not beaten."""
    given = _parser().parse_args(arguments)
    try:
        trials = [run_trial(name, read_invoices(path)) for name, path in given.warehouses]
    except (UnusableError, duckdb.Error) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    text = render(trials)
    print(text)
    if given.results:
        write_part(given.results, "late-payments", text)
    if not all(trial.is_won for trial in trials):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.late_payments",
        description="Who will pay late: two models against the naive rule.",
    )
    parser.add_argument(
        "warehouses",
        type=_named_path,
        nargs="*",
        default=[("warehouse", CHECKOUT / "warehouse.duckdb")],
        metavar="[NAME=]PATH",
        help="built warehouses (the project's own)",
    )
    parser.add_argument("--results", type=Path, help="write the part into this page, too")
    return parser


def _named_path(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).stem, Path(path)


if __name__ == "__main__":
    main()
