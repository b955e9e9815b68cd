"""What smart meters report: seen by its effects, and compared with the configured rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seeders.simulation.metering.catalogue import read_catalogue
from seeders.simulation.metering.facts import FAULTS
from seeders.simulation.metering.places import METHODS
from tests.python.seeders.worlds import (
    CLEAN_DATA,
    HONEST,
    LASTING,
    QUIET_GRID,
    RIGHT_BILLS,
    UNCHANGING,
    count,
    odd_keys,
    simulate_metering,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from numpy.typing import NDArray

FEW = ("metering.meters=24", "metering.meters_per_feeder=6")
PERFECT = (*CLEAN_DATA, *LASTING, *RIGHT_BILLS, *QUIET_GRID, *UNCHANGING, HONEST)
EXACT_FEEDERS = (
    "metering.technical_loss_min=0.2",
    "metering.technical_loss_max=0.2",
    "metering.technical_loss_noise=0",
)

READ = "raw_metering.readings join raw_metering.meters using (meter_number)"
SPELLED = """
    exists (
        select 1 from ground_truth.reading_faults as f
        where f.meter_number = r.meter_number and f.fault = '{}'
            and f.starts_at <= r.read_at and r.read_at < f.ends_at
    )
"""


@pytest.fixture(scope="module")
def perfect_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate a grid without interruption, theft or fault, whose feeders lose a fifth exactly."""
    con = simulate_metering(*FEW, *PERFECT, *EXACT_FEEDERS)
    yield con
    con.close()


@pytest.fixture(scope="module")
def faulty_world() -> Iterator[duckdb.DuckDBPyConnection]:
    """Simulate faults of the data at the reference rates, on a grid without interruption."""
    con = simulate_metering("metering.meters=60", *QUIET_GRID, *LASTING, HONEST, "period.months=8")
    yield con
    con.close()


def _by_meter(con: duckdb.DuckDBPyConnection) -> NDArray[np.float64]:
    """Watt-hours of all meters of places that are reported without gaps, meters x hours."""
    found = con.execute(f"""
        select kwh * 1000 as wh from {READ}
        where account_id is not null order by meter_number, read_at
    """).fetchnumpy()["wh"]
    meters = count(con, "select count(*) from raw_metering.meters where account_id is not null")
    return np.asarray(found, dtype=np.float64).reshape(meters, -1)


def test_the_reference_has_every_hour_of_the_year_and_every_type(
    metering_world: duckdb.DuckDBPyConnection,
) -> None:
    con = metering_world
    places = con.execute("""
        select count(distinct account_id), count(distinct consumer_type),
            count(distinct rate_schedule), count(distinct feeder), count(distinct district)
        from raw_metering.meters where account_id is not null
    """).fetchone()
    assert places == (100, 45, 6, 4, 2)
    hours = "select count(distinct read_at) from raw_metering.readings"
    assert count(con, hours) == 8_784
    assert count(con, f"{hours} where hour(read_at) * 3600 = epoch(read_at) % 86400") == 8_784
    feeders = "select count(*) from raw_metering.meters where consumer_type = 'feeder'"
    assert count(con, f"{feeders} and account_id is null and rate_schedule is null") == 4


def test_a_perfect_world_has_no_faults(perfect_world: duckdb.DuckDBPyConnection) -> None:
    assert count(perfect_world, "select count(*) from ground_truth.reading_faults") == 0
    assert count(perfect_world, "select count(*) from raw_metering.outages") == 0
    assert count(perfect_world, "select count(*) from raw_metering.meter_events") == 0
    injected = "select count(*) from ground_truth.faults where cause <> 'natural'"
    assert count(perfect_world, injected) == 0
    rows = "select count(*) from raw_metering.readings"
    assert count(perfect_world, rows) == (24 + 4) * 8_784
    odd = "where kwh is null or kwh < 0 or voltage is null or quality is not null"
    assert count(perfect_world, f"{rows} {odd}") == 0


def test_registers_tell_what_is_used(perfect_world: duckdb.DuckDBPyConnection) -> None:
    told = perfect_world.execute(f"""
        select sum(kwh) = any_value(used) and sum(kwh) = any_value(registered)
        from (
            select meter_id, date_trunc('month', read_at)::date as month, kwh from {READ}
        ) join (
            select meter_id, month, used_kwh as used, registered_kwh as registered
            from ground_truth.meter_months
        ) using (meter_id, month)
        group by meter_id, month
    """).fetchall()
    assert told == [(True,)] * (24 * 12)


