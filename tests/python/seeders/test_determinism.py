"""Same seed, same bits: whatever the chunks, and however the months were reached."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from seeders.simulation import SimulationError, advance, seed
from seeders.simulation.batches import batch_no
from seeders.simulation.months import MonthAxis
from tests.python.seeders.worlds import SEED, configure, contents, count, simulate

SMALL = ("subscription.customers=300", "subscription.joiner_share=0.3")
# long enough delays that the look-back of `advance` is put to use
EVENTFUL = (
    *SMALL,
    "subscription.annual_churn=0.4",
    "subscription.annual_plan_change=0.4",
    "subscription.annual_address_change=0.4",
    "subscription.annual_segment_change=0.4",
    "subscription.lead_share=0.3",
    "subscription.lead_purge_share=0.9",
    "payments.annual_non_payers=0.4",
    "payments.late_arrival_share=0.5",
    "ghost.rate=0.2",
    "ghost.billed_late_share=0.8",
    "leaky.rate=0.3",
    "leaky.topped_up_share=0.9",
)

# utilities with much that looks back: late payments, suspensions, closures, ghosts
UTILITY = (
    "subscription.customers=20",
    "utility.customers=24",
    "utility.first_day=2023-03-11",
    "utility.low_reliability_share=0.7",
    "utility.medium_reliability_share=0.2",
    "utility.days_late_mean=20",
    "utility.ghost_rate=0.05",
    "penalty.suspend_score=3",
    "penalty.close_score=7",
)

# few smart meters with much that lasts beyond a month: failures, thieves, late readings, bills to come
METERING = (
    "subscription.customers=0",
    "metering.meters=10",
    "metering.meters_per_feeder=3",
    "metering.feeders_per_district=2",
    "metering.vacancy_rate=0.4",
    "metering.vacancy_max_days=40",
    "metering.vacancy_let_share=1",
    "metering.new_tenant_rate=0.6",
    "metering.holiday_rate=2",
    "metering.solar_share=0.4",
    "metering.heat_pump_share=0.4",
    "metering.car_share=0.4",
    "metering.failure_rate=0.15",
    "metering.replacement_rate=0.15",
    "metering.schedule_change_rate=0.2",
    "metering.disconnection_rate=0.05",
    "metering.theft_scale=8",
    "metering.late_arrival_rate=0.1",
    "metering.wrong_meter_rate=0.02",
    "metering.ghost_rate=0.1",
    "metering.under_billed_rate=0.2",
    "metering.tariff_change=2024-03",
)

# both lines, and of trade credit all that looks back: defaults, returns, holds, late allocations
BOTH_LINES = (
    "subscription.customers=60",
    "trade.accounts=60",
    "trade.first_month=2023-03",
    "trade.joiner_share=0.5",
    "trade.annual_default=0.4",
    "trade.annual_closure=0.3",
    "trade.annual_turning=0.9",
    "trade.annual_limit_change=0.5",
    "trade.annual_address_change=0.3",
    "trade.balance_forward_share=0.4",
    "trade.dispute_share=0.1",
    "trade.duplicate_invoice_rate=0.1",
    "trade.late_allocation_share=0.5",
)


def test_the_same_seed_gives_the_same_rows() -> None:
    assert contents(simulate(*SMALL)) == contents(simulate(*SMALL))


def test_another_seed_gives_other_rows() -> None:
    one, other = contents(simulate(*SMALL)), contents(simulate(*SMALL, root=SEED + 1))
    for table in ("raw_billing.invoices", "raw_payments.payments", "raw_crm.customers"):
        assert one[table] != other[table]


def test_chunks_change_nothing() -> None:
    settings = ("subscription.customers=1500", "ghost.rate=0.1")
    whole = simulate(*settings, "output.chunk_rows=64000")
    for chunk_rows in (1000, 37):
        cut = simulate(*settings, f"output.chunk_rows={chunk_rows}")
        assert contents(cut) == contents(whole)


def test_chunks_change_nothing_in_trade_credit() -> None:
    whole = contents(simulate(*BOTH_LINES))
    # 32 rows are estimated per account: runs of 7 accounts, and of a single one
    for chunk_rows in (7 * 32, 32):
        cut = contents(simulate(*BOTH_LINES, f"output.chunk_rows={chunk_rows}"))
        for table, rows in whole.items():
            assert cut[table] == rows, table


def test_chunks_change_nothing_in_utilities() -> None:
    whole = contents(simulate(*UTILITY))
    for table in ("bad_debts", "write_offs", "invoices"):
        assert whole[f"raw_billing.{table}"]
    # 16 rows are estimated per customer: runs of 7 customers, and of a single one
    for chunk_rows in (7 * 16, 16):
        cut = contents(simulate(*UTILITY, f"output.chunk_rows={chunk_rows}"))
        for table, rows in whole.items():
            assert cut[table] == rows, table


def test_chunks_change_nothing_in_metering() -> None:
    settings = (*METERING, "period.months=3")
    whole = contents(simulate(*settings))
    for table in ("readings", "outages", "meter_events", "meters"):
        assert whole[f"raw_metering.{table}"], table
    # 50 rows are estimated per meter: runs of two feeders, and of a single one
    for chunk_rows in (6 * 50, 1):
        cut = contents(simulate(*settings, f"output.chunk_rows={chunk_rows}"))
        for table, rows in whole.items():
            assert cut[table] == rows, table


@pytest.mark.parametrize("steps", [(1, 2, 3), (5, 1)])
@pytest.mark.parametrize("begins", ["2024-01", "2023-11"])
def test_advancing_metering_equals_seeding_for_longer(begins: str, steps: tuple[int, ...]) -> None:
    settings = (*METERING, f"metering.first_month={begins}")
    whole = simulate(*settings, "period.months=6")
    grown = simulate(*settings, f"period.months={steps[0]}")
    for months in steps[1:]:
        advance(grown, months)
    expected, found = contents(whole), contents(grown)
    for table, rows in expected.items():
        assert found[table] == rows, table
    for fault in ("failure", "replacement", "tariff_change", "late_arrival"):
        assert any(row[1] == fault for row in expected["ground_truth.reading_faults"]), fault
    changes = {row[2] for row in expected["ground_truth.place_changes"]}
    assert changes == {"vacancy", "holiday", "new_tenant", "solar", "heat_pump", "car"}
    batches = "from raw_control.extract_batches order by batch_id"
    assert grown.execute(batches).fetchall() == whole.execute(batches).fetchall()


@pytest.mark.parametrize("steps", [(1, 4, 7), (7, 5), (11, 1)])
@pytest.mark.parametrize("begins", ["2023-03-11", "2024-01-31", "2023-12-01"])
def test_advancing_utilities_equals_seeding_for_longer(begins: str, steps: tuple[int, ...]) -> None:
    """Months end in the middle of cycles."""
    settings = (*UTILITY, f"utility.first_day={begins}")
    whole = simulate(*settings, "period.months=12")
    grown = simulate(*settings, f"period.months={steps[0]}")
    for months in steps[1:]:
        advance(grown, months)
    expected, found = contents(whole), contents(grown)
    for table, rows in expected.items():
        assert found[table] == rows, table
    batches = "from raw_control.extract_batches order by batch_id"
    assert grown.execute(batches).fetchall() == whole.execute(batches).fetchall()


def test_metering_may_begin_after_the_first_months_of_the_period() -> None:
    settings = (*METERING, "metering.first_month=2024-04")
    whole = simulate(*settings, "period.months=6")
    grown = simulate(*settings, "period.months=4")
    advance(grown, 2)
    assert contents(grown) == contents(whole)
    assert count(whole, "select count(distinct month(read_at)) from raw_metering.readings") == 3


def test_utilities_may_begin_after_the_first_months_of_the_period() -> None:
    settings = (*UTILITY, "utility.first_day=2024-06-20")
    whole = simulate(*settings, "period.months=12")
    grown = simulate(*settings, "period.months=6")
    advance(grown, 6)
    assert contents(grown) == contents(whole)
    assert count(whole, "select count(*) from raw_billing.invoices where account_id like 'U%'") > 0


def test_utilities_may_last_longer_than_their_reference() -> None:
    con = simulate(*UTILITY, "subscription.customers=0", "period.months=60")
    last = con.execute(
        "select max(cycle_end), max(invoice_date) from raw_billing.invoices, raw_metering.usages"
    )
    assert last.fetchone() == (date(2028, 12, 8), date(2028, 12, 9))


def test_threads_change_nothing() -> None:
    settings = (*BOTH_LINES, *UTILITY)
    whole = contents(simulate(*settings))
    con = duckdb.connect(config={"threads": 1})
    seed(con, configure(*settings), SEED)
    assert contents(con) == whole


@pytest.mark.parametrize("steps", [(6, 6), (1, 1, 10), (11, 1)])
@pytest.mark.parametrize("begins", ["2023-03", "2024-04"])
def test_advancing_all_lines_equals_seeding_for_longer(begins: str, steps: tuple[int, ...]) -> None:
    """Whether trade credit began before the period or begins within it."""
    settings = (*BOTH_LINES, f"trade.first_month={begins}", "subscription.customers=20")
    whole = simulate(*settings, "period.months=12")
    months = max(steps[0], 4)
    grown = simulate(*settings, f"period.months={months}")
    while months < 12:
        step = min(steps[-1], 12 - months)
        advance(grown, step)
        months += step
    expected, found = contents(whole), contents(grown)
    for table, rows in expected.items():
        assert found[table] == rows, table
    batches = "from raw_control.extract_batches order by batch_id"
    assert grown.execute(batches).fetchall() == whole.execute(batches).fetchall()


@pytest.mark.parametrize("steps", [(6, 6), (1, 1, 10), (11, 1)])
def test_advancing_equals_seeding_for_longer(steps: tuple[int, ...]) -> None:
    whole = simulate(*EVENTFUL, "period.months=12")
    grown = simulate(*EVENTFUL, f"period.months={steps[0]}")
    for months in steps[1:]:
        advance(grown, months)
    expected, found = contents(whole), contents(grown)
    for table, rows in expected.items():
        assert found[table] == rows, table
    assert (
        grown.execute("select * exclude (config_json) from raw_control.simulation").fetchall()
        == whole.execute("select * exclude (config_json) from raw_control.simulation").fetchall()
    )
    batches = "from raw_control.extract_batches order by batch_id"
    assert grown.execute(batches).fetchall() == whole.execute(batches).fetchall()


def test_seeding_again_leaves_nothing_of_before() -> None:
    con = simulate(*EVENTFUL, "period.months=3", root=1)
    seed(con, configure(*SMALL), SEED)
    assert contents(con) == contents(simulate(*SMALL))
    assert count(con, "select count(*) from raw_control.simulation") == 1


def test_an_empty_world_can_be_seeded_and_advanced() -> None:
    con = simulate("subscription.customers=0", "period.months=1")
    advance(con, 2)
    assert count(con, "select count(*) from raw_billing.invoices") == 0
    assert count(con, "select count(*) from raw_control.extract_batches") == 3


def test_nothing_to_advance_is_one_clear_line() -> None:
    with pytest.raises(SimulationError, match="warehouse seed"):
        advance(duckdb.connect(), 1)


def test_a_world_of_another_version_is_not_advanced() -> None:
    con = simulate(*SMALL, "period.months=1")
    con.execute("alter table raw_billing.invoices rename column _batch_no to _batch_id")
    with pytest.raises(SimulationError, match="another version"):
        advance(con, 1)


def test_batches_are_numbered_by_line_and_calendar_month_alone() -> None:
    year, half = MonthAxis(date(2024, 1, 1)), MonthAxis(date(2024, 7, 1))
    numbers = [batch_no("subscription", year, month) for month in range(24)]
    assert numbers == sorted(set(numbers))
    assert batch_no("subscription", half, 3) == numbers[9]
    others = {batch_no(line, year, m) for line in ("utility", "trade_credit") for m in range(999)}
    assert len(others) == 2 * 999
    assert not others & {batch_no("subscription", year, m) for m in range(999)}


def test_advancing_by_nothing_is_refused() -> None:
    with pytest.raises(SimulationError, match="at least by 1 month"):
        advance(simulate(*SMALL, "period.months=1"), 0)


def test_running_out_of_ids_is_refused_before_anything_is_written() -> None:
    con = simulate(*SMALL, "period.months=1")
    with pytest.raises(SimulationError, match="months"):
        advance(con, 1_000)
    with pytest.raises(SimulationError, match="ids"):
        seed(con, configure("subscription.customers=9_999_999"), SEED)
    with pytest.raises(SimulationError, match="1000 cycles"):
        seed(
            con,
            configure(
                "utility.customers=1",
                "utility.cycle_days=7",
                "utility.days_early_max=7",
                "utility.first_day=2000-01-01",
            ),
            SEED,
        )
    assert count(con, "select count(*) from raw_control.extract_batches") == 1


def test_lines_may_span_more_months_than_a_byte_can_count() -> None:
    con = simulate(
        "subscription.customers=3",
        "period.first_month=2012-01",
        "period.months=150",
        "trade.accounts=3",
        "trade.first_month=2012-01",
    )
    assert count(con, "select count(distinct batch_id) from raw_control.extract_batches") == 300
