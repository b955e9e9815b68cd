"""Small extracts with a trap each: every value that their README states, one test a case.

Cases of one date are loaded and built together, with the build's own tests.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from rich.console import Console

from pipeline import dbt_runner, workflow
from pipeline.building import BuildRequest
from pipeline.landing import load_world
from pipeline.paths import CHECKOUT
from pipeline.verdicts import read_verdicts
from tests.python.cases.merging import (
    SEPARATOR,
    Case,
    deliveries,
    plain,
    read_cases,
    write_delivery,
)
from tests.python.workshop import frozen_clock, query, silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

    Opened: TypeAlias = "Callable[[str], Books]"

ROOT: Final = Path(os.environ.get("REVENUE_ASSURANCE_CASES", CHECKOUT.parent / "shared" / "cases"))

pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="the cases are not on this machine")

REPORT: Final = "load_report.txt"


def _meter(number: str) -> dict[str, object]:
    return {"meter_id": number, "meter_number": number, "account_id": "A1", "status": "Active"}


def _registers(case: str) -> dict[str, object]:
    """The mapping of a case that states its meter, tariff and bill as facts."""
    facts = yaml.safe_load((ROOT / case / "meters.yml").read_text(encoding="utf-8"))
    bill = facts["february_bill"]
    kwh = bill.pop("kwh")
    line = {"line_item_id": "L1", "invoice_id": bill["invoice_id"], "charge_type": "energy"}
    return {
        "as_of": date(2025, 4, 1),
        "defaults": {"line_of_business": "utility", "currency": "EUR"},
        "tables": {
            "raw_metering.meters": {"rows": [facts["meter"]]},
            "raw_billing.tariffs": {"rows": [facts["tariff"]]},
            "raw_billing.invoices": {"rows": [bill]},
            "raw_billing.invoice_line_items": {
                "rows": [{**line, "quantity": kwh, "amount": bill["amount"]}]
            },
            "raw_metering.readings": {
                "file": "registers.csv",
                # the register as it stands at the end of the hour given
                "kind": "register",
                "interval": "hour",
                "stamp": "start",
                "columns": {"meter_number": "meter", "read_at": "time", "kwh": "register"},
            },
        },
    }


def _extensions() -> dict[str, dict[str, object]]:
    """What the mappings have to say that the case folders leave open."""
    return {
        "in_arrears": {"defaults": {"billed": "in_arrears"}},
        "half_hours_null": {
            "as_of": date(2025, 1, 2),
            "defaults": {"line_of_business": "utility", "currency": "EUR"},
            "tables": {
                "raw_metering.meters": {"rows": [_meter("M1")]},
                "raw_metering.readings": {
                    "file": "half_hours.csv",
                    "interval": "30min",
                    "columns": {"meter_number": "number", "read_at": "time", "kwh": "kwh"},
                },
            },
        },
        "register_gap": _registers("register_gap"),
        "register_restarts": _registers("register_restarts"),
    }


def _make(cases: list[Case], project: Project, place: Path, tolerance: dict[str, float]) -> None:
    """Load a delivery and build it with all tests; keep what `load` says of it.

    That the command itself judges the rows once more, before any build, is left out: it takes a third of the time.
    """
    place.mkdir(exist_ok=True)
    write_delivery(cases, place)
    landed = load_world(project.warehouse, place, None, silent)
    if tolerance:
        chosen = ("--vars", json.dumps({"small_balance_tolerance": tolerance}))
        # unit tests are about the project's own vars
        arguments = ("build", "--exclude-resource-type", "unit_test", *chosen)
        dbt_runner.run_dbt(project, project.warehouse, arguments, silent)
    else:
        workflow.build(project, BuildRequest(None), frozen_clock, silent)
    verdicts = read_verdicts(project.warehouse).with_values(landed)
    with (project.warehouse.parent / REPORT).open("w", encoding="utf-8") as file:
        Console(file=file, width=200).print(landed.render(), verdicts.render(), sep="\n")


@dataclass(frozen=True)
class Books:
    """What a warehouse says about one case."""

    project: Project
    case: str

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, ids without the case's name and days and amounts as text.

        `@` in the query stands for all ids of the case, as the pattern of a `like`.
        """
        found = query(self.project, sql.replace("@", f"'{self.case}{SEPARATOR}%'"))
        return [tuple(plain(value, self.case) for value in row) for row in found]

    def cases(self) -> list[str]:
        """Every case of leakage or over-billing, of whatever status, as a line of text.

        `zombie F1 80.00 from 2024-03-01 to 2024-04-01 (paid)`; what is missed in a period has that instead.
        """
        found = query(
            self.project,
            "select rule, entity_id, amount, period_start, first_seen_on, resolved_on, end_cause, status"
            f" from leakage.fct_leakage_cases where account_id like '{self.case}{SEPARATOR}%'",
        )
        lines = []
        for rule, entity, amount, period, since, until, cause, status in found:
            when = f"for {period}" if rule == "ghost" else f"from {since}"
            ended = f" to {until} ({cause})" if until else ""
            kind = " superseded" if status == "superseded" else ""
            lines.append(f"{rule} {plain(entity, self.case)} {amount} {when}{ended}{kind}")
        return sorted(lines)

    def recovered(self) -> dict[str, str]:
        """What came in by the end of cases of unpaid invoices that are over."""
        found = self.rows(
            "select entity_id, recovered_amount from leakage.fct_leakage_cases"
            " where account_id like @ and rule = 'zombie' and resolved_on is not null"
        )
        return dict(found)

    def invoices(self, columns: str = "outstanding_amount") -> dict[str, Any]:
        """Columns of every invoice, by its id; a single one by itself."""
        found = self.rows(
            f"select invoice_id, {columns} from core.fct_invoices where account_id like @"
        )
        return {row[0]: row[1] if len(row) == 2 else row[1:] for row in found}

    def rejected(self, table: str = "") -> list[tuple[Any, ...]]:
        """Key and reasons of every rejected row, or of those of one table."""
        return self.rows(
            "select row_key, reasons from data_quality.fct_rejected_rows where row_key like @"
            f" and contains(source_table, '{table}') order by all"
        )

    def alerts(self, word: str) -> set[str]:
        """The keys of rows with an alert in which a word occurs."""
        found = self.rows(
            "select row_key from data_quality.fct_row_alerts where row_key like @"
            f" and contains(alert, '{word}')"
        )
        return {row[0] for row in found}

    def accounts(self) -> set[str]:
        """All accounts there are."""
        found = self.rows(
            "select account_id from core.dim_accounts where account_id like @ and is_current"
        )
        return {row[0] for row in found}

    def unapplied(self) -> dict[str, tuple[str, str]]:
        """What waits on each account: cash and credit together, and the cash among it."""
        found = self.rows(
            "select account_id, unapplied_amount, unapplied_cash_amount"
            " from receivables.fct_unapplied_cash where account_id like @ and unapplied_amount != 0"
        )
        return {row[0]: row[1:] for row in found}

    def calls(self) -> dict[str, str]:
        """What is dunned of each account on the list of calls."""
        found = self.rows(
            "select account_id, dunned_past_due_amount from collections.fct_collection_priorities"
            " where account_id like @"
        )
        return {row[0]: row[1] for row in found if Decimal(row[1]) != 0}

    def report(self) -> str:
        """What the load said about its rows."""
        return (self.project.warehouse.parent / REPORT).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    """All cases, by name."""
    return {case.name: case for case in read_cases(ROOT, _extensions())}


