"""The estate that other tests run tiny worlds on: does it make, and find broken, what a build would?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import pytest

from tests.python.warehouse.compiled_estate import ModelFailedError, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.python.warehouse.compiled_estate import Estate

DAY = date(2024, 6, 30)
WORLD: Final[Mapping[str, Sequence[Mapping[str, object]]]] = {
    "raw_billing.invoices": [
        {"invoice_id": "A-1", "account_id": "K", "invoice_date": "2024-01-05", "amount": "40.00"},
        {"invoice_id": "A-2", "account_id": "K", "invoice_date": "2024-08-01", "amount": "7.00"},
    ],
    "raw_payments.payments": [
        {"payment_id": "P", "invoice_id": "A-1", "payment_date": "2024-03-01", "amount_paid": 15}
    ],
}


def test_raw_rows_become_marts_as_of_the_day_asked_for(estate: Estate) -> None:
    """What is dated later is not there yet; rows know the line they came from."""
    estate.run(WORLD, DAY)
    sql = "select invoice_id, outstanding_amount from core.fct_invoices order by 1"
    assert estate.query(sql) == [("A-1", Decimal("25.00"))]
    assert estate.broken() == []
    estate.run(WORLD, date(2024, 2, 1), extracted_on=DAY)
    assert estate.query(sql) == [("A-1", Decimal("40.00"))]
    lines = "select invoice_id, source_line from staging.stg_billing__invoices order by 1"
    assert estate.query(lines) == [("A-1", 1), ("A-2", 2)]


def test_nothing_of_an_earlier_run_is_left(estate: Estate) -> None:
    """A run without rows makes every model, snapshots included, without them."""
    estate.run(WORLD, DAY)
    estate.run({}, DAY)
    assert estate.query("select * from core.fct_invoices") == []
    assert estate.query("select * from snapshots.snap_accounts") == []
    assert estate.broken() == []


def test_a_broken_test_is_named_with_its_rows(estate: Estate) -> None:
    """As many of them as asked for."""
    planted = replace(estate, tests={"planted": "select invoice_id from core.fct_invoices"})
    planted.run({**WORLD, "raw_payments.payments": []}, date(2024, 9, 1))
    (broken,) = planted.broken(limit=1)
    assert (broken.test, broken.columns, broken.rows) == ("planted", ("invoice_id",), (("A-1",),))


def test_a_contract_holds(estate: Estate) -> None:
    """A null where a mart promises none stops the run, and names the model."""
    (mart,) = (step for step in estate.steps if step.name == "fct_invoices")
    create, insert = mart.statements
    emptied = Step(mart.name, (create, insert.replace("select invoice_id,", "select null,", 1)))
    with pytest.raises(ModelFailedError, match=r"^fct_invoices: .*NOT NULL.*invoice_id"):
        replace(estate, steps=(*estate.steps, emptied)).run(WORLD, DAY)
