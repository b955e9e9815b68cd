"""Bills of smart meters against a clerk's, what is wrong with some of them, and how they are paid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.python.seeders.tariff_clerk import charge, read_bills, read_rules
from tests.python.seeders.worlds import (
    CLEAN_DATA,
    HONEST,
    LASTING,
    QUIET_GRID,
    RIGHT_BILLS,
    count,
    simulate_metering,
)

if TYPE_CHECKING:
    import duckdb

    from tests.python.seeders.tariff_clerk import Rule

MOVES = {"A-1": "A-2", "A-2": "A-1", "B-1": "B-2", "B-2": "B-1", "C-1": "B-2", "Other": "A-2"}


@pytest.fixture(scope="module")
def rules(eventful_metering_world: duckdb.DuckDBPyConnection) -> list[Rule]:
    """Read the tariff."""
    return read_rules(eventful_metering_world)


@pytest.fixture(scope="module")
def bills(eventful_metering_world: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Read all bills."""
    return read_bills(eventful_metering_world)


def _asked(rules: list[Rule], bill: dict[str, Any], kwh: Decimal) -> dict[str, Decimal]:
    return charge(rules, bill["schedule"], bill["load"], kwh, bill["period_end"])


def test_bills_are_what_the_tariff_asks_for(rules: list[Rule], bills: list[dict[str, Any]]) -> None:
    right = [bill for bill in bills if bill["rule"] is None]
    assert len(right) > 300
    assert {bill["schedule"] for bill in right} == {"A-1", "A-2", "B-1", "B-2", "C-1", "Other"}
    for bill in right:
        assert bill["kwh"] == bill["registered"], bill["invoice_id"]
        assert bill["lines"] == _asked(rules, bill, bill["kwh"]), bill["invoice_id"]


def test_bills_are_the_sum_of_their_lines(bills: list[dict[str, Any]]) -> None:
    assert all(bill["amount"] == sum(bill["lines"].values()) for bill in bills)


def test_under_billed_bills_lack_what_the_truth_tells(
    rules: list[Rule], bills: list[dict[str, Any]]
) -> None:
    wrong = [bill for bill in bills if bill["rule"] == "under_billed"]
    assert len(wrong) > 10
    for bill in wrong:
        assert bill["kwh"] == bill["registered"]
        right = sum(_asked(rules, bill, bill["kwh"]).values())
        assert bill["truth"] == right - bill["amount"], bill["invoice_id"]
        assert bill["truth"] > right / 100


@pytest.mark.parametrize(("rule", "sign"), [("unbilled_usage", -1), ("over_billed", 1)])
def test_wrong_usage_is_off_by_its_share(
    rules: list[Rule], bills: list[dict[str, Any]], rule: str, sign: int
) -> None:
    wrong = [bill for bill in bills if bill["rule"] == rule]
    assert len(wrong) > 10
    for bill in wrong:
        off = sign * (bill["kwh"] - bill["registered"]) / bill["registered"]
        assert Decimal("0.0999") < off < Decimal("0.4001")
        assert bill["lines"] == _asked(rules, bill, bill["kwh"])
        right = _asked(rules, bill, bill["registered"])["energy"]
        assert bill["truth"] == sign * (bill["lines"]["energy"] - right)


def test_a_place_that_is_cut_off_is_billed_by_mistake_alone(
    eventful_metering_world: duckdb.DuckDBPyConnection, bills: list[dict[str, Any]]
) -> None:
    wrong = [bill for bill in bills if bill["rule"] == "billed_while_disconnected"]
    assert wrong
    assert all(bill["kwh"] == 0 and bill["truth"] == bill["amount"] > 0 for bill in wrong)
    cut = """
        from raw_billing.invoices as i join raw_metering.meters as m using (meter_number)
        where m.status = 'Disconnected' and i.period_start >= m.updated_at::date
    """
    assert count(eventful_metering_world, f"select count(*) {cut}") == len(wrong)
    used = (
        "select count(*) from raw_metering.readings join raw_metering.meters using (meter_number)"
    )
    dead = f"{used} where status = 'Disconnected' and read_at >= updated_at"
    assert count(eventful_metering_world, dead) > 0
    # except for what another meter reports under its number
    own = """
        not exists (
            select 1 from ground_truth.reading_faults as f
            where f.meter_number = readings.meter_number and f.fault = 'duplicate'
                and f.starts_at <= read_at and read_at < f.ends_at
        )
    """
    assert count(eventful_metering_world, f"{dead} and kwh <> 0 and {own}") == 0


def test_ghosts_are_the_months_without_a_bill(
    eventful_metering_world: duckdb.DuckDBPyConnection, rules: list[Rule]
) -> None:
    con = eventful_metering_world
    missing = con.execute("""
        select m.account_id, mm.month, sum(mm.registered_kwh), max(m.connected_load_kw)
        from ground_truth.meter_months as mm join raw_metering.meters as m using (meter_id)
        where mm.month < '2024-12-01'
        group by all
        having sum(mm.used_kwh) > 0
            and (m.account_id, mm.month) not in
                (select (account_id, period_start) from raw_billing.invoices)
        order by all
    """).fetchall()
    told = con.execute(
        "select entity_id, period_start, amount, observable_from from ground_truth.faults"
        " where rule = 'ghost' order by all"
    ).fetchall()
    assert len(told) > 10
    assert [row[:2] for row in missing] == [row[:2] for row in told]
    for _, month, _, seen_on in told:
        following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        assert (seen_on - following).days == 7
    amounts = []
    for account, month, kwh, load in missing:
        schedule = con.execute(
            "select after->>'rate_schedule' from raw_cdc.change_events"
            " where source_table = 'raw_metering.meters' and (after->>'account_id') = ?"
            " and source_ts <= ? order by source_ts desc limit 1",
            [account, month],
        ).fetchone()
        assert schedule is not None
        amounts.append(charge(rules, schedule[0], load, kwh, month)["energy"])
    assert amounts == [row[2] for row in told]