@pytest.fixture(scope="module")
def books(workshop: Workshop, cases: dict[str, Case]) -> Opened:
    """The books of a case, in the warehouse of its delivery, which is built once."""
    delivery = {case.name: group for group in deliveries(cases.values()) for case in group}

    def open_books(name: str) -> Books:
        group = delivery[name]
        place = f"cases-{group[0].name}"

        def make(project: Project) -> None:
            _make(group, project, project.warehouse.parent / "extracts", {})

        return Books(workshop.share(place, make), name)

    return open_books


def test_one_delivery_for_each_date(cases: dict[str, Case]) -> None:
    assert len(cases) == 28
    dates = {case.as_of for case in cases.values()}
    assert len(deliveries(cases.values())) == len(dates)


def test_allocation_without_date(books: Opened) -> None:
    case = books("allocation_without_date")
    assert case.invoices("settlement_state, paid_amount, settled_date") == {
        "A-1": ("paid", "100.00", "2025-02-01"),
        "A-2": ("paid", "60.00", "2025-02-01"),
    }
    assert case.rows(
        "select invoice_id, movement_on, amount, cause from core.fct_cash_movements"
        " where account_id like @ order by all"
    ) == [
        ("A-1", "2025-02-01", "100.00", "payment"),
        ("A-2", "2025-02-01", "60.00", "payment"),
    ]
    assert case.unapplied() == {}
    assert case.cases() == []
    assert case.rejected() == []


