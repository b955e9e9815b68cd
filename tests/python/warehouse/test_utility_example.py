"""A utility's own files, loaded by the mapping that ships: bills, ghosts and balances, to the cent.

The expectations are computed from the example's files by Python alone.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest

from examples.utility.make_extract import (
    AWAY,
    BAD_READINGS,
    GHOSTS,
    MISSING_CHECK,
    PRIVATE_TARIFF,
    TWO_METERS,
    WRONG_BALANCE,
    WRONG_SCORE,
    extract,
)
from pipeline.paths import CHECKOUT
from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

FOLDER = CHECKOUT / "examples" / "utility"
AS_OF = date(2025, 1, 31)
CUT_OFF_UNDATED = "cut off"


class Usage(NamedTuple):
    """A reading that can be used."""

    account: str
    schedule: str
    first: date
    last: date
    kwh: Decimal


class Bill(NamedTuple):
    """A bill, once."""

    number: str
    account: str
    issued: date
    due: date
    new: Decimal
    total: Decimal


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture(scope="module")
def books(workshop: Workshop) -> Project:
    """The example loaded by the mapping that ships, and built."""
    workshop.load("merrow", FOLDER)
    return workshop.build(workshop.project("merrow"))


@pytest.fixture(scope="module")
def usages() -> dict[str, Usage]:
    meters = {row["Meter"]: (row["Account"], row["Tariff"]) for row in rows("meters.csv")}
    bad = {reading[0] for reading in BAD_READINGS}
    return {
        row["Reading"]: Usage(
            *meters[row["Meter"]],
            date.fromisoformat(row["From"]),
            date.fromisoformat(row["To"]),
            Decimal(row["Kilowatt hours"]),
        )
        for row in rows("readings.csv")
        if row["Reading"] not in bad
    }


@pytest.fixture(scope="module")
def bills() -> dict[str, Bill]:
    return {
        row["Bill"]: Bill(
            row["Bill"],
            row["Account"],
            date.fromisoformat(row["Issued"]),
            date.fromisoformat(row["Due"]),
            Decimal(row["New"]),
            Decimal(row["Total"]),
        )
        for row in rows("bills.csv")
    }


def charge(usage: Usage) -> Decimal | None:
    """What the tariff file says a reading costs, kilowatt-hour by kilowatt-hour where it can."""
    slabs = [
        row
        for row in rows("tariff.csv")
        if row["Tariff"] == usage.schedule
        and row["From"] <= str(usage.last)
        and (not row["To"] or row["To"] >= str(usage.last))
    ]
    if not slabs:
        return None
    rest, total = usage.kwh, Decimal(0)
    for slab in sorted(slabs, key=lambda row: int(row["Step"])):
        taken = min(rest, Decimal(slab["Kilowatt hours"])) if slab["Kilowatt hours"] else rest
        rest -= taken
        total += taken * Decimal(slab["Price"])
    return cents(total)


def test_the_files_are_what_the_script_writes() -> None:
    for name, text in extract().items():
        assert (FOLDER / name).read_bytes() == text.encode()


def test_only_what_cannot_be_used_is_rejected(books: Project) -> None:
    again = rows("bills.csv")[-1]["Bill"]
    assert query(
        books,
        "select source_table, row_key, reasons from data_quality.fct_rejected_rows order by all",
    ) == [
        ("raw_billing.invoices", again, "duplicate_key"),
        ("raw_metering.usages", BAD_READINGS[0][0], "negative_usage"),
        ("raw_metering.usages", BAD_READINGS[1][0], "missing_account"),
        ("raw_metering.usages", BAD_READINGS[2][0], "ends_before_start"),
    ]
    # suspended, and nobody says since when
    assert query(
        books, "select source_table, row_key, alert from data_quality.fct_row_alerts order by all"
    ) == [
        ("raw_crm.accounts", "1007", "undated_status"),
        ("raw_crm.accounts", "1022", "undated_status"),
    ]


def test_every_reading_is_rated_by_the_tariff_of_its_last_day(
    books: Project, usages: dict[str, Usage]
) -> None:
    found = query(
        books,
        """
        select usages.usage_id, usages.account_id, usages.usage_kwh, rated.energy_amount
        from intermediate.int_metered_usages as usages
        left join intermediate.int_rated_energy as rated
            on rated.quantity_type = 'usage' and rated.quantity_id = usages.usage_id
        """,
    )
    expected = {number: (use.account, use.kwh, charge(use)) for number, use in usages.items()}
    assert {row[0]: row[1:] for row in found} == expected
    # the comparison means something: every slab, both tariffs, one schedule nobody knows
    homes = [use for use in usages.values() if use.schedule == "HOME"]
    assert len(found) > 250
    assert (
        {use.kwh > 250 for use in homes} == {use.last.month > 6 for use in homes} == {True, False}
    )
    assert any(use.kwh < 80 for use in homes)
    assert sum(amount is None for _, _, amount in expected.values()) == 13


def test_a_bill_is_for_the_month_read_last(books: Project, bills: dict[str, Bill]) -> None:
    """Bills print no period; those of accounts that were cut off have none."""
    found = query(
        books,
        "select invoice_id, account_id, invoice_date, due_date, invoiced_amount, period_start,"
        " period_end from core.fct_invoices",
    )
    last_days = {
        (row["Meter"][2:6], date.fromisoformat(row["To"]))
        for row in rows("readings.csv")[: -len(BAD_READINGS)]
    }
    expected = {}
    for bill in bills.values():
        eve = bill.issued - timedelta(days=1)
        is_read = (bill.account, eve) in last_days
        period = (eve.replace(day=1), eve) if is_read else (None, None)
        expected[bill.number] = (bill.account, bill.issued, bill.due, bill.new, *period)
    assert {row[0]: row[1:] for row in found} == expected
    assert sum(row[5] is None for row in found) > 10


def test_usage_nobody_billed_is_found_and_nothing_else(
    books: Project, usages: dict[str, Usage], bills: dict[str, Bill]
) -> None:
    accounts = {row["Account"]: row for row in rows("accounts.csv")}
    billed = {(bill.account, bill.issued) for bill in bills.values()}
    used: defaultdict[tuple[str, date], list[Usage]] = defaultdict(list)
    for usage in usages.values():
        used[usage.account, usage.last].append(usage)
    expected, ghosts = {}, set()
    for (account, last), readings in used.items():
        # nobody says since when an account is cut off, so nothing is expected of it
        if accounts[account]["Standing"] == CUT_OFF_UNDATED:
            continue
        kwh = sum(reading.kwh for reading in readings)
        charges = [charge(reading) for reading in readings]
        is_billed = (account, last + timedelta(days=1)) in billed
        if None in charges:
            before = [b for b in bills.values() if b.account == account and b.issued <= last]
            amount = Decimal(0)
            if before:
                bill = max(before, key=lambda bill: bill.issued)
                (use,) = used[account, bill.issued - timedelta(days=1)]
                amount = cents(kwh * (bill.new / use.kwh).quantize(Decimal("0.000001")))
        else:
            amount = sum((known for known in charges if known is not None), Decimal(0))
        expected[account, readings[0].first] = (last, kwh, amount)
        if not is_billed and last < AS_OF:
            ghosts.add((account, readings[0].first, amount))
    assert {(int(account) - 1000, first.month) for account, first, _ in ghosts} == set(GHOSTS)
    assert (
        set(
            query(
                books,
                "select entity_id, period_start, amount from leakage.fct_leakage_cases"
                " where rule = 'ghost'",
            )
        )
        == ghosts
    )
    found = query(
        books,
        "select account_id, period_start, billing_date, usage_kwh, expected_amount,"
        " invoice_id is null, is_ghost from leakage.fct_usage_periods",
    )
    assert {row[:2]: row[2:5] for row in found} == expected
    assert {row[:2] for row in found if row[6]} == {ghost[:2] for ghost in ghosts}
    # usage of January was read on the as-of date itself, and is billed tomorrow
    assert {row[2] for row in found if row[5] and not row[6]} == {AS_OF}
    assert any(row[3] == 0 and not row[6] for row in found)
    assert (f"{1000 + AWAY[0]}", date(2024, AWAY[1], 1)) in expected
    assert len(used[f"{1000 + TWO_METERS}", date(2024, 3, 31)]) == 2
    evidence = query(
        books,
        "select evidence from leakage.fct_leakage_cases where rule = 'ghost'"
        f" and entity_id = '{1000 + PRIVATE_TARIFF}'",
    )
    assert "no tariff known, charged as by bill 2405-1017; 0.2665 EUR a kWh" in evidence[0][0]


def test_money_goes_to_the_oldest_charges_and_each_is_asked_for_once(
    books: Project, bills: dict[str, Bill]
) -> None:
    received: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows("receipts.csv"):
        received[row["Account"]] += Decimal(row["Amount"])
    closed = {row["Account"]: date.fromisoformat(row["Closed"]) for row in rows("closures.csv")}
    left = dict(received)
    expected = {}
    for bill in sorted(bills.values(), key=lambda bill: (bill.issued, bill.number)):
        paid = min(bill.new, left.get(bill.account, Decimal(0)))
        left[bill.account] = left.get(bill.account, Decimal(0)) - paid
        unpaid = bill.new - paid
        written_off = unpaid if bill.account in closed else Decimal(0)
        expected[bill.number] = (paid, written_off, unpaid - written_off)
    found = query(
        books,
        "select invoice_id, paid_amount, written_off_amount, outstanding_amount"
        " from core.fct_invoices",
    )
    assert {row[0]: row[1:] for row in found} == expected
    # what the closed accounts still owed is what their last bill printed, less what came after it
    for row in rows("closures.csv"):
        lost = sum(
            lost for number, (_, lost, _) in expected.items() if number[5:] == row["Account"]
        )
        assert lost == Decimal(row["Open"]) > 0
    assert any(paid and rest for paid, _, rest in expected.values())


def test_what_is_wrong_in_the_ledger_is_found_and_nothing_else(books: Project) -> None:
    """The checks are derived from bills and receipts alone, and agree with all others of the ledger."""
    wrong = {
        f"{1000 + account}|2024-{month:02}-21" for account, month in (WRONG_BALANCE, WRONG_SCORE)
    }
    missing = f"{1000 + MISSING_CHECK[0]}|2024-{MISSING_CHECK[1]:02}-21"
    findings = query(books, "select rule, entity_id from data_quality.fct_findings")
    assert set(findings) == {
        *(("ledger_mismatch", check) for check in wrong),
        ("ledger_missing_check", missing),
    }
    assert len(findings) == 3
    checks = dict(
        query(
            books,
            "select account_id || '|' || check_date, agrees_with_ledger"
            " from collections.fct_delinquency_checks",
        )
    )
    assert {check for check, agrees in checks.items() if not agrees} == {*wrong, missing}
    assert len(checks) == len(rows("checks.csv")) + 1
    closures = query(
        books,
        "select account_id, closed_on, closing_balance, penalty_score, agrees_with_ledger"
        " from collections.fct_bad_debts order by account_id",
    )
    assert closures == sorted(
        (
            row["Account"],
            date.fromisoformat(row["Closed"]),
            Decimal(row["Open"]),
            Decimal(row["Score"]),
            True,
        )
        for row in rows("closures.csv")
    )


def test_a_printed_total_repeats_what_is_still_owed(bills: dict[str, Bill]) -> None:
    """The example itself is sound: totals are carry-over plus new charges, whoever adds them up."""
    receipts = rows("receipts.csv")
    for account in {bill.account for bill in bills.values()}:
        history = sorted(bill for bill in bills.values() if bill.account == account)
        for earlier, later in pairwise(history):
            paid = sum(
                Decimal(row["Amount"])
                for row in receipts
                if row["Account"] == account
                and earlier.issued <= date.fromisoformat(row["Booked"]) < later.issued
            )
            assert later.total == earlier.total - paid + later.new