def test_every_hour_of_the_year_is_billed() -> None:
    clean = (*CLEAN_DATA, *LASTING, *RIGHT_BILLS, HONEST, "metering.meters=12")
    con = simulate_metering(*clean, "period.months=13")
    billed = """
        select account_id, sum(quantity) as kwh, count(*) as bills
        from raw_billing.invoices join raw_billing.invoice_line_items using (invoice_id)
        where charge_type = 'energy' group by all
    """
    read = """
        select account_id, sum(kwh) as kwh, count(*) as hours from raw_metering.readings
        join raw_metering.meters using (meter_number)
        where account_id is not null and read_at < '2025-01-01' group by all
    """
    compared = con.execute(
        f"select b.kwh = r.kwh, bills, hours from ({billed}) as b join ({read}) as r using (account_id)"
    ).fetchall()
    assert compared == [(True, 12, 8_784)] * 12


def test_bills_come_five_days_after_their_month(
    metering_world: duckdb.DuckDBPyConnection,
) -> None:
    dates = metering_world.execute("""
        select distinct
            i.invoice_date - i.period_end, i.due_date - i.invoice_date,
            i.period_start = date_trunc('month', i.period_end),
            i.period_end = last_day(i.period_start),
            b.batch_id = 'mtr-' || strftime(i.invoice_date, '%Y-%m'),
            b.line_of_business
        from raw_billing.invoices as i join raw_control.extract_batches as b
            on i._batch_no = b.batch_no
    """).fetchall()
    assert dates == [(5, 10, True, True, True, "utility")]


def test_bills_name_the_meter_that_is_there_when_their_month_ends(
    eventful_metering_world: duckdb.DuckDBPyConnection,
) -> None:
    wrong = """
        select count(*) from raw_billing.invoices as i
        join raw_metering.meters as m using (meter_number)
        where m.account_id <> i.account_id or m.installed_on > i.period_end
            or (m.status = 'Replaced' and m.updated_at < i.period_end + interval 1 day)
    """
    assert count(eventful_metering_world, wrong) == 0
    assert count(eventful_metering_world, "select count(*) from raw_billing.invoices") > 500


@pytest.mark.parametrize("kind", ["ghost", "unbilled", "over_billed"])
def test_wrong_bills_take_their_share(
    kind: str, eventful_metering_world: duckdb.DuckDBPyConnection
) -> None:
    rate = {"ghost": 0.06, "unbilled": 0.1, "over_billed": 0.08}[kind]
    rule = "unbilled_usage" if kind == "unbilled" else kind
    months = (
        "select count(*) from ground_truth.meter_months join raw_metering.meters using (meter_id)"
        " where used_kwh > 0 and month < '2024-12-01' and status = 'Active'"
    )
    trials = count(eventful_metering_world, months)
    found = count(
        eventful_metering_world,
        f"select count(*) from ground_truth.faults where rule = '{rule}'",
    )
    # months with a meter that failed or was replaced are left out, some of the others of replaced meters count
    assert (
        abs(found - trials * rate) < 4 * (trials * rate * (1 - rate)) ** 0.5 + 0.15 * trials * rate
    )


def test_payments_are_made_at_their_rates() -> None:
    con = simulate_metering("metering.meters=1000", *QUIET_GRID, *CLEAN_DATA, "period.months=4")
    shares = con.execute("""
        select
            case
                when c.segment = 'Government' then 0.98
                when i.amount > 10000 then 0.75
                when i.amount > 5000 then 0.85
                else 0.92
            end as share,
            count(*), count(p.payment_id),
            count(*) filter (p.amount_paid < i.amount),
            min(p.payment_date - i.invoice_date), max(p.payment_date - i.invoice_date),
            min(p.amount_paid / i.amount) filter (p.amount_paid < i.amount),
            max(p.amount_paid / i.amount)
        from raw_billing.invoices as i
        join raw_crm.accounts using (account_id) join raw_crm.customers as c using (customer_id)
        left join raw_payments.payments as p
            on i.invoice_id = p.invoice_id and i.account_id = p.account_id
        group by 1 order by 1
    """).fetchall()
    assert [float(row[0]) for row in shares] == [0.75, 0.85, 0.92, 0.98]
    for share, trials, paid, partial, soonest, latest, least, most in shares:
        rate = float(share)
        assert abs(paid - trials * rate) < 4 * (trials * rate * (1 - rate)) ** 0.5
        assert abs(partial - paid * 0.05) < 4 * (paid * 0.05 * 0.95) ** 0.5
        assert (soonest, latest, most) == (0, 20, 1)
        assert 0.5 <= least < 0.9
    unpaid = "select sum(amount) from ground_truth.faults where rule in ('zombie', 'leaky_bucket')"
    left = """
        select (select sum(amount) from raw_billing.invoices)
            - (select sum(amount_paid) from raw_payments.payments)
    """
    assert con.execute(unpaid).fetchone() == con.execute(left).fetchone()