def test_annual_before_extract(books: Opened) -> None:
    case = books("annual_before_extract")
    assert case.cases() == ["ghost m1 10.00 for 2024-07-01"]
    assert case.rows(
        "select subscription_id, period_start from leakage.fct_subscription_months"
        " where subscription_id like @ and is_ghost"
    ) == [("m1", "2024-07-01")]
    assert set(case.invoices("settlement_state").values()) == {"paid"}


def test_consolidated(books: Opened) -> None:
    case = books("consolidated")
    assert case.cases() == []
    assert case.rows(
        "select subscription_id, period_start, invoice_id, is_ghost"
        " from leakage.fct_subscription_months where subscription_id like @ order by all"
    ) == [("s1", "2024-01-01", "F1", False), ("s2", "2024-02-01", "F2", False)]


def test_consolidated_two(books: Opened) -> None:
    case = books("consolidated_two")
    assert case.cases() == [
        "ghost s2 20.00 for 2024-03-01",
        "zombie F1 30.00 from 2024-02-15",
        "zombie F2 30.00 from 2024-03-17",
    ]


def test_credit_of_unknown_account(books: Opened) -> None:
    case = books("credit_of_unknown_account")
    assert case.accounts() == {"Mill Lane Cafe", "Quay Street Deli"}
    assert "Quay Street Deli" in case.alerts("stub_created")
    assert case.unapplied() == {"Quay Street Deli": ("500.00", "0.00")}
    assert case.rows(
        "select currency from receivables.fct_unapplied_cash where account_id like @"
    ) == [("GBP",)]
    assert case.invoices() == {"A-1": "100.00"}
    assert case.cases() == ["zombie A-1 100.00 from 2025-03-07"]
    assert case.rejected() == []


READINGS_OF_AMOUNTS = {
    "R1": ("118.99", "11899"),
    "R2": ("1200.00", "1.20"),
    "R3": ("59.00", "5900"),
}
"""What an amount is, and what it is taken for once its commas are stripped."""


def test_decimal_comma(books: Opened) -> None:
    case = books("decimal_comma")
    amounts = case.invoices("invoiced_amount")
    assert amounts.pop("R4") == "12345.00"
    reasons = dict(case.rejected())
    told = case.report().replace(",", "")
    for invoice, readings in READINGS_OF_AMOUNTS.items():
        if invoice in amounts:
            assert amounts[invoice] == readings[0]
        else:
            assert reasons[invoice]
            lines = [line for line in told.splitlines() if all(one in line for one in readings)]
            assert lines, (invoice, told)


def test_equal_instalments(books: Opened) -> None:
    case = books("equal_instalments")
    assert case.cases() == []
    assert case.invoices("outstanding_amount, due_date, timeliness") == {
        "F1": ("100.00", "2024-03-31", "not_due"),
        "F2": ("100.00", "2024-04-30", "not_due"),
        "F3": ("100.00", "2024-05-31", "not_due"),
    }


