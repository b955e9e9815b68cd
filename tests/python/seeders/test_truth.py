"""The truth is what the rules of the business find in the raw rows, on any day.

The rules are written here once more, in plain SQL over the raw tables and the change feed, and know
nothing of how a fault was injected.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from seeders.config import PolicyConfig
from seeders.simulation import SimulationError, advance
from tests.python.seeders.worlds import count, simulate

if TYPE_CHECKING:
    import duckdb

DAYS = [
    date(2024, 1, 1),
    date(2024, 2, 29),
    date(2024, 4, 17),
    date(2024, 6, 30),
    date(2024, 9, 8),
    date(2024, 11, 30),
    date(2024, 12, 31),
]
WORLDS = ["world", "eventful_world"]

_STATUS = """
    select entity_key, source_ts::date as changed_on, after ->> 'status' as status
    from raw_cdc.change_events
    where source_table = '{table}' and source_ts < $day + 1 and op <> 'd'
    qualify row_number() over (partition by entity_key order by source_seq desc) = 1
"""

_ZOMBIES = f"""
    with account as ({_STATUS.format(table="raw_crm.accounts")}),
    subscription as ({_STATUS.format(table="raw_billing.subscriptions")}),
    paid as (
        select invoice_id from raw_payments.payments where payment_date <= $day
        union select invoice_id from raw_billing.write_offs where written_off_on <= $day
    )
    select invoice_id as entity_id, amount, period_start
    from raw_billing.invoices as i
    join account on i.account_id = account.entity_key
    join subscription on i.subscription_id = subscription.entity_key
    where i.invoice_date <= $day and $day > i.due_date + $grace::integer
      and account.status = 'Active' and subscription.status = 'Active'
      and i.invoice_id not in (from paid)
"""

_LEAKY = """
    with paid as (
        select invoice_id, sum(amount_paid) as paid
        from raw_payments.payments where payment_date <= $day group by all
    )
    select invoice_id as entity_id, amount - paid as amount, period_start
    from raw_billing.invoices join paid using (invoice_id)
    where $day > due_date and paid < amount
"""

_GHOSTS = """
    with months as (
        select unnest(range(date '2024-01-01', $day + 1, interval 1 month))::date as month
    ),
    history as (
        select entity_key, source_table, source_ts::date as valid_from, after,
            lead(source_ts::date, 1, date '9999-12-31')
                over (partition by source_table, entity_key order by source_seq) as valid_to
        from raw_cdc.change_events where source_ts < $day + 1 and op <> 'd'
    ),
    billing as (
        select s.*, month,
            least(month + (billing_day - 1)::integer, last_day(month)) as billing_date
        from raw_billing.subscriptions as s cross join months
    ),
    expected as (
        select b.subscription_id, month, billing_date,
            h.after ->> 'status' as status,
            a.after ->> 'status' as account_status,
            (h.after ->> 'cancelled_on')::date as cancelled_on,
            coalesce((h.after ->> 'unit_price')::decimal(18, 2), p.monthly_price)
                * (h.after ->> 'quantity')::decimal(18, 0) as price
        from billing as b
        -- the day of a cancellation is billed as the day before it would be
        join history as h on h.entity_key = b.subscription_id
            and h.source_table = 'raw_billing.subscriptions'
            and h.valid_from <= billing_date and billing_date < h.valid_to
        join history as a on a.entity_key = b.account_id
            and a.source_table = 'raw_crm.accounts'
            and a.valid_from <= billing_date and billing_date < a.valid_to
        join raw_billing.plans as p on p.plan_id = (h.after ->> 'plan_id')
    )
    select subscription_id as entity_id, price::decimal(18, 2) as amount, month as period_start
    from expected as e
    where billing_date < $day and price > 0 and account_status = 'Active'
      and (status = 'Active' or (status = 'Cancelled' and cancelled_on = billing_date))
      and not exists (
        from raw_billing.invoices as i
        where i.subscription_id = e.subscription_id and i.invoice_date <= $day
          and e.billing_date between i.period_start and i.period_end
      )
