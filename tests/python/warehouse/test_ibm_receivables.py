"""Data that nobody here wrote: what the marts say is what the file says, invoice by invoice."""

from __future__ import annotations

import csv
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.paths import CHECKOUT
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

DATA = (
    Path(os.environ.get("REVENUE_ASSURANCE_DATA", CHECKOUT.parent / "shared" / "data")) / "ibm_ar"
)
FILES = {"mdy": "WA_AR_pthiagu2.csv", "dmy": "WA_AR_pedroteles.csv"}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sample is not on this machine")


@pytest.fixture(scope="module")
def books(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """Both spellings of the sample, loaded by the mappings that ship and built.

    The second is to have the marts of the first, so the first alone has its data tested.
    """
    built: dict[str, Project] = {}
    for kind, file in FILES.items():
        extracts = tmp_path_factory.mktemp(kind)
        shutil.copy(CHECKOUT / "examples" / "ibm_ar" / kind / "mapping.yml", extracts)
        shutil.copy(DATA / file, extracts)
        loaded = workshop.load(f"ibm-{kind}", extracts)
        assert loaded is not None
        make = workshop.make if built else workshop.build
        built[kind] = make(workshop.project(f"ibm-{kind}"))
    return built


def file_says() -> dict[str, tuple[int, int, Decimal, bool]]:
    """Days to settle, days late, amount and dispute of each invoice, read by Python alone."""
    with (DATA / FILES["mdy"]).open(newline="", encoding="utf-8") as lines:
        return {
            row["invoiceNumber"]: (
                int(row["DaysToSettle"]),
                int(row["DaysLate"]),
                Decimal(row["InvoiceAmount"]),
                row["Disputed"] == "Yes",
            )
            for row in csv.DictReader(lines)
        }


@pytest.mark.parametrize("kind", FILES)
def test_every_invoice_is_as_the_file_says(books: dict[str, Project], kind: str) -> None:
    found = {
        row[0]: row[1:]
        for row in query(
            books[kind],
            "select invoice_id, days_to_settle, days_late, invoiced_amount, is_disputed"
            " from core.fct_invoices",
        )
    }
    assert len(found) == 2466
    assert found == file_says()


@pytest.mark.parametrize("kind", FILES)
def test_the_sample_in_figures(books: dict[str, Project], kind: str) -> None:
    assert query(
        books[kind],
        """
        select
            count(*), sum(invoiced_amount), count(*) filter (where days_late > 0),
            count(*) filter (where days_late > 30), sum(days_late),
            count(*) filter (where is_disputed), count(*) filter (where line_of_business
            = 'trade_credit' and settlement_state = 'paid' and outstanding_amount = 0)
        from core.fct_invoices
        """,
    ) == [(2466, Decimal("147703.18"), 877, 8, 8489, 561, 2466)]
    assert query(books[kind], "select count(*) from data_quality.fct_rejected_rows") == [(0,)]
    # nobody delivered customers or accounts: each is a stub, and says so
    assert query(
        books[kind],
        "select count(*), count(distinct row_key) from data_quality.fct_row_alerts"
        " where alert = 'stub_created' and source_table = 'raw_crm.accounts'",
    ) == [(100, 100)]
    assert query(books[kind], "select count(*) from leakage.fct_detection_scorecard") == [(0,)]


def test_both_files_give_identical_marts(books: dict[str, Project]) -> None:
    marts = query(
        books["mdy"],
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('core', 'leakage') order by 1",
    )
    assert len(marts) > 10
    for (mart,) in marts:
        rows = f"select * from {mart} order by all"
        assert query(books["mdy"], rows) == query(books["dmy"], rows), mart


def test_an_earlier_day_knows_no_later_payment(
    workshop: Workshop, books: dict[str, Project]
) -> None:
    day = date(2012, 12, 31)
    twin = workshop.copy(books["mdy"], "ibm-2012")
    earlier = workshop.make(twin, day, select=("+fct_invoices",))
    with (DATA / FILES["mdy"]).open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    def us_date(text: str) -> date:
        month, day_, year = (int(part) for part in text.split("/"))
        return date(year, month, day_)

    issued = [row for row in rows if us_date(row["InvoiceDate"]) <= day]
    open_then = [row for row in issued if us_date(row["SettledDate"]) > day]
    assert query(earlier, "select count(*), sum(outstanding_amount) from core.fct_invoices") == [
        (len(issued), sum(Decimal(row["InvoiceAmount"]) for row in open_then))
    ]
