"""Trains, tests and prints; the page gets it where asked to.

    python -m benchmarks.account_delinquency simulation=warehouse.duckdb

Ends with 1 where the current score was not beaten, with 2 where there is nothing to test on.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.account_delinquency.data import read_snapshots
from benchmarks.account_delinquency.report import render
from benchmarks.account_delinquency.trial import run_trial
from benchmarks.late_payments.data import UnusableError
from benchmarks.page import write_part
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, test, print; record where asked to. Ends with 1 where the rule was not beaten."""
    given = _parser().parse_args(arguments)
    try:
        trials = [run_trial(name, read_snapshots(path)) for name, path in given.warehouses]
    except (UnusableError, duckdb.Error) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    text = render(trials)
    print(text)
    if given.results:
        write_part(given.results, "account-delinquency", text)
    if not all(trial.is_won for trial in trials):
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.account_delinquency",
        description="Which accounts will become bad debts: a model against the current score.",
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