def test_evidence(books: Opened) -> None:
    case = books("evidence")
    assert case.cases() == ["zombie F1 120.00 from 2024-03-03 to 2024-03-20 (credited)"]
    ((evidence,),) = case.rows(
        "select evidence from leakage.fct_leakage_cases where account_id like @"
    )
    assert "nothing paid of 120.00" in evidence
    assert case.recovered() == {"F1": "0.00"}
    assert case.rows(
        "select resolved_amount, recovered_amount, credited_amount, given_up_amount"
        " from leakage.fct_leakage_monthly where rule = 'zombie' and currency = 'EUR'"
        " and month_start = date '2024-03-01'"
    ) == [("120.00", "0.00", "120.00", "0.00")]
    assert case.invoices("settlement_state, paid_amount, credited_amount") == {
        "F1": ("credited", "0.00", "120.00")
    }


def test_exclusive_end(books: Opened) -> None:
    case = books("exclusive_end")
    assert case.cases() == ["ghost s 10.00 for 2024-02-01", "zombie F1 10.00 from 2024-02-15"]
    assert case.alerts("exclusive") == {"F1", "F3"}


def test_half_hours_null(books: Opened) -> None:
    case = books("half_hours_null")
    found = case.rows(
        "select read_at, kwh, validated_kwh, validation_method, is_missing from metering.fct_readings"
        " where meter_number like @ and read_on = '2025-01-01' order by 1 limit 2"
    )
    first, second = found
    assert first[:2] == (datetime(2025, 1, 1), None)  # noqa: DTZ001 - as the mart keeps it
    assert first[2] != "0.400"
    assert first[3] != "as_read"
    assert first[4]
    assert second == (datetime(2025, 1, 1, 1), "0.900", "0.900", "as_read", False)  # noqa: DTZ001


def test_household_peaks(books: Opened) -> None:
    case = books("household_peaks")
    assert case.rows(
        "select count(*), sum(kwh), sum(validated_kwh), count(*) filter (where is_spike),"
        " count(*) filter (where kwh = 0.8) from metering.fct_readings"
        " where meter_number like @ and kwh is not null"
    ) == [(1416, "182.900", "182.900", 0, 59)]
    assert case.cases() == []


def test_ids_with_blanks(books: Opened) -> None:
    case = books("ids_with_blanks")
    assert case.accounts() == {"Mill Lane Cafe"}
    rejected = dict(case.rejected())
    invoices = case.invoices("account_id, settlement_state, settled_date, currency")
    assert invoices["I-1"] == ("Mill Lane Cafe", "paid", "2025-01-20", "EUR")
    assert invoices["I-2"] == ("Mill Lane Cafe", "unpaid", None, "EUR")
    if "I-3" in rejected:
        assert "currency" in rejected.pop("I-3")
    else:
        assert invoices["I-3"][3] == "USD"
        assert case.alerts("currency") == {"I-3"}
    assert rejected == {}
    assert query(case.project, "select distinct currency from core.fct_invoices order by 1") == [
        ("EUR",),
        ("GBP",),
    ]
    assert case.cases() == ["zombie I-2 100.00 from 2025-04-03"]


def test_in_arrears(books: Opened) -> None:
    case = books("in_arrears")
    assert case.cases() == ["ghost a2 10.00 for 2024-03-01"]


def test_lines_all_rejected(books: Opened) -> None:
    case = books("lines_all_rejected")
    assert case.invoices("invoiced_amount, outstanding_amount") == {"A-2": ("4.00", "4.00")}
    rejected = dict(case.rejected())
    assert rejected["A-1"]
    findings = case.rows("select invoice_id from data_quality.fct_findings where invoice_id like @")
    assert case.alerts("") & {"A-2"} or ("A-2",) in findings
    assert {line.partition(" from")[0] for line in case.cases()} == {"zombie A-2 4.00"}


