"""What smart meters measured, month by month, and the bills for it, held against what truly was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.dbt_runner import run_dbt
from tests.python.workshop import query, silent

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

METERS_ALONE = ("subscription.customers=0", "utility.customers=0", "trade.accounts=0")
CHANGING = ("metering.replacement_rate=0.06", "metering.schedule_change_rate=0.05")
FAULTY = (
    "metering.disconnection_rate=0.02",
    "metering.billed_while_disconnected_rate=0.6",
    "metering.ghost_rate=0.04",
    "metering.unbilled_rate=0.05",
    "metering.over_billed_rate=0.05",
    "metering.under_billed_rate=0.08",
)
# nothing is wrong with a reading, a meter or a bill, nobody moves, and every bill is paid in full on its day
FAULTLESS = (
    *(
        f"metering.{rate}=0"
        for rate in (
            "missing_rate",
            "negative_rate",
            "zero_run_rate",
            "spike_rate",
            "voltage_sag_rate",
            "signal_drop_rate",
            "tamper_rate",
            "reverse_energy_rate",
            "wrong_meter_rate",
            "duplicate_rate",
            "late_arrival_rate",
            "failure_rate",
            "disconnection_rate",
            "theft_scale",
            "ghost_rate",
            "unbilled_rate",
            "over_billed_rate",
            "under_billed_rate",
            "partial_share",
            "paid_after_max_days",
            "vacancy_rate",
            "new_tenant_rate",
            "holiday_rate",
            "solar_share",
            "heat_pump_share",
            "car_share",
        )
    ),
    *(
        f"metering.{share}=1"
        for share in (
            "paying_share",
            "paying_share_large",
            "paying_share_largest",
            "paying_share_government",
        )
    ),
)
SELECTED = (
    "+fct_detection_scorecard",
    "+fct_leakage_cases",
    "+fct_usage",
    "+fct_bill_rerating",
    "+agg_monthly_consumption",
    "+agg_consumer_type_summary",
    "+agg_location_summary",
    "+agg_payment_summary",
    "dim_dates",
)
CASES = "select rule, entity_id, amount, status from leakage.fct_leakage_cases order by rule"


def run(project: Project) -> Project:
    """Build what usage, its bills and their faults need; `town` has it all, and tested."""
    kinds = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    run_dbt(project, project.warehouse, ["build", *kinds, "--select", *SELECTED], silent)
    return project


@pytest.fixture(scope="module")
def town(workshop: Workshop) -> Project:
    """Half a year of forty places where much goes wrong."""
    rates = (*METERS_ALONE, *CHANGING, *FAULTY)
    size = ("period.months=6", "metering.meters=40", "metering.tariff_change=2024-03")
    return workshop.build(workshop.simulate("town", *rates, *size))


@pytest.fixture(scope="module")
def model_town(workshop: Workshop) -> Project:
    """A quarter of a year of sixteen places where meters and schedules change and nothing is wrong."""
    rates = (*METERS_ALONE, *CHANGING, *FAULTLESS)
    size = ("period.months=3", "metering.meters=16", "metering.replacement_rate=0.2")
    return run(workshop.simulate("model_town", *rates, *size))


def test_every_fault_of_a_bill_is_found_and_nothing_else(town: Project) -> None:
    scores = {
        rule: tuple(counts)
        for rule, *counts in query(
            town,
            "select rule, true_positives > 0, false_positives, false_negatives, wrong_amounts"
            " from leakage.fct_detection_scorecard where true_positives > 0",
        )
    }
    rules = ("ghost", "unbilled_usage", "under_billed", "over_billed", "billed_while_disconnected")
    assert {rule: scores.get(rule) for rule in rules} == dict.fromkeys(rules, (True, 0, 0, 0))


def test_estimated_amounts_come_close(town: Project) -> None:
    """Rules that go by validated readings claim, over all their cases, what was truly lost."""
    for rule, claimed, lost in query(
        town,
        """
        select rule, sum(cases.amount)::double, sum(faults.amount)::double
        from leakage.fct_leakage_cases as cases
        inner join ground_truth.faults as faults using (rule, entity_id, period_start)
        where rule in ('ghost', 'unbilled_usage', 'over_billed') and status = 'open' group by all
        """,
    ):
        assert claimed == pytest.approx(lost, rel=0.1), rule


def test_usage_begins_with_the_columns_promised_and_every_key_leads_somewhere(
    town: Project,
) -> None:
    promised = "usage_key customer_key date_key meter_id usage_kwh peak_demand rate_schedule billing_period"
    columns = query(
        town,
        "select column_name from information_schema.columns"
        " where table_schema = 'metering' and table_name = 'fct_usage' order by ordinal_position",
    )
    assert [column for (column,) in columns][:8] == promised.split()
    ((rows, found),) = query(
        town,
        """
        select count(*), count(customers.customer_key || meters.meter_key)
        from metering.fct_usage as usage
        left join core.dim_customers as customers using (customer_key)
        left join metering.dim_meters as meters using (meter_key, meter_id)
        inner join core.dim_dates using (date_key)
        """,
    )
    assert rows == found > 200


def test_a_schedule_counts_from_the_month_it_changed_in(town: Project) -> None:
    changes = query(
        town,
        """
        select entity_key, source_ts::date, json_extract_string(before, '$.rate_schedule'),
            json_extract_string(after, '$.rate_schedule')
        from raw_cdc.change_events
        where source_table = 'raw_metering.meters' and op = 'u'
        and json_extract_string(before, '$.rate_schedule')
            != json_extract_string(after, '$.rate_schedule')
        """,
    )
    assert changes
    for meter, changed_on, before, after in changes:
        charged = query(
            town,
            f"select period_start >= '{changed_on}', rate_schedule from metering.fct_usage"
            f" where meter_id = '{meter}' group by all order by all",
        )
        assert set(charged) <= {(False, before), (True, after)}
        versions = query(
            town,
            "select rate_schedule, is_current from metering.dim_meters"
            f" where meter_id = '{meter}' and effective_date = '{changed_on}'",
        )
        assert [schedule for schedule, _ in versions] == [after]


def test_a_meter_taken_down_is_never_active_again(town: Project) -> None:
    taken_down = query(
        town,
        """
        select meter_id, meter_status, is_current, expiry_date from metering.dim_meters
        inner join raw_metering.meters using (meter_id)
        where status = 'Replaced' and effective_date >= updated_at::date
        """,
    )
    assert taken_down
    assert {row[1] for row in taken_down} == {"Replaced"}


def test_nothing_is_found_where_nothing_is_wrong(model_town: Project) -> None:
    assert query(model_town, CASES) == []
    ((bills, right),) = query(
        model_town,
        "select count(*), count(case when price_difference = 0 then 1 end)"
        " from metering.fct_bill_rerating",
    )
    assert bills == right == 16 * 2


def test_a_replacement_neither_loses_energy_nor_doubles_it(model_town: Project) -> None:
    """Two meters in one month are two rows of usage, one quantity, and one bill."""
    months = query(
        model_town,
        """
        with used as (
            select account_id, month as period_start, count(*) as meters, sum(used_kwh) as kwh
            from ground_truth.meter_months
            inner join raw_metering.meters using (meter_id)
            where consumer_type != 'feeder' group by all
        ),
        facts as (
            select account_id, period_start, count(*) as meters, sum(usage_kwh) as kwh
            from metering.fct_usage group by all
        )
        select used.meters, used.kwh::double, facts.meters, facts.kwh::double,
            periods.usage_kwh::double
        from used
        inner join facts using (account_id, period_start)
        inner join intermediate.int_expected_usage_periods as periods
            using (account_id, period_start)
        """,
    )
    assert len(months) == 16 * 3
    assert any(meters == 2 for meters, *_ in months)
    for true_meters, true_kwh, meters, kwh, billed_kwh in months:
        assert meters == true_meters
        assert kwh == pytest.approx(true_kwh, rel=0.005)
        assert billed_kwh == pytest.approx(kwh, abs=0.001)


def test_what_feeders_lose_is_what_meters_do_not_measure(model_town: Project) -> None:
    """The loss of a town without thieves is technical: 12 to 20 % of what is fed in."""
    losses = query(
        model_town,
        "select loss_share::double from metering.agg_location_summary where fed_in_kwh > 0",
    )
    assert len(losses) == 2 * 3
    assert all(0.11 < loss < 0.21 for (loss,) in losses)


def test_faults_by_hand_are_found_by_the_rule_meant_for_them(
    workshop: Workshop, model_town: Project
) -> None:
    bills = query(
        model_town,
        "select invoice_id, account_id, (billed_total / 100)::decimal(18, 2)"
        " from metering.fct_bill_rerating"
        " inner join raw_billing.invoices using (invoice_id, account_id)"
        " where period_start = '2024-02-01' and billed_kwh > 100 order by invoice_id limit 6",
    )
    (too_much, too_little, too_cheap, too_dear, missing, nearly) = bills
    damaged = workshop.copy(model_town, "by_hand")

    def rescale(invoice: str, share: float) -> list[str]:
        """Bill another energy, and for it what the tariff asks."""
        return [
            f"""
            update raw_billing.invoice_line_items set quantity = round(quantity * {share}, 3),
            amount = (select round(sum(rate * width), 2) from ({slabs(invoice, share)}))
            where invoice_id = '{invoice}' and charge_type = 'energy'
            """,
            *(
                f"""
                update raw_billing.invoice_line_items as lines set amount = round({rate} * (
                    select sum(amount) from raw_billing.invoice_line_items as others
                    where others.invoice_id = lines.invoice_id and charge_type in {charged}
                ), 2) where invoice_id = '{invoice}' and charge_type = '{charge}'
                """
                for charge, rate, charged in (
                    ("tax", 0.18, "('energy', 'fixed')"),
                    ("duty", 0.015, "('energy')"),
                )
            ),
        ]

    def slabs(invoice: str, share: float) -> str:
        """The energy that each slab of the tariff takes of a bill's, in plain SQL."""
        return f"""
            select rate, greatest(least(kwh - above, coalesce(slab_width_kwh, kwh)), 0) as width
            from (
                select rate, slab_width_kwh,
                    coalesce(sum(slab_width_kwh) over (order by slab_order rows between unbounded
                        preceding and 1 preceding), 0) as above,
                    (select round(quantity * {share}, 3) from raw_billing.invoice_line_items
                        where invoice_id = '{invoice}' and charge_type = 'energy') as kwh
                from raw_billing.tariffs
                where charge_type = 'energy' and valid_from <= '2024-02-29'
                and coalesce(valid_to, '2024-02-29') >= '2024-02-29'
                and rate_schedule = (
                    select rate_schedule from metering.fct_bill_rerating
                    where invoice_id = '{invoice}'
                )
            )
        """

    statements = [
        *rescale(too_much[0], 1.2),
        *rescale(too_little[0], 0.8),
        *rescale(nearly[0], 0.96),
        f"""
        update raw_billing.invoice_line_items set amount = amount - {too_cheap[2]}
        where invoice_id = '{too_cheap[0]}' and charge_type = 'energy'
        """,
        f"""
        update raw_billing.invoice_line_items set amount = amount + {too_dear[2]}
        where invoice_id = '{too_dear[0]}' and charge_type = 'tax'
        """,
        f"delete from raw_billing.invoices where invoice_id = '{missing[0]}'",
        """
        update raw_billing.invoices as invoices set amount = (
            select sum(amount) from raw_billing.invoice_line_items as lines
            where lines.invoice_id = invoices.invoice_id
        )
        """,
        f"""
        update raw_payments.payments as payments set amount_paid = (
            select amount from raw_billing.invoices as invoices
            where invoices.invoice_id = payments.invoice_id
        ) where invoice_id != '{missing[0]}'
        """,
    ]
    with duckdb.connect(str(damaged.warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)
    run(damaged)
    found = {(rule, entity): amount for rule, entity, amount, _ in query(damaged, CASES)}
    assert set(found) == {
        ("over_billed", too_much[0]),
        ("unbilled_usage", too_little[0]),
        ("under_billed", too_cheap[0]),
        ("over_billed", too_dear[0]),
        ("ghost", missing[1]),
    }
    assert found["under_billed", too_cheap[0]] == too_cheap[2]
    assert found["over_billed", too_dear[0]] == too_dear[2]
