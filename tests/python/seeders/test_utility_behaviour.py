"""What the settings of utilities do, seen by their effect on the raw rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seeders.config import PolicyConfig, load_config
from seeders.simulation.utility.facts import STEPS
from seeders.simulation.utility.ledger import Penalty
from tests.python.seeders.worlds import count, odd_keys, simulate_utility

if TYPE_CHECKING:
    import duckdb

BILLS = "raw_billing.invoices"
CHECKS = "raw_billing.balance_snapshots"
FAULTS = "ground_truth.faults"
# a payment is made for the bill whose account and cycle its id names
PAID = (
    "raw_payments.payments as p join raw_billing.invoices as i"
    " on substr(i.invoice_id, 2) = substr(p.payment_id, 2)"
    " join raw_crm.accounts as a on a.account_id = p.account_id"
    " join ground_truth.customer_reliability as r on r.customer_id = a.customer_id"
)
SHORT = ("utility.first_day=2023-01-01",)


def _one(con: duckdb.DuckDBPyConnection, query: str) -> float:
    row = con.execute(query).fetchone()
    assert row is not None
    return float(row[0] or 0)


def _turned(con: duckdb.DuckDBPyConnection, action: str) -> int:
    return count(con, f"select count(*) from {CHECKS} where action = '{action}'")


def test_the_reference_scale() -> None:
    con = simulate_utility("utility.customers=3000")
    for table, expected in (
        ("raw_crm.accounts", 14_000),
        ("raw_metering.usages", 580_000),
        ("raw_billing.invoices", 580_000),
        ("raw_payments.payments", 580_000),
        ("raw_billing.balance_snapshots", 580_000),
    ):
        assert count(con, f"select count(*) from {table}") == pytest.approx(expected, rel=0.1), (
            table
        )
    assert count(con, "select count(*) from raw_crm.customers") == 3_000
    last = "select max(cycle_end) from raw_metering.usages"
    assert con.execute(last).fetchone() == (date(2024, 12, 31),)
    assert count(con, "select count(distinct cycle_start) from raw_metering.usages") == 72


REFERENCE_SHARES = {"none": 70.99, "full": 13.60, "minor": 7.23, "partial": 4.36, "major": 3.82}
"""Percent of the checks that the program of the reference makes, on 360 customers."""


@pytest.mark.parametrize("root", [1, 2, 3])
def test_delinquency_is_that_of_the_reference(root: int) -> None:
    con = simulate_utility("utility.customers=3000", root=root)
    # 38 of 360 customers' accounts are closed there, give or take the root of 38
    assert abs(count(con, "select count(*) from raw_billing.bad_debts") - 317) <= 51
    shares = con.execute(
        f"select delinquency_type, 100 * count(*) / sum(count(*)) over () from {CHECKS} group by 1"
    ).fetchall()
    assert dict(shares) == pytest.approx(REFERENCE_SHARES, abs=1)
    suspended = f"select 100 * avg((status = 'Suspended')::integer) from {CHECKS}"
    assert _one(con, suspended) == pytest.approx(2.6, abs=0.3)


def test_the_more_reliable_pay_earlier_and_are_closed_less() -> None:
    con = simulate_utility("utility.customers=600", *SHORT, "utility.days_late_mean=18")
    rows = con.execute(
        "select least(floor(reliability / 0.3), 2), avg(payment_date - due_date),"
        f" avg(amount_paid / statement_amount) from {PAID} group by 1 order by 1"
    ).fetchall()
    days, shares = [row[1] for row in rows], [row[2] for row in rows]
    assert len(rows) == 3
    assert days[0] > days[1] + 5 > days[2] + 10
    assert shares[0] < shares[1] < shares[2]
    closed = con.execute(
        "select least(floor(reliability / 0.3), 2), avg((status = 'Closed')::integer)"
        " from raw_crm.accounts join ground_truth.customer_reliability using (customer_id)"
        " group by 1 order by 1"
    ).fetchall()
    assert closed[0][1] > 3 * closed[1][1]
    assert closed[1][1] >= closed[2][1]


def test_nobody_unreliable_means_no_delinquency_at_all() -> None:
    con = simulate_utility("utility.unreliable_share=0")
    assert count(con, f"select count(*) from {CHECKS} where unpaid_balance > 0 or score > 0") == 0
    assert count(con, f"select count(*) from {CHECKS} where action <> 'none'") == 0
    assert count(con, "select count(*) from raw_crm.accounts where status <> 'Active'") == 0
    for table in ("raw_billing.bad_debts", "raw_billing.write_offs", "raw_regulatory.audit_events"):
        assert count(con, f"select count(*) from {table}") == 0, table
    assert count(con, f"select count(*) from {FAULTS} where rule <> 'ghost'") == 0
    late = f"select count(*) from {PAID} where payment_date >= due_date or amount_paid <> amount"
    assert count(con, late) == 0
    assert count(con, f"select count(*) from {BILLS}") > 10_000


def test_half_reliable_lies_between() -> None:
    clear = [
        _one(
            simulate_utility(*SHORT, f"utility.unreliable_share={share}"),
            f"select avg((score = 0)::integer) from {CHECKS}",
        )
        for share in (1, 0.5, 0)
    ]
    assert clear[0] + 0.05 < clear[1] < clear[2] - 0.05


@pytest.mark.parametrize("rate", [0, 0.005, 0.3, 1])
def test_ghosts_are_as_many_as_asked_for(rate: float) -> None:
    con = simulate_utility(*SHORT, f"utility.ghost_rate={rate}", "utility.unreliable_share=0")
    unbilled = (
        "select count(*) from raw_metering.usages as u where cycle_end < date '2024-12-31'"
        " and not exists (from raw_billing.invoices as i where i.account_id = u.account_id"
        " and i.period_start = u.cycle_start)"
    )
    ghosts = count(con, unbilled)
    assert ghosts == count(con, f"select count(*) from {FAULTS} where rule = 'ghost'")
    usages = count(con, "select count(*) from raw_metering.usages where cycle_end < '2024-12-31'")
    assert usages > 3_000
    spread = 4 * (usages * rate * (1 - rate)) ** 0.5
    assert abs(ghosts - usages * rate) <= spread


def test_draws_for_one_thing_say_nothing_about_another() -> None:
    """Accounts that are not billed use as much as others, in cycles before and after as well."""
    con = simulate_utility(*SHORT, "utility.ghost_rate=0.3", "utility.seasonal_swing=0")
    usual = _one(con, "select avg(usage_kwh) from raw_metering.usages")
    for cycles in range(-2, 4):
        mean = (
            f"select avg(usage_kwh) from {FAULTS} as f join raw_metering.usages as u"
            f" on u.account_id = f.entity_id and u.cycle_start = f.period_start + {30 * cycles}"
            " where rule = 'ghost'"
        )
        assert _one(con, mean) == pytest.approx(usual, rel=0.08), cycles


def test_a_ghost_is_told_once_its_bill_is_late_and_never_ends() -> None:
    policy = PolicyConfig(usage_invoicing_lag_days=9)
    con = simulate_utility(*SHORT, "utility.ghost_rate=0.1", policy=policy)
    ghosts = f"select count(*) from {FAULTS} as f"
    told = (
        " join raw_metering.usages as u on u.account_id = f.entity_id"
        " and u.cycle_start = f.period_start and u.cycle_end + 10 = f.observable_from"
        " where rule = 'ghost' and entity_type = 'account' and f.account_id = entity_id"
        " and ends_on is null and cause = 'injected' and currency = 'USD'"
    )
    assert count(con, ghosts + told) == count(con, f"{ghosts} where rule = 'ghost'") > 100


def test_a_bill_swallowed_by_the_closing_is_a_natural_ghost() -> None:
    """An account that is closed as soon as it would be suspended has just used energy."""
    con = simulate_utility(
        "utility.ghost_rate=0",
        "penalty.close_score=3",
        "penalty.suspend_score=3",
        policy=PolicyConfig(usage_invoicing_lag_days=7),
    )
    closed = count(con, "select count(*) from raw_billing.bad_debts")
    assert _turned(con, "suspend") == 0
    natural = (
        f"select count(*) from {FAULTS} as f join raw_crm.accounts as a using (account_id)"
        " where rule = 'ghost' and cause = 'natural' and observable_from = closed_on + 7"
    )
    assert count(con, natural) == closed > 20
    assert count(con, f"select count(*) from {FAULTS} where cause = 'injected'") == 0


def test_moved_thresholds_move_the_counts() -> None:
    def turns(*settings: str) -> dict[str, int]:
        con = simulate_utility(*SHORT, "utility.customers=300", *settings)
        return {action: _turned(con, action) for action in ("suspend", "reinstate", "close")}

    usual = turns()
    assert turns("penalty.suspend_score=3")["suspend"] > 1.5 * usual["suspend"]
    assert turns("penalty.close_score=6")["close"] > 3 * max(usual["close"], 1)
    assert turns("penalty.full_penalty=5")["close"] > 3 * max(usual["close"], 1)
    none = turns("penalty.suspend_score=999", "penalty.close_score=1000")
    assert none == {"suspend": 0, "reinstate": 0, "close": 0}


@pytest.mark.parametrize(
    ("unpaid", "total", "step"),
    [
        (0, 100, "none"),
        (0, 0, "none"),
        (1, 100, "minor"),
        (32, 100, "minor"),
        (33, 100, "partial"),
        (66, 100, "partial"),
        (67, 100, "major"),
        (99, 100, "major"),
        (100, 100, "full"),
        (1, 1, "full"),
        # a third is more than 0.33, and cents decide in large amounts, too
        (1, 3, "partial"),
        (32_999_999_999, 100_000_000_000, "minor"),
        (33_000_000_000, 100_000_000_000, "partial"),
        (99_999_999_999, 100_000_000_000, "major"),
    ],
)
def test_steps_hold_from_exactly_their_share_on(unpaid: int, total: int, step: str) -> None:
    policy = Penalty.of(load_config("seeds").penalty)
    assert STEPS[policy.step(np.array([unpaid]), np.array([total]))[0]] == step


def test_moved_ratios_move_the_kinds() -> None:
    def kinds(*settings: str) -> dict[str, int]:
        con = simulate_utility(*SHORT, *settings)
        rows = con.execute(f"select delinquency_type, count(*) from {CHECKS} group by 1").fetchall()
        return dict(rows)

    usual = kinds()
    assert set(usual) == {"none", "minor", "partial", "major", "full"}
    assert kinds("penalty.partial_ratio=0", "penalty.major_ratio=0.67").keys() == usual.keys() - {
        "minor"
    }
    wide = kinds("penalty.major_ratio=1")
    assert "major" not in wide
    assert wide["partial"] > usual["partial"]


def test_the_policy_that_was_used_is_written_down() -> None:
    con = simulate_utility(*SHORT, "utility.customers=1", "penalty.suspend_score=3.5")
    assert con.execute(
        "select policy_id, line_of_business, step_order, step_name, min_ratio::double,"
        " penalty::double, suspend_score::double, close_score::double, valid_from::text, valid_to"
        " from raw_billing.delinquency_policies order by step_order"
    ).fetchall() == [
        ("PEN-1", "utility", 1, "minor", 0.0, 0.5, 3.5, 10.0, "2023-01-01", None),
        ("PEN-2", "utility", 2, "partial", 0.33, 1.0, 3.5, 10.0, "2023-01-01", None),
        ("PEN-3", "utility", 3, "major", 0.67, 1.5, 3.5, 10.0, "2023-01-01", None),
        ("PEN-4", "utility", 4, "full", 1.0, 2.0, 3.5, 10.0, "2023-01-01", None),
    ]


def test_the_season_moves_what_is_used() -> None:
    def by_month(*settings: str) -> dict[int, float]:
        con = simulate_utility("utility.customers=300", *SHORT, *settings)
        rows = con.execute(
            "select month(cycle_start + 15), avg(usage_kwh) from raw_metering.usages group by 1"
        ).fetchall()
        return {month: float(mean) for month, mean in rows}

    summer = by_month("utility.seasonal_swing=0.5")
    assert summer[7] / summer[1] == pytest.approx(3, rel=0.1)
    winter = by_month("utility.seasonal_swing=0.5", "utility.peak_month=1")
    assert winter[1] / winter[7] == pytest.approx(3, rel=0.1)
    level = by_month("utility.seasonal_swing=0")
    assert max(level.values()) / min(level.values()) < 1.08


def test_classes_of_usage_and_segments_have_their_shares() -> None:
    con = simulate_utility(
        *SHORT,
        "utility.customers=2000",
        "utility.seasonal_swing=0",
        "utility.low_usage_max_kwh=200",
        "utility.unreliable_share=0",
        "utility.further_account_chance=0",
    )
    means = (
        "(select account_id, avg(usage_kwh) as mean, min(usage_kwh) as least, max(usage_kwh) as most"
        " from raw_metering.usages group by 1)"
    )
    accounts = count(con, f"select count(*) from {means}")
    low = count(con, f"select count(*) from {means} where least >= 100 and most <= 200")
    medium = count(con, f"select count(*) from {means} where least >= 250 and most <= 500")
    high = count(con, f"select count(*) from {means} where least >= 500 and most <= 800")
    assert low + medium + high == accounts == 2_000
    assert low / accounts == pytest.approx(0.5, abs=0.05)
    assert medium / accounts == pytest.approx(0.3, abs=0.05)
    homes = "select avg((segment = 'Residential')::integer) from raw_crm.customers"
    assert _one(con, homes) == pytest.approx(0.8, abs=0.04)
    mean = _one(con, f"select avg(mean) from {means} where most <= 200")
    assert mean == pytest.approx(150, rel=0.02)


def test_rates_are_those_of_the_schedule() -> None:
    con = simulate_utility(
        *SHORT,
        "utility.customers=30",
        "utility.residential_rate=0.123456",
        "utility.commercial_rate=2",
        "utility.residential_share=0.5",
    )
    assert con.execute(
        "select rate_schedule, consumer_group, charge_type, slab_order, slab_width_kwh,"
        " rate::double, rate_unit, valid_from::text, valid_to from raw_billing.tariffs order by 1"
    ).fetchall() == [
        ("COM", "Commercial", "energy", 1, None, 2.0, "kwh", "2023-01-01", None),
        ("RES", "Residential", "energy", 1, None, 0.123456, "kwh", "2023-01-01", None),
    ]
    wrong = (
        "select count(*) from raw_metering.meters as m join raw_crm.accounts using (account_id)"
        " join raw_crm.customers using (customer_id) join raw_metering.usages as u using (account_id)"
        f" join {BILLS} as i on i.account_id = u.account_id and i.period_start = u.cycle_start"
        " where rate_schedule <> upper(left(segment, 3)) or i.amount <> round(usage_kwh * case"
        " rate_schedule when 'RES' then 0.123456 else 2 end, 2)"
    )
    assert count(con, f"select count(*) from {BILLS} where amount > 0") > 500
    assert count(con, wrong) == 0


def test_accounts_open_at_the_chances_named() -> None:
    def opened(*settings: str) -> list[tuple[int, int]]:
        con = simulate_utility(*SHORT, "utility.customers=400", *settings)
        return con.execute(
            "select opened, count(*) from (select customer_id, count(*) as opened"
            " from raw_crm.accounts group by 1) group by 1 order by 1"
        ).fetchall()

    one = ("utility.further_account_chance=0", "utility.unreliable_share=0")
    assert opened("utility.first_account_chance=1", *one) == [(1, 400)]
    assert opened("utility.first_account_chance=0") == []
    many = ("utility.many_accounts=2", "utility.many_accounts_chance=0")
    assert opened("utility.further_account_chance=1", *many, "utility.unreliable_share=0") == [
        (3, 400)
    ]
    always = opened("utility.further_account_chance=1", "utility.many_accounts_chance=1")
    assert always[0][0] >= 15
    first = simulate_utility(
        "utility.customers=2000", "period.first_month=2019-02", "period.months=1"
    )
    there = count(first, "select count(*) from raw_crm.customers")
    assert there / 2_000 == pytest.approx(0.75, abs=0.04)
    assert there == count(first, "select count(*) from ground_truth.customer_reliability")


def test_no_customer_has_more_accounts_than_ids() -> None:
    con = simulate_utility(
        "utility.customers=2",
        "utility.first_day=2013-01-01",
        "utility.further_account_chance=1",
        "utility.many_accounts_chance=1",
        "period.first_month=2013-01",
        "period.months=144",
    )
    assert count(con, "select count(*) from raw_crm.accounts") == 200


def test_a_suspended_account_is_billed_nothing(utility_world: duckdb.DuckDBPyConnection) -> None:
    suspended = (
        f"select count(*) from {CHECKS} as c join {BILLS} as i on i.account_id = c.account_id"
        " and i.period_start = c.check_date where status = 'Suspended'"
    )
    assert count(utility_world, suspended) > 100
    assert count(utility_world, f"{suspended} and amount <> 0") == 0
    assert count(utility_world, f"{suspended} and statement_amount > 0") > 50


LATE_SHARE = "case when reliability > 0.85 then 1 when reliability > 0.7 then 0.6 else 0.3 end"
PROMPT = ("utility.days_late_spread=0", "utility.days_late_slope=0")
PAYING = {
    "early": (
        (*PROMPT, "utility.days_late_mean=-40", "utility.prompt_full_share=1"),
        "payment_date = due_date - 15 and amount_paid = statement_amount",
    ),
    "earlier": (
        (*PROMPT, "utility.days_late_mean=-40", "utility.days_early_max=30"),
        "payment_date = invoice_date",
    ),
    "prompt": (
        (*PROMPT, "utility.days_late_mean=7", "utility.prompt_full_share=0"),
        "payment_date = due_date + 7 and amount_paid <= statement_amount * 0.9 + 0.01",
    ),
    "late": (
        (*PROMPT, "utility.days_late_mean=8"),
        f"payment_date = due_date + 8 and amount_paid <= statement_amount * {LATE_SHARE} + 0.01",
    ),
    "latest": (
        (*PROMPT, "utility.days_late_mean=300", "utility.unpaid_below=0"),
        "payment_date = due_date + floor((1.2 - reliability) * 100)::integer",
    ),
}


@pytest.mark.parametrize("kind", PAYING)
def test_payments_keep_to_their_settings(kind: str) -> None:
    settings, expected = PAYING[kind]
    con = simulate_utility(*SHORT, "utility.customers=60", *settings)
    paid = count(con, f"select count(*) from {PAID}")
    assert paid > 100
    assert count(con, f"select count(*) from {PAID} where {expected}") == paid


def test_who_is_unreliable_pays_nothing_rather_than_very_late() -> None:
    con = simulate_utility(*SHORT, *PROMPT, "utility.days_late_mean=300")
    # (1.2 - r) x 100, cut to whole days, is above 60 where r is at most 0.59
    assert count(con, f"select count(*) from {PAID} where reliability <= 0.59") == 0
    assert count(con, f"select count(*) from {PAID} where reliability > 0.59") > 100


def test_another_length_of_the_cycle_moves_bills_and_due_dates() -> None:
    con = simulate_utility(*SHORT, "utility.cycle_days=20", "utility.customers=20")
    odd = (
        f"select count(*) from {BILLS} where due_date - invoice_date <> 20"
        " or period_end - period_start <> 19 or invoice_date - period_end <> 1"
    )
    assert count(con, odd) == 0
    assert count(con, "select count(distinct cycle_start) from raw_metering.usages") == 36
    terms = con.execute("select distinct payment_terms_days from raw_crm.accounts").fetchall()
    assert terms == [(20,)]


def test_ids_are_short_unique_and_refer_to_what_is_there(
    utility_world: duckdb.DuckDBPyConnection,
) -> None:
    con = utility_world
    assert odd_keys(con) == []
    for name in (
        "raw_metering.meters",
        "raw_metering.usages",
        "raw_billing.invoices",
        "raw_payments.payments",
        "raw_billing.balance_snapshots",
        "raw_billing.bad_debts",
        "raw_billing.write_offs",
    ):
        astray = f"select count(*) from {name} anti join raw_crm.accounts using (account_id)"
        assert count(con, astray) == 0, name
    astray = f"select count(*) from {CHECKS} anti join {BILLS} using (account_id, invoice_id)"
    assert count(con, astray) == 0
    unknown = (
        "select count(*) from raw_crm.accounts anti join raw_crm.customers using (customer_id)"
    )
    assert count(con, unknown) == 0


def test_every_change_of_status_is_in_the_feed_and_in_the_trail(
    eventful_utility_world: duckdb.DuckDBPyConnection,
) -> None:
    con = eventful_utility_world
    trail = "select entity_id, occurred_at, action from raw_regulatory.audit_events order by all"
    feed = (
        "select entity_key, source_ts, case after ->> 'status' when 'Active' then 'reinstate'"
        " when 'Suspended' then 'suspend' else 'close' end from raw_cdc.change_events"
        " where op = 'u' and source_table = 'raw_crm.accounts' order by all"
    )
    assert con.execute(trail).fetchall() == con.execute(feed).fetchall()
    assert count(con, "select count(*) from raw_regulatory.audit_events") > 100
    several = (
        "select count(*) from (select entity_key from raw_cdc.change_events"
        " group by 1 having count(*) > 5)"
    )
    assert count(con, several) > 0
    # what an event found is what the one before it left
    broken = (
        "select count(*) from (select before, lag(after) over (partition by entity_key"
        " order by source_seq) as left_behind from raw_cdc.change_events)"
        " where before is distinct from left_behind"
    )
    assert count(con, broken) == 0
    assert (
        count(con, "select count(distinct source_seq) - count(*) from raw_cdc.change_events") == 0
    )


def test_rows_come_with_the_batch_of_their_month(utility_world: duckdb.DuckDBPyConnection) -> None:
    for table, dated in (
        ("raw_metering.usages", "cycle_end"),
        ("raw_billing.invoices", "invoice_date"),
        ("raw_payments.payments", "payment_date"),
        ("raw_billing.balance_snapshots", "check_date"),
        ("raw_billing.write_offs", "written_off_on"),
        ("raw_cdc.change_events", "source_ts::date"),
        ("raw_regulatory.audit_events", "occurred_at::date"),
        ("raw_crm.accounts", "updated_at::date"),
        ("raw_metering.meters", "updated_at::date"),
    ):
        astray = (
            f"select count(*) from {table} as t left join raw_control.extract_batches as b"
            f" on b.batch_no = t._batch_no and t.{dated} between b.covers_from and b.covers_to"
            " and b.line_of_business = 'utility' where b.batch_no is null"
        )
        assert count(utility_world, astray) == 0, table
