"""`load` from the outside: what is printed, and that nothing is lost or half loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, date, datetime, time
from stat import S_IMODE
from typing import TYPE_CHECKING
from unittest import mock

import duckdb
import pytest

from pipeline import workflow
from pipeline.landing import LoadRefusedError
from pipeline.paths import CHECKOUT
from pipeline.status import read_status
from tests.python.pipeline.toy import Outcome, run_in_process
from tests.python.workshop import Workshop, query, silent

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.paths import Project

MAPPING = """
as_of: 2024-03-31
defaults: {line_of_business: trade_credit, currency: USD}
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: number, account_id: customer, invoice_date: issued, amount: amount}
"""
INVOICES = """number,customer,issued,amount
0001,ACME,2024-01-31,10.00
0002,ACME,2024-02-29,-5.00
0003,ACME,2024-02-30,7.00
"""


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """One good invoice, a negative one and one of a day that does not exist."""
    (tmp_path / "mapping.yml").write_text(MAPPING)
    (tmp_path / "invoices.csv").write_text(INVOICES)
    return tmp_path


def run(project: Project, *arguments: str) -> Outcome:
    with mock.patch.dict(os.environ, {"WAREHOUSE_PATH": str(project.warehouse)}):
        return run_in_process(*arguments)


def test_good_rows_land_and_bad_ones_are_named(workshop: Workshop, extracts: Path) -> None:
    project = workshop.project("named")
    outcome = run(project, "load", str(extracts))
    assert outcome.code == 0, outcome.stderr
    row = next(line for line in outcome.stdout.splitlines() if line.startswith("total"))
    assert row.split() == ["total", "3", "1", "2"]
    assert "1 x negative_amount" in outcome.stdout
    assert "invoices.csv line 3: 0002" in outcome.stdout
    assert "1 x not_a_date:invoice_date" in outcome.stdout
    assert "invoices.csv line 4: not_a_date:invoice_date 2024-02-30" in outcome.stdout
    assert query(project, "select count(*) from raw_billing.invoices") == [(3,)]


def test_every_problem_of_a_mapping_is_told_and_nothing_written(
    workshop: Workshop, extracts: Path
) -> None:
    project = workshop.project("refused")
    (extracts / "mapping.yml").write_text(
        MAPPING.replace("amount: amount", "amuont: amount") + "frob: 1\n"
    )
    outcome = run(project, "load", str(extracts))
    assert outcome.code == 1
    assert len(outcome.errors) > 2
    assert "amuont" in outcome.stderr
    assert "frob" in outcome.stderr
    assert outcome.errors[-1].startswith("error: nothing is loaded")
    assert not project.warehouse.exists()
    assert read_status(project).runs[-1].outcome == "failed"


def test_a_refused_load_leaves_what_was_loaded(workshop: Workshop, extracts: Path) -> None:
    project = workshop.simulate("kept", "period.months=1", "subscription.customers=10")
    before = project.warehouse.read_bytes()
    (extracts / "invoices.csv").unlink()
    with pytest.raises(LoadRefusedError) as refused:
        workshop.load("kept", extracts)
    assert any("invoices.csv" in problem for problem in refused.value.problems)
    assert project.warehouse.read_bytes() == before


SLOW = """
import runpy, sys, time
from seeders.extracts import sources
whole = sources.read_source
def slowly(*arguments):
    found = whole(*arguments)
    print("read", flush=True)
    time.sleep(600)
    return found
