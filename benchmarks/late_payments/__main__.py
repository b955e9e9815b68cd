"""Trains, tests and prints; the page gets it where asked to.

    python -m benchmarks.late_payments simulation=warehouse.duckdb ibm=ibm.duckdb

Ends with 1 where a data set's naive rule was not beaten, with 2 where there is nothing to test on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.baseline import Baseline
from benchmarks.late_payments.data import read_invoices
from benchmarks.late_payments.report import render
from benchmarks.late_payments.trial import run_trial

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.late_payments.trial import Trial


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, test, print; record where asked to."""
    Baseline(
        module="benchmarks.late_payments",
        description="Who will pay late: two models against the naive rule.",
        part="late-payments",
        run=_run,
        render=render,
    ).main(arguments)


def _run(name: str, warehouse: Path) -> Trial:
    return run_trial(name, read_invoices(warehouse))


if __name__ == "__main__":
    main()