def test_loads_keep_below_their_connection(perfect_world: duckdb.DuckDBPyConnection) -> None:
    assert (
        count(perfect_world, f"select count(*) from {READ} where kwh > 0.9 * connected_load_kw")
        == 0
    )
    assert (
        count(perfect_world, f"select count(*) from {READ} where kwh = 0.9 * connected_load_kw") > 0
    )


def test_seasons_move_the_mean() -> None:
    con = simulate_metering("metering.meters=100", *PERFECT)
    by_month = con.execute(f"""
        select sum(kwh) filter (month(read_at) = 7) / sum(kwh) filter (month(read_at) = 4),
            sum(kwh) filter (month(read_at) = 1) / sum(kwh) filter (month(read_at) = 3)
        from {READ} where consumer_type like 'Residential%'
    """).fetchone()
    assert by_month is not None
    assert by_month[0] > 1.25
    assert by_month[1] > 1.03
    shapes = con.execute(f"""
        select avg(kwh / connected_load_kw) filter (hour(read_at) between 18 and 20)
                / avg(kwh / connected_load_kw) filter (hour(read_at) between 2 and 4),
            avg(kwh) filter (isodow(read_at) >= 6) / avg(kwh) filter (isodow(read_at) < 6)
        from {READ} where consumer_type in ('Residential single phase', 'Private office')
        group by consumer_type order by consumer_type desc
    """).fetchall()
    (home, at_home), (_, at_work) = shapes
    assert home > 2
    assert at_home > 1
    assert at_work < 0.6


def test_days_are_like_those_before(perfect_world: duckdb.DuckDBPyConnection) -> None:
    days = _by_meter(perfect_world).reshape(24, -1, 24).sum(axis=2)
    # a week's mean taken out, to leave what is not the season
    level = np.log(days / days.mean(axis=1, keepdims=True))
    level -= np.apply_along_axis(lambda row: np.convolve(row, np.ones(29) / 29, "same"), 1, level)
    level = level[:, 20:-20]
    next_day = np.corrcoef(level[:, :-1].ravel(), level[:, 1:].ravel())[0, 1]
    much_later = np.corrcoef(level[:, :-12].ravel(), level[:, 12:].ravel())[0, 1]
    assert next_day > 0.25
    assert next_day > much_later + 0.2


def test_feeders_are_fed_what_is_used_and_lost(perfect_world: duckdb.DuckDBPyConnection) -> None:
    balance = perfect_world.execute(f"""
        select
            sum(kwh) filter (consumer_type = 'feeder'),
            sum(kwh) filter (consumer_type <> 'feeder')
        from {READ} group by feeder, read_at
    """).fetchnumpy()
    fed, used = (np.rint(np.asarray(each, dtype=float) * 1_000) for each in balance.values())
    assert len(fed) == 4 * 8_784
    assert np.abs(fed * 0.8 - used).max() <= 0.4 + 1e-6


def test_losses_of_feeders_lie_in_their_range() -> None:
    con = simulate_metering(
        "metering.meters=150", "metering.meters_per_feeder=5", *PERFECT, "period.months=1"
    )
    losses = con.execute(f"""
        select 1 - sum(kwh) filter (consumer_type <> 'feeder')
            / sum(kwh) filter (consumer_type = 'feeder')
        from {READ} group by feeder
    """).fetchnumpy()
    (lost,) = losses.values()
    assert 0.119 < np.min(lost) < 0.135
    assert 0.185 < np.max(lost) < 0.201