"""

RULES = {"zombie": _ZOMBIES, "leaky_bucket": _LEAKY, "ghost": _GHOSTS}


def _found(
    con: duckdb.DuckDBPyConnection, rule: str, day: date, grace: int = 30
) -> list[tuple[Any, ...]]:
    query = f"select entity_id, amount, period_start from ({RULES[rule]}) order by all"
    values: dict[str, object] = {"day": day}
    if "$grace" in query:
        values["grace"] = grace
    return con.execute(query, values).fetchall()


def _told(con: duckdb.DuckDBPyConnection, rule: str, day: date) -> list[tuple[Any, ...]]:
    return con.execute(
        "select entity_id, amount, period_start from ground_truth.faults where rule = $rule"
        " and observable_from <= $day and (ends_on is null or $day < ends_on) order by all",
        {"rule": rule, "day": day},
    ).fetchall()


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("rule", RULES)
def test_the_rule_finds_the_truth_on_any_day(
    request: pytest.FixtureRequest, name: str, rule: str
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    found_any = False
    for day in DAYS:
        truth = _told(con, rule, day)
        assert _found(con, rule, day) == truth, day
        found_any = found_any or bool(truth)
    assert found_any


@pytest.mark.parametrize("name", WORLDS)
def test_a_fault_is_seen_in_spells_that_do_not_overlap(
    request: pytest.FixtureRequest, name: str
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    assert (
        count(
            con,
            "select count(*) from ground_truth.faults as one join ground_truth.faults as other"
            " using (rule, entity_id, period_start) where one.fault_id < other.fault_id"
            " and one.observable_from < coalesce(other.ends_on, date '9999-12-31')"
            " and other.observable_from < coalesce(one.ends_on, date '9999-12-31')",
        )
        == 0
    )


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_never_seen_was_injected_and_is_told_once(
    request: pytest.FixtureRequest, name: str
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    never = "select * from ground_truth.faults where ends_on <= observable_from"
    assert count(con, f"select count(*) from ({never})") > 0
    assert count(con, f"select count(*) from ({never}) where cause <> 'injected'") == 0
    assert (
        count(
            con,
            f"select count(*) from ({never}) as one join ground_truth.faults as other"
            " using (rule, entity_id, period_start) where one.fault_id <> other.fault_id",
        )
        == 0
    )


INJECTED = {
    "zombie": "select invoice_id, period_start from raw_billing.invoices",
    "leaky_bucket": "select invoice_id, period_start from raw_billing.invoices"
    " join raw_payments.payments using (invoice_id) where payment_id like 'P%'"
    " and amount_paid < amount",
    # only an invoice that was written late still shows that there was a ghost
    "ghost": "select subscription_id, period_start from raw_billing.invoices"
    " join raw_billing.subscriptions using (subscription_id) where invoice_date"
    " > least(period_start + (billing_day - 1)::integer, period_end)",
}
TROUBLES = {
    "zombie": ("zombie.rate=1", "subscription.annual_churn=0.5", "payments.annual_non_payers=0.5"),
    "leaky_bucket": (
        "leaky.rate=1",
        "payments.late_share=0",
        "leaky.topped_up_share=1",
        "leaky.topped_up_min_days=1",
        "leaky.topped_up_max_days=3",
    ),
    "ghost": ("ghost.rate=0.5", "ghost.billed_late_share=1"),
}


@pytest.mark.parametrize("rule", TROUBLES)
def test_every_injected_fault_is_told(rule: str) -> None:
    """Also where the policy is so patient that few of them are ever seen."""
    patient = PolicyConfig(zombie_grace_days=120, invoicing_lag_days=30)
    con = simulate(*TROUBLES[rule], policy=patient)
    told = f"""
        select entity_id, period_start from ground_truth.faults
        where rule = '{rule}' and cause = 'injected'
    """
    assert count(con, f"select count(*) from ({INJECTED[rule]})") > 0
    assert count(con, f"select count(*) from ({INJECTED[rule]} except {told})") == 0


def test_rare_combinations_occur(eventful_world: duckdb.DuckDBPyConnection) -> None:
    """Without them the tests above would prove little."""
    con = eventful_world
    faults = "select count(*) from ground_truth.faults where"
    assert count(con, f"{faults} fault_id like 'Y%'") > 0
    assert count(con, f"{faults} rule = 'zombie' and cause = 'natural'") > 0
    for rule in RULES:
        assert count(con, f"{faults} rule = '{rule}' and ends_on is not null") > 0
        assert count(con, f"{faults} rule = '{rule}' and cause = 'injected'") > 0


@pytest.mark.parametrize("months", [1, 2, 5])
@pytest.mark.parametrize("grace", [30, 3])
def test_rows_that_arrive_late_hide_no_truth_and_make_none(months: int, grace: int) -> None:
    """On the day of an extract, rows of its last month may still be missing."""
    con = simulate(
        "payments.late_arrival_share=1",
        "leaky.rate=0.2",
        f"period.months={months}",
        policy=PolicyConfig(zombie_grace_days=grace),
    )
    day = date(2024, months + 1, 1) - timedelta(days=1)
    for rule in RULES:
        assert _found(con, rule, day, grace) == _told(con, rule, day), rule


def test_advancing_under_other_thresholds_is_refused() -> None:
    """Half of the truth would be written by one rule, half by another."""
    con = simulate("period.months=1", policy=PolicyConfig(zombie_grace_days=3))
    with pytest.raises(SimulationError, match="thresholds in dbt_project"):
        advance(con, 1)
