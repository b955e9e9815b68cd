"""How changes of places affect the energy they use: R x D x 24 watt-hours of a run's month, updated in place.

Only the places concerned are touched, so that a world without changes costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.metering.changes import (
    CAR,
    HEAT_PUMP,
    HOLIDAY,
    SOLAR,
    TENANT,
    VACANCY,
)
from seeders.simulation.metering.grid import DAYS_DRAWN, HOURS_PER_DAY
from seeders.simulation.metering.run import related_days
from seeders.simulation.months import NEVER
from seeders.simulation.normal import normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.metering.changes import Changes
    from seeders.simulation.metering.run import Run

YEAR: Final = 365.25
MIDWINTER: Final = 10
_MIDSUMMER: Final = 172

# the sun over Islamabad; hours are those of readings
_LATITUDE: Final = np.radians(33.7)
_TILT: Final = np.radians(23.44)
_NOON: Final = 12
_CLEAR: Final = 0.8
"""The share of the theoretical yield that panels reach at best: temperature, dust, inverter, angle."""
_OVERCAST: Final = 0.15
_PLACE_SPREAD: Final = 0.1

_MEAN_WARMTH: Final = 21.0
_WARMTH_SWING: Final = 11.0
_WEATHER: Final = 12.0
_HEATED_BELOW: Final = 18.0
_COLDEST: Final = 18.0
"""Degrees below `_HEATED_BELOW` at which a heat pump runs at full load."""
_NIGHT_SETBACK: Final = 0.4
_NIGHT_TO: Final = 6

_TIMER_SHARE: Final = 0.4
_TIMER_FROM: Final = 0
_HOME_FROM: Final = 17
_STARTS: Final = 4


def move_in(run: Run, used: NDArray[np.float32], season: NDArray[np.float64]) -> None:
    """Apply new tenants: they use more or less than those before, at other hours and in other seasons.

    Args:
        run: The places and the month.
        used: What they use.
        season: Seasonal factor of each consumer type's load, T x D.
    """
    tenants = _begun(run, run.changes.of(TENANT))
    if len(tenants.place) == 0:
        return
    place = np.unique(tenants.place)
    days = run.calendar.day_numbers
    # places laid end to end, to find the last tenant of each day
    began = tenants.place * np.int64(NEVER) + tenants.starts_on
    wanted = place[:, None] * np.int64(NEVER) + days
    tenant = np.searchsorted(began, wanted, "right") - 1
    is_there = tenants.place[tenant] == place[:, None]
    is_there &= tenant >= 0
    level = np.where(is_there, tenants.size[tenant], 1)
    habit = normal(tenants.manner[:, 0])[tenant]
    lifted = season[run.places.kind[place]]
    level = level * np.where(is_there, lifted ** (run.config.new_tenant_season_spread * habit), 1)
    # a wave over the hours with its peak anywhere
    hour = np.arange(HOURS_PER_DAY)
    crest = tenants.manner[:, 1, None] * HOURS_PER_DAY
    height = run.config.new_tenant_shape_spread * normal(tenants.manner[:, 2])
    wave = np.exp(height[:, None] * np.cos(2 * np.pi * (hour - crest) / HOURS_PER_DAY))
    wave /= wave.mean(axis=1, keepdims=True)
    shape = np.where(is_there[:, :, None], wave[tenant], 1)
    used[place] *= (shape * level[:, :, None]).astype(np.float32)


def leave(run: Run, used: NDArray[np.float32], usual: NDArray[np.float64]) -> None:
    """Reduce use at empty places to standby use: a little all day, or nothing.

    Args:
        run: The places and the month.
        used: What they use.
        usual: Watts that they use on average, R.
    """
    first, days = run.calendar.first_day, run.calendar.days
    away = _begun(run, run.changes.of(VACANCY, HOLIDAY))
    away = away.select(away.ends_on > first)
    begins = np.maximum(away.starts_on - first, 0)
    length = np.minimum(away.ends_on - first, days) - begins
    spell = np.repeat(np.arange(len(length)), length)
    day = np.arange(len(spell)) - np.repeat(np.cumsum(length) - length, length) + begins[spell]
    place = away.place[spell]
    left = (away.size[spell] * usual[place]).astype(np.float32)
    used[place, day] = left[:, None]


def heat(run: Run, used: NDArray[np.float32], noise: NDArray[np.float32]) -> None:
    """Run heat pumps: the colder it is, the more.

    Args:
        run: The places and the month.
        used: What they use.
        noise: Random factor of each hour, R x H.
    """
    pumps = _begun(run, run.changes.of(HEAT_PUMP))
    if len(pumps.place) == 0:
        return
    calendar, place = run.calendar, pumps.place
    weather = (related_days(run, "sky.warmth", 0, 1)[0] - 1) * _WEATHER
    swing = np.cos(2 * np.pi * (calendar.day_of_year - MIDWINTER) / YEAR)
    outside = _MEAN_WARMTH - _WARMTH_SWING * swing + weather
    needed = np.clip((_HEATED_BELOW - outside) / _COLDEST, 0, 1)
    by_hour = 1 - _NIGHT_SETBACK * (np.arange(HOURS_PER_DAY) < _NIGHT_TO)
    is_there = calendar.day_numbers >= pumps.starts_on[:, None]
    is_there &= ~_is_empty(run)[place]
    load = (needed * is_there)[:, :, None] * by_hour
    varied = np.minimum(load * noise.reshape(used.shape)[place], 1)
    used[place] += (pumps.size[:, None, None] * varied).astype(np.float32)


def charge_cars(run: Run, used: NDArray[np.float32]) -> None:
    """Charge cars, on some days, in the evening or by a timer at night."""
    cars = _begun(run, run.changes.of(CAR))
    if len(cars.place) == 0:
        return
    config, calendar, place = run.config, run.calendar, cars.place
    days = slice(0, calendar.days)
    often = config.car_min_daily_share + cars.manner[:, 0] * (
        config.car_max_daily_share - config.car_min_daily_share
    )
    is_charged = run.draw("car.day", DAYS_DRAWN)[place][:, days] < often[:, None]
    is_charged &= calendar.day_numbers >= cars.starts_on[:, None]
    is_charged &= ~_is_empty(run)[place]
    drawn = run.draw("car.energy", DAYS_DRAWN)[place][:, days]
    watt_hours = 1_000 * (config.car_min_kwh + drawn * (config.car_max_kwh - config.car_min_kwh))
    hours = watt_hours / cars.size[:, None]
    by_timer = cars.manner[:, 1] < _TIMER_SHARE
    drawn = run.draw("car.start", DAYS_DRAWN)[place][:, days]
    starts = np.where(by_timer, _TIMER_FROM, _HOME_FROM)[:, None] + (drawn * _STARTS).astype(int)
    since = np.arange(HOURS_PER_DAY) - starts[:, :, None]
    part = np.where(since >= 0, np.clip(hours[:, :, None] - since, 0, 1), 0)
    charging = part * (is_charged * cars.size[:, None])[:, :, None]
    used[place] += charging.astype(np.float32)


def use_solar_power(run: Run, used: NDArray[np.float32]) -> None:
    """Subtract what solar panels supply; there is no feed-in of a surplus."""
    panels = _begun(run, run.changes.of(SOLAR))
    if len(panels.place) == 0:
        return
    calendar, place = run.calendar, panels.place
    by_hour = _clear_sky(calendar.day_of_year)
    # the same cloud cover for all of them; most days are bright
    sky = run.streams.uniform("metering.sky.cloud", 0, DAYS_DRAWN, calendar.month)
    bright = 1 - (1 - _OVERCAST) * sky[: calendar.days] ** 2
    drawn = run.draw("solar.cloud", DAYS_DRAWN)[place][:, : calendar.days]
    local = 1 + _PLACE_SPREAD * (2 * drawn - 1)
    is_there = calendar.day_numbers >= panels.starts_on[:, None]
    yields = (panels.size[:, None] * bright * local * is_there)[:, :, None] * by_hour
    used[place] = np.maximum(used[place] - yields.astype(np.float32), 0)


def _clear_sky(day_of_year: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the yield of panels relative to their size under a clear sky, D x 24, from the sine of the sun's elevation."""
    declination = _TILT * np.cos(2 * np.pi * (day_of_year - _MIDSUMMER) / YEAR)
    angle = 2 * np.pi * (np.arange(HOURS_PER_DAY) + 0.5 - _NOON) / HOURS_PER_DAY
    height = (np.sin(_LATITUDE) * np.sin(declination))[:, None] + (
        np.cos(_LATITUDE) * np.cos(declination)
    )[:, None] * np.cos(angle)
    yields: NDArray[np.float64] = _CLEAR * np.maximum(height, 0) ** 1.2
    return yields


def _begun(run: Run, changes: Changes) -> Changes:
    """Return those that have begun by the end of the month."""
    return changes.select(changes.starts_on < run.calendar.first_day + run.calendar.days)


def _is_empty(run: Run) -> NDArray[np.bool_]:
    """Return whether each place is empty on each day, R x D."""
    days = run.calendar.day_numbers
    away = run.changes.of(VACANCY, HOLIDAY)
    empty = np.zeros((run.size, run.calendar.days), dtype=np.bool_)
    within = (days >= away.starts_on[:, None]) & (days < away.ends_on[:, None])
    np.logical_or.at(empty, away.place, within)
    return empty