def test_theft_lowers_what_is_registered_and_nothing_else() -> None:
    settings = (*FEW, *CLEAN_DATA, *LASTING, *QUIET_GRID)
    honest = simulate_metering(*settings, HONEST)
    stolen = simulate_metering(*settings, "metering.theft_scale=6")
    months = """
        select meter_id, month, used_kwh, registered_kwh from ground_truth.meter_months order by all
    """
    one = honest.execute(months).fetchall()
    other = stolen.execute(months).fetchall()
    assert [row[:3] for row in one] == [row[:3] for row in other]
    thieves = {
        row[0]
        for row in stolen.execute(
            "select entity_id from ground_truth.faults where rule = 'energy_theft'"
        ).fetchall()
    }
    assert len(thieves) > 5
    for (meter, _, used, _), (*_, registered) in zip(one, other, strict=True):
        assert registered <= used
        assert meter in thieves or registered == used
    fed = (
        f"select meter_number, read_at, kwh from {READ} where consumer_type = 'feeder' order by all"
    )
    assert honest.execute(fed).fetchall() == stolen.execute(fed).fetchall()
    # and what meters tell is what is registered, rollbacks among it
    told = stolen.execute(f"""
        select sum(kwh) = any_value(registered) from (
            select meter_id, date_trunc('month', read_at)::date as month, kwh from {READ}
        ) join (
            select meter_id, month, registered_kwh as registered from ground_truth.meter_months
        ) using (meter_id, month)
        group by meter_id, month
    """).fetchall()
    assert set(told) == {(True,)}


@pytest.fixture(scope="module")
def thieves() -> dict[str, list[NDArray[np.float64]]]:
    """By method, what each of many thieves' meters reports, hour by hour for half a year."""
    settings = ("metering.meters=150", *CLEAN_DATA, *LASTING, *QUIET_GRID, "period.months=6")
    used = _by_meter(simulate_metering(*settings, HONEST))
    con = simulate_metering(
        *settings, "metering.theft_scale=20", "metering.theft_from_start_share=1"
    )
    told = _by_meter(con)
    found = con.execute("""
        select cause, row_number() over (order by meter_number) - 1 as position
        from raw_metering.meters
        left join ground_truth.faults on rule = 'energy_theft' and entity_id = meter_id
        where raw_metering.meters.account_id is not null
        order by position
    """).fetchall()
    by_method: dict[str, list[NDArray[np.float64]]] = {method: [] for method in METHODS}
    for method, position in found:
        if method is not None:
            by_method[method].append(np.stack([used[position], told[position]]))
    return by_method


