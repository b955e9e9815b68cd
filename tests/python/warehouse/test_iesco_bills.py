"""Bills that nobody here wrote: the tariff of the mapping gives their charges, bill by bill."""

from __future__ import annotations

import csv
import os
import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.paths import CHECKOUT
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

DATA = Path(os.environ.get("REVENUE_ASSURANCE_DATA", CHECKOUT.parent / "shared" / "data")) / "iesco"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sample is not on this machine")

# what the file's rounding of kWh to two decimals allows
WITHIN = {
    "variable_charges": Decimal("0.115"),
    "fixed_charges": Decimal(0),
    "gst": Decimal("0.03"),
    "total_amount": Decimal("0.14"),
    "amount_after_due_date": Decimal("0.02"),
}


@pytest.fixture(scope="module")
def books(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample, loaded by the mapping that ships and built."""
    extracts = tmp_path_factory.mktemp("iesco")
    shutil.copy(CHECKOUT / "examples" / "iesco" / "mapping.yml", extracts)
    for file in DATA.glob("*.csv"):
        shutil.copy(file, extracts)
    workshop.load("iesco", extracts)
    return workshop.build(workshop.project("iesco"))


def rows_of(kind: str) -> list[dict[str, str]]:
    """The rows of a file, read by Python alone."""
    (file,) = DATA.glob(f"{kind}_*.csv")
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def invoice_id(bill: dict[str, str]) -> str:
    """The key the mapping gives a bill: its meter and month."""
    month = datetime.strptime(bill["billing_month"].title(), "%b %y")  # noqa: DTZ007 - a month
    return f"{bill['meter_number']}-{month:%Y%m}"


def test_every_bill_is_what_its_tariff_makes_of_its_energy(books: Project) -> None:
    found = {
        row[0]: dict(zip(WITHIN, row[1:], strict=True))
        for row in query(
            books,
            "select invoice_id, expected_variable, expected_fixed, expected_gst, expected_total,"
            " expected_after_due from metering.fct_bill_rerating",
        )
    }
    bills = rows_of("bills")
    assert len(bills) == len(found) == 1300
    missed = [
        (invoice_id(bill), charge)
        for bill in bills
        for charge, allowed in WITHIN.items()
        if abs(found[invoice_id(bill)][charge] - Decimal(bill[charge])) > allowed
    ]
    assert missed == []


def test_bills_of_meters_that_are_cut_off_are_cases(books: Project) -> None:
    status = {meter["meter_number"]: meter["status"] for meter in rows_of("meters")}
    expected = {
        (invoice_id(bill), Decimal(bill["total_amount"]), status[bill["meter_number"]].lower())
        for bill in rows_of("bills")
        if status[bill["meter_number"]] != "Active"
    }
    found = query(
        books,
        "select invoice_id, amount, split_part(split_part(evidence, ';', 1), ' ', 3), status"
        " from leakage.fct_leakage_cases where rule = 'billed_while_disconnected'",
    )
    assert {row[:3] for row in found} == expected
    assert {row[3] for row in found} == {"open"}
    of_status = [word for _, _, word in expected]
    assert (of_status.count("suspended"), of_status.count("disconnected")) == (286, 299)