sources.read_source = slowly
from seeders.extracts import loading
loading.read_source = slowly
runpy.run_module("pipeline.cli", run_name="__main__", alter_sys=True)
"""


def test_what_a_killed_load_unpacked_is_private_and_goes_at_the_next_start(
    workshop: Workshop, extracts: Path, tmp_path: Path
) -> None:
    project = workshop.project("killed")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    places = {"WAREHOUSE_PATH": str(project.warehouse), "TMPDIR": str(temporary)}
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, "load", str(extracts)],
        env=os.environ | places,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    ) as loader:
        assert loader.stdout is not None
        assert loader.stdout.readline() == "read\n"
        loader.kill()
    scratch = project.workspace / "warehouse.duckdb.scratch"
    assert any(path.stat().st_size for path in scratch.iterdir())
    assert S_IMODE(scratch.stat().st_mode) == 0o700
    assert not [path for path in temporary.iterdir() if path.name.startswith("extracts")]
    # another load finds its place free, and leaves nothing either
    assert run(project, "load", str(extracts)).code == 0
    assert not scratch.exists()
    assert {path.name for path in project.workspace.iterdir()} == {
        "warehouse.duckdb.lock",
        "warehouse.duckdb.runs.jsonl",
    }


def test_another_warehouse_beside_it_keeps_what_it_unpacked(
    workshop: Workshop, extracts: Path
) -> None:
    project = workshop.project("beside")
    project.workspace.mkdir()
    other = project.workspace / "other.duckdb.scratch"
    other.mkdir()
    assert run(project, "load", str(extracts)).code == 0
    assert other.exists()


def test_a_refused_load_leaves_nothing_unpacked(workshop: Workshop, extracts: Path) -> None:
    project = workshop.project("refused, too")
    (extracts / "invoices.csv").unlink()
    assert run(project, "load", str(extracts)).code == 1
    assert not project.scratch.exists()


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (MAPPING.replace("2024-03-31", "9999-12-31"), "9999-12-31 is not a date on which"),
        ("as_of: " + "[" * 5000, "nested too deeply"),
        ("\n".join(" " * depth + "a:" for depth in range(1000)), "nested too deeply"),
        (MAPPING.replace("amount: amount", f"amount: {'abs(' * 800}1{')' * 800}"), "too deeply"),
    ],
)
def test_what_no_extract_can_mean_is_told_as_a_problem(
    workshop: Workshop, extracts: Path, mapping: str, words: str
) -> None:
    project = workshop.project("told")
    (extracts / "mapping.yml").write_text(mapping)
    outcome = run(project, "load", str(extracts))
    assert outcome.code == 1
    assert any(words in line for line in outcome.errors)
    assert "this is a bug" not in outcome.stderr
    assert not project.warehouse.exists()


def test_an_as_of_date_that_no_extract_can_have(workshop: Workshop, extracts: Path) -> None:
    outcome = run(workshop.project("told"), "load", str(extracts), "--as-of", "9999-12-31")
    assert outcome.code == 1
    assert "9999-12-31 is not a date on which" in outcome.stderr


@pytest.mark.parametrize(
    ("day", "allowed", "passes"),
    [
        (date(2024, 3, 30), False, True),
        (date(2024, 3, 29), False, False),
        (date(2024, 3, 29), True, True),
    ],
    ids=["tomorrow", "the day after", "allowed"],
)
def test_the_clock_of_a_load_says_which_days_are_to_come(
    workshop: Workshop, extracts: Path, day: date, *, allowed: bool, passes: bool
) -> None:
    """As of 2024-03-31. Nothing else asks what day it is."""

    def clock() -> datetime:
        return datetime.combine(day, time(23, 59), UTC)

    project = workshop.project(f"clock of {day} {passes}")
    with nullcontext() if passes else pytest.raises(LoadRefusedError) as refused:
        workflow.load(project, extracts, None, clock, silent, allow_future=allowed)
    assert project.warehouse.exists() is passes
    if refused is not None:
        (line,) = refused.value.problems
        assert line.startswith("as_of 2024-03-31 is after tomorrow, 2024-03-30:")
        assert line.endswith("--allow-future")


def test_the_options_of_a_load_reach_it(workshop: Workshop, extracts: Path) -> None:
    """Each lets pass what is refused without it, in one line that names it."""
    project = workshop.project("options")
    far = ("--as-of", "2999-12-31")
    assert "--allow-future" in run(project, "load", str(extracts), *far).stderr
    assert run(project, "load", str(extracts), *far, "--allow-future").code == 0
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute(
            "create schema snapshots; create table snapshots.snap_customers as"
            " select timestamp '2999-12-31' as dbt_valid_from, timestamp '9999-12-31' as dbt_valid_to"
        )
    refused = run(project, "load", str(extracts))
    assert refused.code == 1
    assert "--drop-history" in refused.stderr
    assert run(project, "load", str(extracts), "--drop-history").code == 0
    (extracts / "invoices.csv").write_text(INVOICES.splitlines()[0] + "\n")
    before = project.warehouse.read_bytes()
    refused = run(project, "load", str(extracts))
    assert refused.code == 1
    assert refused.errors == [
        (
            "raw_billing.invoices: 0 rows now, 3 in the load before; if that is right, say"
            " --allow-shrink raw_billing.invoices, or `delivery: delta` where only changes come"
        ),
        "error: nothing is loaded: 1 problem to solve first",
    ]
    assert project.warehouse.read_bytes() == before
    unknown = run(project, "load", str(extracts), "--allow-shrink", "invoices")
    assert unknown.code == 2
    assert "no such raw table" in unknown.stderr
    allowed = ("--allow-shrink", "raw_billing.invoices")
    assert run(project, "load", str(extracts), *allowed).code == 0


def test_where_and_how_much_a_load_may_read_is_said_on_the_command_line(
    workshop: Workshop, extracts: Path
) -> None:
    project = workshop.project("bounded")
    elsewhere = extracts / "elsewhere"
    elsewhere.mkdir()
    (extracts / "invoices.csv").rename(elsewhere / "invoices.csv")
    inner = extracts / "inner"
    inner.mkdir()
    (extracts / "mapping.yml").rename(inner / "mapping.yml")
    text = (inner / "mapping.yml").read_text()
    (inner / "mapping.yml").write_text(text.replace("invoices.csv", "../elsewhere/invoices.csv"))

    outcome = run(project, "load", str(inner))
    assert outcome.code == 1
    assert "say --allow-dir with the directory it is in" in outcome.stderr
    outcome = run(project, "load", str(inner), "--allow-dir", str(elsewhere), "--limit", "rows=2")
    assert outcome.code == 1
    assert "more than 2 rows in all files together" in outcome.stderr
    assert not project.warehouse.exists()
    outcome = run(project, "load", str(inner), "--allow-dir", str(elsewhere), "--limit", "rows=3")
    assert outcome.code == 0, outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("--allow-dir", "/no/such/place"), {}, "--allow-dir /no/such/place: no such directory"),
        (("--limit", "rows=many"), {}, "--limit rows=many: write a whole number"),
        (("--limit", "lines=1"), {}, "--limit lines=1: there is no such limit"),
        ((), {"WAREHOUSE_MEMORY_LIMIT": "much"}, "WAREHOUSE_MEMORY_LIMIT=much: write it as 3GB"),
    ],
)
def test_bounds_that_are_none_are_a_wrong_command_line(
    workshop: Workshop,
    extracts: Path,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    words: str,
) -> None:
    with mock.patch.dict(os.environ, environment):
        outcome = run(workshop.project("wrong bounds"), "load", str(extracts), *arguments)
    assert outcome.code == 2
    assert words in outcome.stderr
    assert len(outcome.errors) == 1