def _share_of_hours(pair: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the share taken of each hour of the day."""
    used, told = pair.reshape(2, -1, 24).sum(axis=1)
    taken: NDArray[np.float64] = 1 - told / used
    return taken


@pytest.mark.parametrize("method", ["bypass", "magnet", "neutral"])
def test_some_methods_take_a_share_of_every_hour(
    thieves: dict[str, list[NDArray[np.float64]]], method: str
) -> None:
    assert len(thieves[method]) > 5
    for pair in thieves[method]:
        share = _share_of_hours(pair)
        assert 0.29 < share.min() <= share.max() < 0.91
        assert share.max() - share.min() < 0.01


def test_partial_phases_take_thirds(thieves: dict[str, list[NDArray[np.float64]]]) -> None:
    assert len(thieves["partial_phase"]) > 5
    for pair in thieves["partial_phase"]:
        thirds = _share_of_hours(pair) * 3
        assert np.abs(thirds - np.rint(thirds)).max() < 0.01
        assert set(np.rint(thirds)) <= {1.0, 2.0}


def test_night_thieves_steal_at_night(thieves: dict[str, list[NDArray[np.float64]]]) -> None:
    assert len(thieves["night_only"]) > 5
    night = np.isin(np.arange(24), [22, 23, 0, 1, 2, 3, 4, 5])
    for pair in thieves["night_only"]:
        share = _share_of_hours(pair)
        assert share[~night].max() == 0
        assert share[night].min() > 0.29


def test_rollbacks_are_few_and_large(thieves: dict[str, list[NDArray[np.float64]]]) -> None:
    assert len(thieves["register_rollback"]) > 5
    for used, told in thieves["register_rollback"]:
        differs = np.flatnonzero(used != told)
        assert 6 <= len(differs) <= 12
        assert (told[differs] < 0).all()
        assert 0.2 < 1 - told.sum() / used.sum() < 0.9


def test_hooks_take_some_evenings_and_some_days(
    thieves: dict[str, list[NDArray[np.float64]]],
) -> None:
    assert len(thieves["direct_hook"]) > 5
    for pair in thieves["direct_hook"]:
        used, told = pair.reshape(2, -1, 24)
        evening, morning = (
            (told[:, hours].sum(axis=1) / used[:, hours].sum(axis=1) < 0.3)
            for hours in (slice(17, 24), slice(0, 17))
        )
        assert (morning <= evening).all()
        assert 0.2 < evening.mean() < 0.97
        assert 0.25 < morning.sum() / evening.sum() < 0.75


def test_theft_is_as_common_as_its_consumer_type_has_it() -> None:
    con = simulate_metering("metering.meters=3000", *CLEAN_DATA, *LASTING, "period.months=1")
    shares = con.execute("""
        select consumer_type, count(*) from raw_metering.meters
        where account_id is not null group by all
    """).fetchall()
    catalogue = read_catalogue()
    rate = dict(zip(catalogue.names, catalogue.theft, strict=True))
    assert min(rate.values()) == 0.01
    assert max(rate.values()) == 0.20
    expected = sum(rate[kind] * number for kind, number in shares)
    # a tenth has always stolen, and one month of twelve brings the next ones
    began = expected * (0.1 + 0.9 * 31 / 366)
    found = count(con, "select count(*) from ground_truth.faults where rule = 'energy_theft'")
    assert abs(found - began) < 4 * began**0.5


def test_shedding_darkens_its_own_feeder_alone(metering_world: duckdb.DuckDBPyConnection) -> None:
    con = metering_world
    con.execute("""
        create or replace temp table dark as
        with minutes as (
            select feeder, read_at, list_sum(list(
                greatest(0, least(epoch(ended_at), epoch(read_at) + 3600)
                    - greatest(epoch(started_at), epoch(read_at)))
            )) as seconds
            from (select distinct read_at from raw_metering.readings)
            join raw_metering.outages on cause = 'load_shedding'
                and started_at < read_at + interval 1 hour and ended_at > read_at
            group by all
        )
        select * from minutes where seconds >= 3600
    """)
    assert count(con, "select count(*) from dark") > 300
    fine = "quality is null and kwh is not null"
    told = f"""
        select count(*) filter (kwh > 0 or voltage > 0) / count(*),
            count(*) from {READ} join dark using (feeder, read_at)
        where {fine}
    """
    row = con.execute(told).fetchone()
    assert row is not None
    # what other meters tell under its number is as good as nothing
    assert row[0] < 0.005
    elsewhere = f"""
        select count(*) filter (voltage > 0) from {READ} semi join dark using (read_at)
        anti join raw_metering.outages as o on o.feeder = meters.feeder
            and o.cause <> 'voltage_sag'
            and o.started_at < read_at + interval 1 hour and o.ended_at > read_at
        where {fine}
    """
    assert count(con, elsewhere) > 10_000


def test_shedding_follows_the_seasons() -> None:
    con = simulate_metering(
        "metering.meters=400", "metering.meters_per_feeder=1", *CLEAN_DATA, *LASTING
    )
    seasons = con.execute("""
        with daily as (
            select feeder, month(started_at) as month, started_at::date as day,
                sum(epoch(ended_at) - epoch(started_at)) / 3600 as hours
            from raw_metering.outages where cause = 'load_shedding' group by all
        )
        select month, count(distinct feeder) / 400, min(hours), max(hours) from daily
        group by all order by all
    """).fetchall()
    expected = {
        **dict.fromkeys((12, 1, 2), (0.5, 4, 6)),
        **dict.fromkeys((5, 8, 9), (0.3, 2, 4)),
        **dict.fromkeys((6, 7), (0.7, 6, 8)),
    }
    assert [row[0] for row in seasons] == sorted(expected)
    for month, share, least, most in seasons:
        rate, low, high = expected[month]
        assert abs(share - rate) < 4 * (rate * (1 - rate) / 400) ** 0.5
        # blocks are of whole five minutes
        assert low - 0.35 <= least
        assert most <= high
    kinds = con.execute("""
        select cause, is_planned, count(*) / (400 * 12), min(ended_at - started_at) from raw_metering.outages
        group by all order by all
    """).fetchall()
    often = {cause: rate for cause, _, rate, _ in kinds}
    assert often["fault"] == pytest.approx(1.2 + 2.5, rel=0.05)
    assert often["maintenance"] == pytest.approx(0.4, rel=0.1)
    assert often["voltage_sag"] == pytest.approx(2.0, rel=0.06)
    assert {cause for cause, is_planned, *_ in kinds if is_planned} == {
        "load_shedding",
        "maintenance",
    }
    momentary = "select count(*) from raw_metering.outages where cause = 'fault' and ended_at - started_at < interval 5 minutes"
    assert count(con, momentary) / (400 * 12) == pytest.approx(2.5, rel=0.05)
    across = "select count(*) from raw_metering.outages where date_trunc('month', started_at) <> date_trunc('month', ended_at - interval 1 second)"
    assert count(con, across) == 0


def test_replacement_loses_and_doubles_no_energy() -> None:
    settings = (*FEW, *CLEAN_DATA, *RIGHT_BILLS, *QUIET_GRID, HONEST, "period.months=6")
    lasting = simulate_metering(*settings, *LASTING)
    replaced = simulate_metering(*settings, *LASTING, "metering.replacement_rate=0.3")
    read = f"select account_id, read_at, sum(kwh) from {READ} where account_id is not null group by all order by all"
    assert lasting.execute(read).fetchall() == replaced.execute(read).fetchall()
    swaps = count(replaced, "select count(*) from raw_metering.meters where status = 'Replaced'")
    assert swaps > 20
    hours = "select count(*) from raw_metering.readings"
    # both meters tell of the hour in which one follows the other
    assert count(replaced, hours) == count(lasting, hours) + swaps
    silent = f"""
        select count(*) from {READ}
        where (status = 'Replaced' and read_at > updated_at)
            or read_at + interval 1 hour <= installed_on
    """
    assert count(replaced, silent) == 0
    events = replaced.execute("""
        select event_type, count(*) from raw_metering.meter_events
        join raw_metering.meters using (meter_number)
        where event_at = case event_type when 'replaced' then updated_at else event_at end
            and (event_type = 'replaced' or event_at::date = installed_on)
        group by all order by all
    """).fetchall()
    assert events == [("installed", swaps), ("replaced", swaps)]
    months = "select account_id, month, sum(used_kwh), sum(registered_kwh) from ground_truth.meter_months join raw_metering.meters using (meter_id) group by all order by all"
    assert lasting.execute(months).fetchall() == replaced.execute(months).fetchall()


def test_failed_meters_stand_still_until_they_are_replaced() -> None:
    con = simulate_metering(
        *FEW, *CLEAN_DATA, *LASTING, *QUIET_GRID, HONEST, "metering.failure_rate=0.2"
    )
    failed = con.execute("""
        select r.meter_number, count(distinct r.kwh), min(r.kwh),
            epoch(max(m.updated_at)) - epoch(min(f.starts_at)), count(*) = any_value(f.hours)
        from ground_truth.reading_faults as f
        join raw_metering.meters as m using (meter_number)
        join raw_metering.readings as r on r.meter_number = f.meter_number
            and r.read_at >= f.starts_at and r.read_at < f.ends_at
        where f.fault = 'failure' and m.status = 'Replaced'
        group by all
    """).fetchall()
    assert len(failed) > 20
    assert all(row[1] == 1 for row in failed)
    assert all(row[4] for row in failed)
    assert {row[2] > 0 for row in failed} == {True, False}
    days = [row[3] / 86_400 for row in failed]
    assert 10 <= min(days) < 15
    assert 35 < max(days) < 41.1
    # to those who bill, the month is known all the same
    guessed = """
        select count(*) from raw_billing.invoices join raw_billing.invoice_line_items using (invoice_id)
        join (
            select account_id, month, sum(used_kwh) as used from ground_truth.meter_months
            join raw_metering.meters using (meter_id) group by all
        ) as u on u.account_id = invoices.account_id and month = period_start
        where charge_type = 'energy' and quantity <> used
    """
    clean = ("unbilled_usage", "over_billed")
    wrong = f"select count(*) from ground_truth.faults where rule in {clean}"
    assert count(con, guessed) == count(con, wrong)
    truth = "select count(*) from ground_truth.faults where rule = 'meter_failure'"
    spells = "select count(*) from ground_truth.reading_faults where fault = 'failure'"
    assert count(con, truth) == count(con, spells)


@pytest.mark.parametrize("kind", ["failure", "replacement", "disconnection", "schedule_change"])
def test_meters_change_at_their_rates(kind: str) -> None:
    rate = 0.02
    con = simulate_metering(
        "metering.meters=600",
        "metering.meters_per_feeder=100",
        *CLEAN_DATA,
        *LASTING,
        *QUIET_GRID,
        f"metering.{kind}_rate={rate}",
        "period.months=3",
    )
    found = count(
        con,
        {
            "failure": "select count(*) from ground_truth.reading_faults where fault = 'failure'",
            "replacement": "select count(*) from raw_metering.meters where status = 'Replaced'",
            "disconnection": "select count(*) from raw_metering.meters where status = 'Disconnected'",
            "schedule_change": "select count(*) from ground_truth.reading_faults where fault = 'tariff_change'",
        }[kind],
    )
    # a place is not cut off or charged otherwise from the first day on, and fails once at a time
    months = {"failure": 2.9, "replacement": 3}.get(kind, 2)
    expected = 600 * months * rate
    assert abs(found - expected) < 4 * expected**0.5


RATES = {
    "missing": 0.02,
    "negative": 0.005,
    "spike": 0.01,
    "voltage_sag": 0.015,
    "tamper": 0.003,
    "reverse_energy": 0.002,
    "zero_run": 0.01,
    "signal_drop": 0.02,
    "wrong_meter": 0.001,
}
RUN_HOURS = {"zero_run": 7.5, "signal_drop": 7, "wrong_meter": 15}


@pytest.mark.parametrize("fault", RATES)
def test_faults_take_their_share_of_the_hours(
    faulty_world: duckdb.DuckDBPyConnection, fault: str
) -> None:
    meters = 60 if fault in {"tamper", "wrong_meter"} else 60 + 3
    hours = meters * count(
        faulty_world, "select count(distinct read_at) from raw_metering.readings"
    )
    taken = count(
        faulty_world,
        f"select sum(hours) from ground_truth.reading_faults where fault = '{fault}'",
    )
    rate = RATES[fault]
    # hours of a run come and go together
    together = RUN_HOURS.get(fault, 1) * 1.4
    assert abs(taken - hours * rate) < 4 * (hours * rate * (1 - rate) * together) ** 0.5


def test_what_repeats_or_comes_late_has_its_share(
    faulty_world: duckdb.DuckDBPyConnection,
) -> None:
    con = faulty_world
    hours = 63 * count(con, "select count(distinct read_at) from raw_metering.readings")
    by_hour = (
        "select count(*) from ground_truth.reading_faults where fault = 'duplicate' and hours = 1"
    )
    expected = hours * 0.005
    assert abs(count(con, by_hour) - expected) < 4 * expected**0.5
    late = "select count(*) from ground_truth.reading_faults where fault = 'late_arrival'"
    expected = 8 * 3 * 24 * 63 * 0.02
    assert abs(count(con, late) - expected) < 4 * expected**0.5


def _told(con: duckdb.DuckDBPyConnection, fault: str, what: str) -> tuple[float, ...]:
    """Ask for something about the readings that a fault befell, a wrong number's aside."""
    row = con.execute(f"""
        select {what} from raw_metering.readings as r
        where {SPELLED.format(fault)} and not {SPELLED.format("duplicate")}
    """).fetchone()
    assert row is not None
    return row


def test_every_fault_has_its_effect(faulty_world: duckdb.DuckDBPyConnection) -> None:
    con = faulty_world
    assert _told(con, "missing", "count(*)") == (0,)
    assert _told(con, "negative", "max(kwh) < 0 and min(kwh) >= -2 and count(quality) = 0") == (
        True,
    )
    assert _told(con, "zero_run", "min(kwh) = 0 and max(kwh) = 0") == (True,)
    assert _told(
        con,
        "reverse_energy",
        "max(kwh) < 0 and min(quality) = max(quality) and min(quality) = 'reverse'",
    ) == (True,)
    assert _told(con, "tamper", "min(quality) = 'tamper' and count(*) = count(quality)") == (True,)
    sagging = "min(voltage) >= 140 and max(voltage) < 200 and max(voltage) - min(voltage) > 55"
    assert _told(con, "voltage_sag", sagging) == (True,)
    silent = "count(*) filter (kwh is null) = count(*) filter (quality = 'no_signal'), count(*) = count(quality), count(kwh) / count(*)"
    without, coded, guessed = _told(con, "signal_drop", silent)
    assert without
    assert coded
    assert 0.18 < guessed < 0.32


def test_spikes_tower_above_their_neighbours(faulty_world: duckdb.DuckDBPyConnection) -> None:
    factors = faulty_world.execute(f"""
        with told as (
            select r.*, {SPELLED.format("spike")} as is_spike,
                greatest(lag(kwh) over near, lead(kwh) over near) as around,
                count(*) over (partition by meter_number order by read_at
                    range between interval 1 hour preceding and interval 1 hour following) as close
            from raw_metering.readings as r
            where meter_number like 'SM%'
            window near as (partition by meter_number order by read_at)
        )
        select kwh / around as factor from told
        where is_spike and around > 0.05 and close = 3
    """).fetchnumpy()["factor"]
    assert len(factors) > 500
    assert np.mean(np.asarray(factors, dtype=float) > 4) > 0.97


def test_estimates_repeat_the_last_value(faulty_world: duckdb.DuckDBPyConnection) -> None:
    runs = faulty_world.execute("""
        select count(distinct r.kwh), any_value(r.kwh) = any_value(before.kwh)
        from ground_truth.reading_faults as f
        join raw_metering.readings as r on r.meter_number = f.meter_number
            and f.starts_at <= r.read_at and r.read_at < f.ends_at and r.quality = 'estimated'
        join raw_metering.readings as before on before.meter_number = f.meter_number
            and before.read_at = f.starts_at - interval 1 hour and before.quality is null
        where f.fault = 'signal_drop' and day(f.starts_at) > 1
        group by f.meter_number, f.starts_at
    """).fetchall()
    assert len(runs) > 100
    assert all(values == 1 for values, _ in runs)
    # but for those before which something else was wrong
    assert np.mean([same for _, same in runs]) > 0.9


def test_duplicates_repeat_or_contradict(faulty_world: duckdb.DuckDBPyConnection) -> None:
    pairs = faulty_world.execute(f"""
        select count(*), count(distinct kwh), count(distinct _batch_no)
        from raw_metering.readings as r
        where {SPELLED.format("duplicate")} and not exists (
            select 1 from ground_truth.reading_faults as w
            where w.fault = 'duplicate' and w.hours > 1 and w.meter_number = r.meter_number
                and w.starts_at <= r.read_at and r.read_at < w.ends_at
        )
        group by meter_number, read_at
    """).fetchall()
    # of the last month some have not arrived yet
    assert sum(rows == 2 for rows, *_ in pairs) > 0.93 * len(pairs)
    both = [pair for pair in pairs if pair[0] == 2]
    assert abs(np.mean([values == 2 for _, values, _ in both]) - 0.5) < 0.05
    assert abs(np.mean([batches == 2 for *_, batches in both]) - 0.28) < 0.05


def test_late_readings_come_with_the_next_batch(
    faulty_world: duckdb.DuckDBPyConnection,
) -> None:
    late = faulty_world.execute(f"""
        select count(*), min(b.covers_from - last_day(read_at)::date), max(b.covers_from - last_day(read_at)::date),
            min(day(last_day(read_at)) - day(read_at)), max(day(last_day(read_at)) - day(read_at)),
            count(*) - count(distinct (meter_number, read_at))
        from raw_metering.readings as r join raw_control.extract_batches as b on batch_no = _batch_no
        where {SPELLED.format("late_arrival")}
    """).fetchone()
    assert late is not None
    assert late[0] > 500
    assert late[1:] == (1, 1, 0, 2, 0)


def test_a_wrong_number_is_missed_by_one_and_doubled_by_another(
    faulty_world: duckdb.DuckDBPyConnection,
) -> None:
    con = faulty_world
    con.execute("""
        create or replace temp table swapped as
        select w.meter_number, d.meter_number as bearer, w.starts_at, w.ends_at, w.hours
        from ground_truth.reading_faults as w join ground_truth.reading_faults as d
            on w.starts_at = d.starts_at and w.ends_at = d.ends_at and d.fault = 'duplicate'
        join raw_metering.meters as a on a.meter_number = w.meter_number
        join raw_metering.meters as b on b.meter_number = d.meter_number and a.feeder = b.feeder
        where w.fault = 'wrong_meter' and d.meter_number <> w.meter_number and w.hours > 3
    """)
    assert count(con, "select count(*) from swapped") > 10
    misses = """
        select count(*) from swapped as s join raw_metering.readings as r
            on r.meter_number = s.meter_number
            and s.starts_at <= r.read_at and r.read_at < s.ends_at
    """
    # of more than a thousand hours, but for a number that is wrong both ways
    assert count(con, misses) < 0.02 * count(con, "select sum(hours) from swapped")
    doubled = """
        select sum(rows) / sum(hours) from (
            select count(*) as rows, count(distinct r.read_at) as hours
            from swapped as s join raw_metering.readings as r on r.meter_number = s.bearer
                and s.starts_at <= r.read_at and r.read_at < s.ends_at
            group by s.bearer, s.starts_at
        )
    """
    ratio = con.execute(doubled).fetchone()
    assert ratio is not None
    assert 1.9 < ratio[0] < 2.15


def test_tampering_is_signalled(faulty_world: duckdb.DuckDBPyConnection) -> None:
    signalled = """
        select count(*) from ground_truth.reading_faults as f semi join raw_metering.meter_events as e
            on e.meter_number = f.meter_number and e.event_type = 'tamper'
            and date_trunc('hour', e.event_at) = f.starts_at
        where f.fault = 'tamper'
    """
    tampered = "select count(*) from ground_truth.reading_faults where fault = 'tamper'"
    events = "select count(*) from raw_metering.meter_events where event_type = 'tamper'"
    assert count(faulty_world, signalled) == count(faulty_world, tampered) > 500
    assert count(faulty_world, events) == count(faulty_world, tampered)


def test_magnets_are_often_signalled_when_they_are_put_on() -> None:
    con = simulate_metering(
        "metering.meters=600",
        "metering.meters_per_feeder=100",
        "metering.theft_scale=20",
        "metering.theft_months=3",
        *CLEAN_DATA,
        *LASTING,
        "period.months=3",
    )
    magnets = """
        select count(*), count(e.event_id) from ground_truth.faults as f
        join raw_metering.meters as m on m.meter_id = f.entity_id
        left join raw_metering.meter_events as e on e.meter_number = m.meter_number
            and e.detail = 'magnetic_field'
        where f.cause = 'magnet' and f.observable_from > date '2024-03-01'
    """
    row = con.execute(magnets).fetchone()
    assert row is not None
    assert row[0] > 40
    assert abs(row[1] / row[0] - 0.7) < 4 * (0.21 / row[0]) ** 0.5


def test_every_fault_is_known_by_name(eventful_metering_world: duckdb.DuckDBPyConnection) -> None:
    told = eventful_metering_world.execute(
        "select distinct fault from ground_truth.reading_faults"
    ).fetchall()
    assert {fault for (fault,) in told} == set(FAULTS)


def test_meters_are_what_their_changes_add_up_to(
    eventful_metering_world: duckdb.DuckDBPyConnection,
) -> None:
    con = eventful_metering_world
    differs = """
        with last as (
            select entity_key, max_by(after, source_seq) as row, list(op order by source_seq) as ops
            from raw_cdc.change_events where source_table = 'raw_metering.meters' group by all
        )
        select count(*) from raw_metering.meters as m full join last on m.meter_id = last.entity_key
        where (row->>'status') is distinct from m.status
            or (row->>'rate_schedule') is distinct from m.rate_schedule
            or (row->>'meter_number') is distinct from m.meter_number
            or (row->>'updated_at')::timestamp is distinct from m.updated_at
            or (row->>'connected_load_kw')::decimal(18, 3) is distinct from m.connected_load_kw
            or ops[1] <> 'c'
    """
    assert count(con, differs) == 0
    kinds = "select count(distinct status) from raw_metering.meters"
    assert count(con, kinds) == 3
    moved = """
        select count(*) from raw_cdc.change_events
        where source_table = 'raw_metering.meters'
            and (before->>'rate_schedule') <> (after->>'rate_schedule')
    """
    changes = "select count(*) from ground_truth.reading_faults where fault = 'tariff_change'"
    assert count(con, moved) == count(con, changes) > 5
    assert count(con, f"{moved} and source_ts <> date_trunc('month', source_ts)") == 0


def test_ids_are_short_and_numbers_unique(
    eventful_metering_world: duckdb.DuckDBPyConnection,
) -> None:
    con = eventful_metering_world
    assert odd_keys(con) == []
    numbers = "select count(*) - count(distinct meter_number) from raw_metering.meters"
    assert count(con, numbers) == 0
