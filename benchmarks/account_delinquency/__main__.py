"""Trains, tests and prints; the page gets it where asked to.

    python -m benchmarks.account_delinquency simulation=warehouse.duckdb

Ends with 1 where the current score was not beaten, with 2 where there is nothing to test on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.account_delinquency.data import read_snapshots
from benchmarks.account_delinquency.report import render
from benchmarks.account_delinquency.trial import run_trial
from benchmarks.baseline import Baseline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.account_delinquency.trial import Trial


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, test, print; record where asked to."""
    Baseline(
        module="benchmarks.account_delinquency",
        description="Which accounts will become bad debts: a model against the current score.",
        part="account-delinquency",
        run=_run,
        render=render,
    ).main(arguments)


def _run(name: str, warehouse: Path) -> Trial:
    return run_trial(name, read_snapshots(warehouse))


if __name__ == "__main__":
    main()