def test_negative_lines(books: Opened) -> None:
    case = books("negative_lines")
    assert case.invoices("invoiced_amount, settlement_state") == {"A-1": ("40.00", "unpaid")}
    assert {line.partition(" from")[0] for line in case.cases()} == {"zombie A-1 40.00"}
    assert case.rejected("invoices") == [("C-1", "negative_amount")]


def test_negative_lines_bf(books: Opened) -> None:
    case = books("negative_lines_bf")
    assert case.invoices("outstanding_amount, overpaid_amount") == {"F2": ("40.00", "0.00")}
    assert case.rejected("invoices") == [("F1", "negative_amount")]
    assert case.unapplied() == {}
    assert case.cases() == ["zombie F2 40.00 from 2024-05-16"]


def test_refund_without_credit(books: Opened) -> None:
    case = books("refund_without_credit")
    assert case.cases() == ["zombie R2 80.00 from 2024-03-11"]
    assert case.calls() == {"K2": "80.00"}
    assert case.invoices("outstanding_amount, refunded_amount, settled_date is not null") == {
        "R1": ("0.00", "200.00", True),
        "R2": ("80.00", "0.00", False),
        "R3": ("0.00", "0.00", True),
    }
    assert case.invoices("settlement_state")["R3"] == "credited"
    assert case.rows(
        "select payment_id, refunded_amount, charged_back_amount from core.fct_payments"
        " where account_id like @ order by 1"
    ) == [("P1", "200.00", "0.00"), ("P2", "0.00", "80.00"), ("P3", "60.00", "0.00")]
    # charges are paid, credited, written off or open, and no account has money left over
    assert case.rows(
        "select account_id, sum(invoiced_amount - credited_amount - paid_amount - written_off_amount),"
        " sum(outstanding_amount) from core.fct_invoices where account_id like @ group by 1 order by 1"
    ) == [("K1", "0.00", "0.00"), ("K2", "80.00", "80.00"), ("K3", "0.00", "0.00")]
    assert case.unapplied() == {}


def test_register_gap(books: Opened) -> None:
    case = books("register_gap")
    hours = _hours(case)
    with (ROOT / "register_gap" / "registers.csv").open(encoding="utf-8", newline="") as file:
        read = {datetime.fromisoformat(row["time"]) for row in csv.DictReader(file)}
    every = {min(read) + timedelta(hours=n) for n in range(31 * 24 + 28 * 24)}
    gap = sorted(every - read)
    assert len(gap) == 120
    over = [*gap, gap[-1] + timedelta(hours=1)]
    assert sum(hours[hour][0] for hour in over) == Decimal("60.500")
    assert all(hours[hour][1] != "as_read" for hour in gap)
    rest = every - set(over) - {min(read)}
    assert {hours[hour] for hour in rest} == {(Decimal("0.500"), "as_read")}
    february = [kwh for hour, (kwh, _) in hours.items() if hour.month == 2]
    assert (len(february), sum(february)) == (672, Decimal("336.000"))
    assert case.rows(
        "select billed_kwh, metered_kwh, difference from metering.fct_bill_rerating"
        " where invoice_id like @"
    ) == [("336.000", "336.000", "0.00")]
    assert case.cases() == []


def test_register_restarts(books: Opened) -> None:
    case = books("register_restarts")
    hours = _hours(case)
    first = min(hours)
    restarts = {datetime(2025, month, 1) for month in (1, 2, 3)}  # noqa: DTZ001 - local hours
    others = {hour: told for hour, told in hours.items() if hour not in restarts}
    assert len(others) >= 90 * 24 - 3
    assert set(others.values()) == {(Decimal("0.500"), "as_read")}
    assert {hours[hour][0] for hour in restarts - {first}} == {Decimal("0.500")}
    assert case.rows(
        "select billed_kwh, metered_kwh, difference from metering.fct_bill_rerating"
        " where invoice_id like @"
    ) == [("336.000", "336.000", "0.00")]
    assert case.rows(
        "select count(*) from metering.fct_meter_anomalies where meter_number like @ and is_flagged"
    ) == [(0,)]
    assert case.rows(
        "select count(*) from metering.fct_usage where meter_number like @ and usage_kwh < 0"
    ) == [(0,)]
    assert case.cases() == []


