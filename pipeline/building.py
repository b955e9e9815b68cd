"""The build itself: checks the as-of date against the extracts and runs dbt on a given file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from os import environ
from typing import TYPE_CHECKING

import duckdb

from pipeline.dbt_runner import DbtReport, run_dbt
from pipeline.errors import AuditError, WarehouseError, WarehouseUsageError
from pipeline.opening import open_published, unreadable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from pipeline.paths import Project
    from pipeline.progress import Report

_MISSING = re.compile(r'Catalog Error: Table with name "?([\w.]+)"? does not exist')
_MISSING_NAMED = 3


@dataclass(frozen=True)
class BuildRequest:
    """What to build: as of which day, from scratch or incrementally, all models or some.

    Attributes:
        as_of: None for the last day covered by the extracts.
        full_refresh: Rebuild incremental models from all their rows.
        select: dbt selection; all nodes when empty.
    """

    as_of: date | None = None
    full_refresh: bool = False
    select: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coverage:
    """The days covered by raw rows.

    Attributes:
        first: None if the extracts do not say and there are no invoices.
    """

    first: date | None
    last: date


def read_coverage(database: Path) -> Coverage:
    """Read the first and last day covered by the raw rows of a file.

    Raises:
        WarehouseError: If there are none.
    """
    empty = (
        "there are no raw rows to build from: run `warehouse seed` for simulated ones"
        " or `warehouse load DIR` for your own"
    )
    if not database.exists():
        raise WarehouseError(empty)
    with open_published(database) as connection:
        try:
            row = connection.execute(
                """
                select
                    coalesce(
                        min(covers_from),
                        (select min(invoice_date) from raw_billing.invoices)
                    ) as first_day,
                    max(as_of_date) as last_day
                from raw_control.extract_batches
                """
            ).fetchone()
        except duckdb.CatalogException:
            raise WarehouseError(empty) from None
        except duckdb.Error as error:
            raise unreadable(database, error) from None
    if row is None or row[1] is None:
        raise WarehouseError(empty)
    first, last = row
    # all rows may be dated after their extract, whose own day is covered all the same
    return Coverage(None if first is None else min(first, last), last)


def check_as_of(as_of: date | None, coverage: Coverage) -> None:
    """Refuse a day that the extracts do not cover.

    Raises:
        WarehouseUsageError: If the day is before the first or after the last one covered.
    """
    if as_of is None:
        return
    if as_of > coverage.last:
        message = (
            f"the raw rows end on {coverage.last}, before {as_of}:"
            f" choose --as-of {coverage.last} or earlier, or load or simulate later ones"
        )
        raise WarehouseUsageError(message)
    if coverage.first is not None and as_of < coverage.first:
        message = (
            f"the raw rows begin on {coverage.first}, after {as_of}:"
            f" choose --as-of {coverage.first} or later"
        )
        raise WarehouseUsageError(message)


def build_database(
    project: Project, database: Path, request: BuildRequest, report: Report
) -> DbtReport:
    """Build and test the models on one file.

    Raises:
        WarehouseError: If there is nothing to build from, a model or test failed, or the selected ones
            read others that are not built yet.
    """
    check_as_of(request.as_of, read_coverage(database))
    try:
        return run_dbt(project, database, _arguments("build", request), report)
    except AuditError as error:
        missing = [_MISSING.search(line) for line in error.failures]
        if not request.select or not missing or None in missing:
            raise
        names = sorted({match[1] for match in missing if match})
        message = (
            f"`--select {' '.join(request.select)}` reads what is not built yet"
            f" ({', '.join(names[:_MISSING_NAMED])}): put a + before the name to include its inputs,"
            " or run `warehouse build` without --select first"
        )
        raise WarehouseError(message) from error


def judge_rows(project: Project, database: Path, report: Report) -> DbtReport:
    """Run only the models that accept or reject landed rows.

    Raises:
        WarehouseError: If one of these models failed.
    """
    verdicts = ("+fct_source_rows", "+fct_rejected_rows", "+fct_row_alerts")
    # nobody reads what dbt would write about these few models, nor what other schemas hold
    spared = ("--no-write-json", "--cache-selected-only")
    run, *selected = _arguments("run", BuildRequest(select=verdicts))
    return run_dbt(project, database, [run, *spared, *selected], report)


def _arguments(command: str, request: BuildRequest) -> Sequence[str]:
    arguments = [command]
    if command == "build":
        # unit tests prove the models, not the data: `make test` and a plain `dbt build` run them
        arguments += ["--exclude-resource-type", "unit_test"]
    if request.as_of is not None:
        arguments += ["--vars", json.dumps({"as_of_date": request.as_of.isoformat()})]
    if request.full_refresh:
        arguments.append("--full-refresh")
    if request.select:
        arguments += ["--select", *request.select]
        if command == "build" and not environ.get("DBT_INDIRECT_SELECTION"):
            # Only tests of the selected models and their ancestors: a test that reads other models, too,
            # would see them in an older state, or not at all.
            arguments += ["--indirect-selection", "buildable"]
    return arguments
