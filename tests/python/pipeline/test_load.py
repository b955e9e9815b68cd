"""`load` from the outside: what is printed, and that nothing is lost or half loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from stat import S_IMODE
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pipeline.landing import LoadRefusedError
from pipeline.paths import CHECKOUT
from pipeline.status import read_status
from tests.python.pipeline.toy import Outcome, run_in_process
from tests.python.workshop import Workshop, query

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
        ("\n".join(" " * depth + "a:" for depth in range(3000)), "nested too deeply"),
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