def _hours(case: Books) -> dict[datetime, tuple[Decimal, str]]:
    """Energy and method of every hour of a case's meter that has any, up to March."""
    found = query(
        case.project,
        "select read_at, validated_kwh, validation_method from metering.fct_readings"
        f" where meter_number like '{case.case}{SEPARATOR}%' and validated_kwh is not null"
        " and read_at < timestamp '2025-04-01'",
    )
    return {read_at: (kwh, method) for read_at, kwh, method in found}


def test_resolved_unpaid(books: Opened) -> None:
    case = books("resolved_unpaid")
    assert case.cases() == [
        *(f"ghost S-1 100.00 for 2025-{month:02}-01" for month in (2, 3, 4, 5)),
        "zombie A-1 100.00 from 2025-03-03 to 2025-05-31 (no_longer_served)",
    ]
    assert case.invoices("settlement_state, paid_amount, outstanding_amount") == {
        "A-1": ("unpaid", "0.00", "100.00")
    }
    assert case.recovered() == {"A-1": "0.00"}
    # the only zombies of that delivery that are over in pounds
    assert case.rows(
        "select resolved_amount, recovered_amount, given_up_amount from leakage.fct_leakage_monthly"
        " where rule = 'zombie' and currency = 'GBP' and month_start = date '2025-05-01'"
    ) == [("100.00", "0.00", "100.00")]


def test_same_id_other_customer(books: Opened) -> None:
    case = books("same_id_other_customer")
    assert case.invoices("account_id, invoiced_amount") == {
        "7001": ("Harbour Deli", "100.00"),
        "7002": ("Harbour Deli", "40.00"),
    }
    assert case.rejected() == [("7001", "conflicting_key"), ("7002", "duplicate_key")]
    assert "2,500.00" in case.report()
    assert case.cases() == [
        "zombie 7001 100.00 from 2025-03-03",
        "zombie 7002 40.00 from 2025-04-03",
    ]


def test_sentinels(books: Opened) -> None:
    case = books("sentinels")
    assert case.rows(
        "select count(*), min(hour(read_at)), max(hour(read_at)), bool_and(is_negative),"
        " bool_and(validated_kwh between 0 and 1), bool_or(validation_method = 'as_read')"
        " from metering.fct_readings where meter_number like @ and kwh < 0"
    ) == [(29, 3, 3, True, True, False)]
    ((counted,),) = query(
        case.project,
        "select sum(kwh) from metering.fct_readings"
        " where meter_number like 'sentinels/%' and kwh >= 0",
    )
    found = query(
        case.project,
        "select is_flagged, coalesce(estimated_kwh, 0) from metering.fct_meter_anomalies"
        " where meter_number like 'sentinels/%'",
    )
    assert not any(is_flagged for is_flagged, _ in found)
    assert all(kwh <= counted for _, kwh in found)
    assert case.cases() == []


def test_sku_without_table(books: Opened) -> None:
    case = books("sku_without_table")
    assert case.invoices() == {"A-1": "9.00"}
    assert case.alerts("stub_created") >= {"TEA-01"}
    assert case.rows("select sku_id from core.dim_skus where sku_id like @") == [("TEA-01",)]
    assert case.rejected() == []


SMALL = {"C-1": "0.01", "C-2": "60.00", "C-3": "1.00"}


def test_small_balances(books: Opened, workshop: Workshop, cases: dict[str, Case]) -> None:
    """Without a tolerance every cent is a case; with one the two rests are listed, and no more."""
    case = books("small_balances")
    assert case.cases() == [
        "leaky_bucket C-1 0.01 from 2025-02-01",
        "leaky_bucket C-2 60.00 from 2025-03-04",
        "leaky_bucket C-3 1.00 from 2025-03-04",
    ]
    assert case.calls() == {"Cent Shop": "61.01"}
    _assert_small_balances_are_in_the_books(case, set())

    def make(project: Project) -> None:
        group = [cases["small_balances"]]
        _make(group, project, project.warehouse.parent / "extracts", {"EUR": 1.00})

    tolerant = Books(workshop.share("cases-tolerance", make), "small_balances")
    assert tolerant.cases() == ["leaky_bucket C-2 60.00 from 2025-03-04"]
    assert tolerant.calls() == {"Cent Shop": "60.00"}
    _assert_small_balances_are_in_the_books(tolerant, {"C-1", "C-3"})


