"""Theft and failures are found, shedding is not taken for either; indices and forecasts against plain Python.

The floors here are those of one small world, in which a fault more or less moves the score by
hundredths; the ones promised hold for 2,000 meters (`python -m benchmarks.metering_detection`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.dbt_runner import run_dbt
from tests.python.workshop import query, silent

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

ALONE = ("subscription.customers=0", "trade.accounts=0", "utility.customers=0")
MARTS = ("+fct_anomaly_scorecard", "+fct_reliability_indices", "+fct_load_forecast")

THEFT_FLOOR = 0.7
FAILURE_FLOOR = 0.8
SHEDDING_ALARMS = 2


def build_meters(workshop: Workshop, name: str, *settings: str) -> Project:
    project = workshop.simulate(name, *ALONE, *settings, preset="seeds")
    run_dbt(project, project.warehouse, ("run", "--select", *MARTS), silent)
    return project


@pytest.fixture(scope="module")
def town(workshop: Workshop) -> Project:
    """A small town of smart meters."""
    return build_meters(workshop, "town", "metering.meters=200", "metering.theft_scale=2")


@pytest.fixture(scope="module")
def dark_town(workshop: Workshop) -> Project:
    """Honest customers and sound meters on feeders that are all shed, all summer and winter."""
    return build_meters(
        workshop,
        "dark-town",
        "metering.meters=100",
        "metering.theft_scale=0",
        "metering.failure_rate=0",
        "metering.summer_shedding_share=1",
        "metering.peak_summer_shedding_share=1",
        "metering.winter_shedding_share=1",
    )


@pytest.mark.parametrize(
    ("kind", "floor"), [("energy_theft", THEFT_FLOOR), ("meter_failure", FAILURE_FLOOR)]
)
def test_theft_and_failure_are_found(town: Project, kind: str, floor: float) -> None:
    injected, found, f1 = query(
        town,
        "select injected, found, f1 from metering.fct_anomaly_scorecard"
        f" where anomaly_type = '{kind}' and method = 'all'",
    )[0]
    assert injected >= 3
    assert found >= 3
    assert f1 >= floor


def test_methods_add_up_to_the_total(town: Project) -> None:
    sums = query(
        town,
        """
        select anomaly_type, sum(injected) filter (where method != 'all'),
            sum(injected) filter (where method = 'all'),
            sum(found) filter (where method != 'all'), sum(found) filter (where method = 'all')
        from metering.fct_anomaly_scorecard group by anomaly_type
        """,
    )
    assert len(sums) == 2
    assert all(parts == whole for _, parts, whole, *_ in sums)
    assert all(parts == whole for *_, parts, whole in sums)


def test_load_shedding_is_no_anomaly(dark_town: Project) -> None:
    [(shed,)] = query(
        dark_town,
        "select sum(date_diff('hour', started_at, ended_at)) from raw_metering.outages"
        " where cause = 'load_shedding'",
    )
    flagged = query(
        dark_town,
        "select meter_id, anomaly_type, reason from intermediate.int_meter_anomalies"
        " where is_flagged",
    )
    assert shed > 1_000
    assert len(flagged) <= SHEDDING_ALARMS, flagged


def outage_spells(town: Project, *, planned: bool) -> dict[str, list[list[datetime]]]:
    """Spells without supply by feeder; what overlaps or touches is one."""
    rows = query(
        town,
        "select feeder, started_at, ended_at, is_planned from raw_metering.outages"
        " where cause != 'voltage_sag' order by started_at, ended_at",
    )
    spells: dict[str, list[list[datetime]]] = defaultdict(list)
    for feeder, started, ended, is_planned in rows:
        if is_planned and not planned:
            continue
        known = spells[feeder]
        if known and started <= known[-1][1]:
            known[-1][1] = max(known[-1][1], ended)
        else:
            known.append([started, ended])
    return spells


@pytest.mark.parametrize("counted", ["all", "unplanned"])
def test_indices_are_those_of_the_outages(town: Project, counted: str) -> None:
    spells = outage_spells(town, planned=counted == "all")
    indices = query(
        town,
        "select area, month_start, saidi_minutes, saifi, maifi from metering.fct_reliability_indices"
        f" where area_type = 'feeder' and outages_counted = '{counted}'",
    )
    assert len(indices) == 12 * len({area for area, *_ in indices})
    for area, month, saidi, saifi, maifi in indices:
        begins = datetime.combine(month, time())
        ends = (begins + timedelta(days=32)).replace(day=1)
        minutes, sustained, momentary = 0.0, 0, 0
        for started, ended in spells[area]:
            is_sustained = ended - started > timedelta(minutes=5)
            if begins <= started < ends:
                sustained += is_sustained
                momentary += not is_sustained
            if is_sustained and started < ends and ended > begins:
                minutes += (min(ended, ends) - max(started, begins)).total_seconds() / 60
        assert float(saidi) == pytest.approx(minutes)
        assert (saifi, maifi) == (sustained, momentary)


def test_indices_of_districts_are_means_over_customers(town: Project) -> None:
    wrong = query(
        town,
        """
        with feeders as (
            select distinct feeder, district from intermediate.int_served_customers
        )
        select district, f.month_start, f.outages_counted,
            sum(f.saidi_minutes * f.customers_served) / sum(f.customers_served) - any_value(
                d.saidi_minutes
            ) as off
        from metering.fct_reliability_indices f
        inner join feeders on f.area = feeders.feeder and f.area_type = 'feeder'
        inner join metering.fct_reliability_indices d
            on d.area_type = 'district' and d.area = feeders.district
            and d.month_start = f.month_start and d.outages_counted = f.outages_counted
        group by all having abs(off) > 0.001
        """,
    )
    assert wrong == []


def test_a_forecast_is_the_hour_of_a_week_before(town: Project) -> None:
    usable = {
        (feeder, at): load
        for feeder, at, load in query(
            town,
            """
            select meters.feeder, readings.read_at, readings.validated_kwh
            from intermediate.int_validated_readings as readings
            inner join intermediate.int_meters as meters using (meter_number)
            where meters.is_feeder_meter and readings.validation_method = 'as_read'
                and not readings.is_in_outage and readings.read_on >= date '2024-12-01'
            """,
        )
    }
    forecasts = query(
        town, "select feeder, hour_start, forecast_kw, weeks_back from metering.fct_load_forecast"
    )
    feeders = {feeder for feeder, *_ in forecasts}
    assert len(forecasts) == 168 * len(feeders) > 0
    for feeder, at, forecast, weeks_back in forecasts:
        weeks = [back for back in (1, 2, 3) if (feeder, at - timedelta(weeks=back)) in usable]
        expected = (usable[feeder, at - timedelta(weeks=weeks[0])], weeks[0]) if weeks else None
        assert (None if forecast is None else (forecast, weeks_back)) == expected


def test_every_feeder_has_one_peak(town: Project) -> None:
    rows = query(
        town,
        """
        select feeder, count(*) filter (where is_peak), max(forecast_kw),
            max(forecast_kw) filter (where is_peak)
        from metering.fct_load_forecast group by feeder
        """,
    )
    assert rows
    assert all(peaks == 1 and highest == peak for _, peaks, highest, peak in rows)
