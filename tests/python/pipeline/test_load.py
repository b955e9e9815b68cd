"""`load` from the outside: what is printed, and that nothing is lost or half loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pipeline.landing import LoadRefusedError
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