def _assert_small_balances_are_in_the_books(case: Books, listed: set[str]) -> None:
    invoices = case.invoices("outstanding_amount, is_small_balance")
    assert {name: amount for name, (amount, _) in invoices.items()} == SMALL
    assert {name for name, (_, is_small) in invoices.items() if is_small} == listed
    assert case.rows(
        "select closing_balance, ageing_not_due + ageing_1_30 + ageing_31_60 + ageing_61_90"
        " + ageing_91_120 + ageing_over_120 from receivables.fct_account_months"
        " where account_id like @ and month_end = date '2025-06-30'"
    ) == [("61.01", "61.01")]


def test_stated_periods_differ(books: Opened) -> None:
    case = books("stated_periods_differ")
    assert case.cases() == [f"zombie D-{day} 15.00 from 2025-04-0{day}" for day in (1, 2, 3)]


def test_status_words(books: Opened) -> None:
    case = books("status_words")
    expected = [f"ghost s{n} 10.00 for 2024-05-01" for n in range(1, 8)]
    for n in range(1, 8):
        end = " to 2024-06-15 (no_longer_served)" if n == 5 else ""
        expected += [
            f"zombie F{n}-3 10.00 from 2024-04-15{end}",
            f"zombie F{n}-4 10.00 from 2024-05-16{end}",
        ]
    assert case.cases() == sorted(expected)
    assert case.alerts("zzz_unknown") == {"s7"}
    assert "zzz_unknown" in case.report()
    assert case.alerts("unknown_status") == {"s7"}


def test_undated_status(books: Opened) -> None:
    case = books("undated_status")
    assert case.cases() == ["zombie F1 80.00 from 2023-08-20", "zombie F2 80.00 from 2024-08-20"]
    assert case.alerts("undated_status") == {"M1"}


def test_unidentified_receipts(books: Opened) -> None:
    case = books("unidentified_receipts")
    assert case.rejected() == []
    assert "B3" in case.alerts("unidentified")
    assert case.rows("select sum(amount) from core.fct_cash_movements where invoice_id like @") == [
        ("500.00",)
    ]
    assert case.unapplied() == {"Ponte Rosso": ("120.00", "120.00")}
    # no other receipt of that delivery is without an owner
    assert case.rows(
        "select currency, line_of_business, unapplied_amount, unapplied_cash_amount"
        " from receivables.fct_unapplied_cash where account_id is null"
    ) == [("EUR", None, "300.00", "300.00")]
    assert case.rows(
        "select account_id, sum(received_amount), max(unapplied_cash) filter (where"
        " month_end = date '2025-06-30') from receivables.fct_account_months"
        " where account_id like @ group by 1"
    ) == [("Ponte Rosso", "620.00", "120.00")]
    assert case.invoices("settlement_state, settled_date, outstanding_amount") == {
        "N-1": ("paid", "2025-03-20", "0.00"),
        "N-2": ("unpaid", None, "300.00"),
    }
    assert case.cases() == ["zombie N-2 300.00 from 2025-06-01"]


def test_every_account_has_the_line_of_business_that_its_mapping_states(
    books: Opened, cases: dict[str, Case]
) -> None:
    """Cases of several lines share a delivery that states none: the rows tell it."""
    for name, case in cases.items():
        found = books(name).rows(
            "select distinct line_of_business from core.dim_accounts where account_id like @"
        )
        # a meter alone makes no account
        has_account = "raw_billing.invoices" in case.document["tables"]
        assert found == [(case.defaults["line_of_business"],)] * has_account, name
