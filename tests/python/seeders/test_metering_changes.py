"""What becomes of homes and businesses: each kind alone, hour by hour against the same world without it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.python.seeders.worlds import (
    CLEAN_DATA,
    HONEST,
    LASTING,
    QUIET_GRID,
    RIGHT_BILLS,
    UNCHANGING,
    count,
    simulate_metering,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb
    from numpy.typing import NDArray

METERS = 60
PERFECT = (*CLEAN_DATA, *LASTING, *RIGHT_BILLS, *QUIET_GRID, HONEST, f"metering.meters={METERS}")
FIRST = date(2024, 1, 1)
DAYS = 366


@dataclass(frozen=True)
class Change:
    """A row of the truth: the position of its meter, days from the first one, its size."""

    meter: int
    begins: int
    ends: int
    size: float


@dataclass(frozen=True)
class Town:
    """A world with one kind of change, and the same without."""

    con: duckdb.DuckDBPyConnection
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def changes(self, kind: str) -> list[Change]:
        """The changes of a kind."""
        found = self.con.execute(
            "select substr(meter_id, 3, 6)::int, greatest(starts_on - ?::date, 0),"
            " coalesce(ends_on - ?::date, 366), size from ground_truth.place_changes"
            " where kind = ? order by all",
            [FIRST, FIRST, kind],
        ).fetchall()
        return [
            Change(meter, begins, min(ends, DAYS), float(size))
            for meter, begins, ends, size in found
        ]


def _watt_hours(con: duckdb.DuckDBPyConnection) -> NDArray[np.float64]:
    """What all meters of places tell, meters x days x 24."""
    found = con.execute("""
        select kwh * 1000 as wh from raw_metering.readings join raw_metering.meters using (meter_number)
        where account_id is not null order by meter_number, read_at
    """).fetchnumpy()["wh"]
    return np.asarray(found, dtype=np.float64).reshape(METERS, DAYS, 24)


@pytest.fixture(scope="module")
def plain() -> NDArray[np.float64]:
    """What is used where nothing changes."""
    return _watt_hours(simulate_metering(*PERFECT, *UNCHANGING))


@pytest.fixture(scope="module")
def towns(plain: NDArray[np.float64]) -> Iterator[dict[str, Town]]:
    """A town for each kind of change, by its name."""
    settings: dict[str, tuple[str, ...]] = {
        "vacancy": ("vacancy_rate=1", "vacancy_let_share=0", "vacancy_off_share=0.3"),
        "holiday": ("holiday_rate=3",),
        "new_tenant": ("new_tenant_rate=1",),
        "solar": ("solar_share=0.8",),
        "heat_pump": ("heat_pump_share=0.8",),
        "car": ("car_share=0.8",),
    }
    made = {}
    for kind, own in settings.items():
        con = simulate_metering(*PERFECT, *UNCHANGING, *(f"metering.{each}" for each in own))
        made[kind] = Town(con, plain, _watt_hours(con))
    yield made
    for town in made.values():
        town.con.close()


KINDS = ("vacancy", "holiday", "new_tenant", "solar", "heat_pump", "car")


def test_where_nothing_changes_there_is_no_truth_of_it() -> None:
    con = simulate_metering("metering.meters=200", *UNCHANGING, "period.months=3")
    assert count(con, "select count(*) from ground_truth.place_changes") == 0
    moves = "select count(*) from raw_metering.meter_events where event_type like 'move%'"
    assert count(con, moves) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_touches_its_own_places_and_days_alone(towns: dict[str, Town], kind: str) -> None:
    town = towns[kind]
    kinds = town.con.execute("select distinct kind from ground_truth.place_changes").fetchall()
    assert kinds == [(kind,)]
    assert len(town.changes(kind)) > 15
    told = np.zeros((METERS, DAYS), dtype=bool)
    for each in town.changes(kind):
        told[each.meter, each.begins : each.ends] = True
    differs = (town.before != town.after).any(axis=2)
    assert not differs[~told].any()
    # without sun, cold or charge a day may stay as it is
    assert differs[told].mean() > 0.25


@pytest.mark.parametrize(("kind", "least", "most"), [("vacancy", 21, 210), ("holiday", 5, 21)])
def test_where_nobody_is_little_is_used_by_day_and_by_night(
    towns: dict[str, Town], kind: str, least: int, most: int
) -> None:
    town = towns[kind]
    spells = town.con.execute(
        "select ends_on - starts_on from ground_truth.place_changes where kind = ?", [kind]
    ).fetchall()
    assert all(least <= days <= most for (days,) in spells)
    off = 0
    for each in town.changes(kind):
        hours = town.after[each.meter, each.begins : each.ends]
        usual = town.before[each.meter].mean()
        if each.size == 0:
            off += 1
            assert hours.max() == 0
        elif usual > 100:
            assert 0.01 < hours.mean() / usual < 0.15
            by_hour = hours.mean(axis=0)
            # hour by hour it is noise about the same
            assert by_hour[:6].mean() == pytest.approx(by_hour[18:].mean(), rel=0.3)
    assert (off > 0) == (kind == "vacancy")


def test_new_tenants_use_more_or_less_and_at_other_hours(towns: dict[str, Town]) -> None:
    town = towns["new_tenant"]
    ratios, shapes = [], []
    for each in town.changes("new_tenant"):
        later = [c.begins for c in town.changes("new_tenant") if c.meter == each.meter]
        ends = min([day for day in later if day > each.begins], default=DAYS)
        if ends - each.begins < 40:
            continue
        was, now = (
            of[each.meter, each.begins : ends].sum(axis=0) for of in (town.before, town.after)
        )
        ratios.append(now.sum() / was.sum() / each.size)
        shapes.append(np.ptp(np.log(now / was)))
    assert 0.85 < np.median(ratios) < 1.1
    sizes = [each.size for each in town.changes("new_tenant")]
    assert min(sizes) < 0.7
    assert max(sizes) > 1.4
    assert np.median(shapes) > 0.1


def test_the_sun_supplies_the_middle_of_the_day_and_no_night(towns: dict[str, Town]) -> None:
    town = towns["solar"]
    assert town.after.min() == 0
    night = [*range(5), *range(20, 24)]
    saved = []
    for each in town.changes("solar"):
        assert (town.after[each.meter][:, night] == town.before[each.meter][:, night]).all()
        days = slice(each.begins, each.ends)
        was, now = town.before[each.meter, days], town.after[each.meter, days]
        assert (now <= was).all()
        assert now[:, 11:13].sum() < 0.75 * was[:, 11:13].sum()
        if each.begins == 0:
            saved.append((was - now).sum(axis=1))
    # more in summer, and the same clouds over all
    by_day = np.array(saved)
    assert by_day[:, 150:210].mean() > 1.2 * by_day[:, 330:].mean()
    dull = [np.corrcoef(one[100:260], by_day.mean(axis=0)[100:260])[0, 1] for one in by_day]
    assert np.median(dull) > 0.4


def test_heat_pumps_run_when_it_is_cold(towns: dict[str, Town]) -> None:
    town = towns["heat_pump"]
    for each in town.changes("heat_pump"):
        more = (town.after - town.before)[each.meter]
        assert (more[150:240] == 0).all()
        if each.begins == 0:
            winter, spring = more[:30].mean(), more[75:105].mean()
            assert 0.2 * each.size * 1_000 < winter < 0.7 * each.size * 1_000
            assert spring < winter / 2


def test_cars_charge_on_some_days_in_the_evening_or_at_night(towns: dict[str, Town]) -> None:
    town = towns["car"]
    timers = 0
    assert {each.size for each in town.changes("car")} <= {3.7, 7.4, 11.0}
    for each in town.changes("car"):
        more = (town.after - town.before)[each.meter, each.begins :]
        charged = more.max(axis=1) > 0
        if len(more) > 60:
            assert 0.15 < charged.mean() < 0.95
        assert more.max() <= each.size * 1_000 + 1
        assert (more[charged].sum(axis=1) <= 25_001).all()
        hours = np.flatnonzero(more.sum(axis=0) > 0)
        assert not set(hours) & {12, 13, 14, 15, 16}
        timers += bool(hours[0] < 4)
    assert 0 < timers < len(town.changes("car"))


def test_a_car_is_connected_from_the_beginning_of_a_month_on(towns: dict[str, Town]) -> None:
    con = towns["car"].con
    rows = con.execute("""
        select c.starts_on, c.size, m.connected_load_kw, e.source_ts,
            (e.before->>'connected_load_kw')::decimal(18, 3),
            (e.after->>'connected_load_kw')::decimal(18, 3)
        from ground_truth.place_changes as c join raw_metering.meters as m using (meter_id)
        left join raw_cdc.change_events as e on e.entity_key = m.meter_id
            and e.source_table = 'raw_metering.meters' and e.op = 'u'
        where c.kind = 'car'
    """).fetchall()
    late = 0
    for begins, kilowatts, load, at, before, after in rows:
        if begins < FIRST:
            assert at is None
            assert load > kilowatts
        elif at is not None:
            assert after - before == kilowatts
            assert at.day == 1
            assert (
                at.date() <= begins
                or at.year * 12 + at.month - begins.year * 12 - begins.month <= 3
            )
            late += at.date() > begins
    assert sum(at is not None for *_, at, _, _ in rows) > 5
    assert late < len(rows) / 3


def test_changes_are_as_common_as_they_are_told_to_be() -> None:
    settings = ("metering.meters=4000", *CLEAN_DATA, *LASTING, "metering.installation_months=1")
    con = simulate_metering(*settings, "period.months=1")
    places = count(
        con,
        "select count(*) from raw_metering.meters join raw_crm.accounts using (account_id)"
        " where consumer_type not in ('Residential common services', 'Private hospital',"
        " 'Bulk housing colony', 'Bulk government compound', 'Bulk university campus',"
        " 'Street lighting', 'Government office', 'Place of worship')",
    )
    found: dict[str, int] = dict(
        con.execute(
            "select kind, count(*) from ground_truth.place_changes"
            " where starts_on >= '2024-01-01' or kind in ('solar', 'heat_pump', 'car') group by all"
        ).fetchall()
    )
    expected: dict[str, float] = {
        "vacancy": 0.05 / 12,
        # those who come after a vacancy come later
        "new_tenant": (0.10 - 0.05 * 0.7) / 12,
        "holiday": 0.8 / 12,
        "solar": 0.10,
        "heat_pump": 0.05,
        "car": 0.05,
    }
    for kind, share in expected.items():
        mean = places * share
        assert abs(found[kind] - mean) < 4 * mean**0.5 + 0.1 * mean, kind


def test_most_moves_are_recorded_and_none_else() -> None:
    settings = (*PERFECT, *UNCHANGING, "metering.vacancy_rate=0.5", "metering.new_tenant_rate=0.5")
    con = simulate_metering(*settings, "metering.meters=400", "period.months=8")
    tenants: list[Any] = con.execute("""
        select meter_id, starts_on, exists (
            select 1 from ground_truth.place_changes as v where v.kind = 'vacancy'
                and v.meter_id = t.meter_id and v.ends_on = t.starts_on
        ) as follows from ground_truth.place_changes as t where kind = 'new_tenant'
    """).fetchall()
    events = con.execute("""
        select m.meter_id, e.event_at::date, e.event_type
        from raw_metering.meter_events as e join raw_metering.meters as m using (meter_number)
    """).fetchall()
    moves_in = {(meter, day) for meter, day, kind in events if kind == "move_in"}
    moves_out = {(meter, day) for meter, day, kind in events if kind == "move_out"}
    began = {(meter, day) for meter, day, _ in tenants}
    assert moves_in <= began
    assert 0.7 < len(moves_in) / len(began) < 0.9
    for meter, day, follows in tenants:
        if not follows:
            assert ((meter, day) in moves_in) == ((meter, day) in moves_out)
    vacated = con.execute(
        "select meter_id, starts_on from ground_truth.place_changes where kind = 'vacancy'"
    ).fetchall()
    assert moves_out <= began | set(vacated)
    assert len(moves_out - began) > 10
    # no tenant moves in where none is meant to
    alone = simulate_metering(*PERFECT, *UNCHANGING, "metering.vacancy_rate=1", "period.months=8")
    kinds = alone.execute("select distinct kind from ground_truth.place_changes").fetchall()
    assert kinds == [("vacancy",)]


def test_truth_keeps_theft_and_change_of_one_meter() -> None:
    con = simulate_metering(
        "metering.meters=200",
        "metering.theft_scale=8",
        "metering.vacancy_rate=0.5",
        "period.months=8",
    )
    both = """
        select count(distinct meter_id) from ground_truth.place_changes
        join ground_truth.faults on rule = 'energy_theft' and entity_id = meter_id
        where kind = '{}'
    """
    for kind in ("vacancy", "holiday", "new_tenant"):
        assert count(con, both.format(kind)) > 3
    months = "select count(*) from ground_truth.meter_months where stolen_kwh <> used_kwh - registered_kwh"
    assert count(con, months) == 0
