"""Every day that `load` takes is a day of the calendar: no fact and no month lies outside of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.building import check_as_of, read_coverage
from seeders.extracts.conversion import FIRST_YEAR, LAST_YEAR
from seeders.writer import create_raw_tables
from tests.python.warehouse.compiled_estate import land

if TYPE_CHECKING:
    from pathlib import Path

    from tests.python.warehouse.compiled_estate import Estate

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
ACCOUNT = {"account_id": "K", "line_of_business": "utility", "status": "Active"}


def test_the_calendar_holds_the_days_that_can_be_loaded(estate: Estate) -> None:
    estate.run({}, date(2024, 6, 30))
    assert estate.query("select min(date_key), max(date_key) from core.dim_dates") == [
        (FIRST, LAST)
    ]


@pytest.mark.parametrize(
    "day", ["1900-01-31", "1989-12-31", "2024-01-31", "2050-01-01", "2199-12-31"]
)
def test_usage_of_any_day_is_published(estate: Estate, day: str) -> None:
    """In the years that most calendars of warehouses leave out, as in the others."""
    usage = {
        "usage_id": "U",
        "account_id": "K",
        "cycle_start": day,
        "cycle_end": day,
        "usage_kwh": 1,
    }
    estate.run({"raw_crm.accounts": [ACCOUNT], "raw_metering.usages": [usage]}, LAST)
    assert estate.broken() == []
    assert estate.query("select date_key, usage_kwh from metering.fct_usage") == [
        (date.fromisoformat(day), Decimal(1))
    ]


@pytest.mark.parametrize(
    ("issued", "as_of"),
    [("1985-03-01", "1985-12-31"), ("2024-03-01", "2024-12-31"), ("2060-03-01", "2060-12-31")],
)
def test_no_month_loses_its_leakage(estate: Estate, issued: str, as_of: str) -> None:
    """What an active account has left unpaid is open in the last month, whatever the century."""
    invoice = {
        "invoice_id": "I",
        "account_id": "K",
        "invoice_date": issued,
        "due_date": issued,
        "amount": "12.34",
    }
    account = {**ACCOUNT, "line_of_business": "trade_credit", "opened_on": issued}
    estate.run(
        {"raw_crm.accounts": [account], "raw_billing.invoices": [invoice]},
        date.fromisoformat(as_of),
    )
    assert estate.broken() == []
    assert estate.query(
        "select max(month_start), max_by(open_amount, month_start) from leakage.fct_leakage_monthly"
        " where rule = 'zombie'"
    ) == [(date.fromisoformat(as_of).replace(day=1), Decimal("12.34"))]


@pytest.mark.parametrize("begins", ["2024-01-01", "2028-11-01", "2100-01-01"])
def test_an_invoice_may_begin_far_from_today(estate: Estate, begins: str) -> None:
    """A period of 2028 and later overflowed the number that ranks the first periods of a subscription."""
    rows: dict[str, list[dict[str, object]]] = {
        "raw_crm.accounts": [{**ACCOUNT, "line_of_business": "subscription"}],
        "raw_billing.plans": [{"plan_id": "P", "monthly_price": 10, "currency": "USD"}],
        "raw_billing.subscriptions": [
            {"subscription_id": "S", "account_id": "K", "plan_id": "P", "started_on": "2024-01-01"}
        ],
        "raw_billing.invoices": [
            {
                "invoice_id": "I",
                "account_id": "K",
                "subscription_id": "S",
                "invoice_date": "2024-01-01",
                "period_start": begins,
                "amount": 10,
            }
        ],
    }
    estate.run(rows, date(2024, 6, 30))
    assert estate.broken() == []


@pytest.mark.parametrize(
    ("issued", "first"), [("2199-12-31", date(2024, 6, 30)), ("2024-01-01", date(2024, 1, 1))]
)
def test_rows_dated_after_their_extract_leave_its_own_day(
    tmp_path: Path, issued: str, first: date
) -> None:
    """No day could be chosen: before the rows nothing was known, and after the extract nothing either."""
    warehouse = tmp_path / "warehouse.duckdb"
    taken_on = date(2024, 6, 30)
    with duckdb.connect(str(warehouse)) as connection:
        create_raw_tables(connection)
        land(connection, {"raw_billing.invoices": [{"invoice_date": issued}]}, taken_on)
    known = read_coverage(warehouse)
    assert (known.first, known.last) == (first, taken_on)
    check_as_of(taken_on, known)
