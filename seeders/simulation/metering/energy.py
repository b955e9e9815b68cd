"""Energy by the hour: what is used, how much of it is stolen, and what a faultless register counts.

Energy is counted in watt-hours, so that sums are exact in any order. Shares and factors are 32-bit floats applied
elementwise, so that the result does not depend on how places are split into runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.metering.catalogue import read_catalogue
from seeders.simulation.metering.changed_use import (
    MIDWINTER,
    YEAR,
    charge_cars,
    heat,
    leave,
    move_in,
    use_solar_power,
)
from seeders.simulation.metering.facts import Energy
from seeders.simulation.metering.grid import DAYS_DRAWN, HOURS_PER_DAY, MINUTES_PER_HOUR
from seeders.simulation.metering.places import HOOK, NIGHT_ONLY, ROLLBACK
from seeders.simulation.metering.run import hour_words, related_days
from seeders.simulation.months import NEVER
from seeders.simulation.normal import factors, looked_up, normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.metering.grid import Calendar
    from seeders.simulation.metering.places import Places
    from seeders.simulation.metering.run import Run
    from seeders.streams import Streams

_MIDSUMMER: Final = 191

_NIGHT_FROM: Final = 22
_NIGHT_TO: Final = 6
_EVENING_FROM: Final = 17
_WHOLE_DAY_SHARE: Final = 0.5
_HOOKED_LEAST: Final = 0.8
_TWICE_SHARE: Final = 0.5
_ROLLBACK_DAY: Final = 9
_ROLLBACK_DAYS: Final = 6
_LAST_DAYS: Final = 5
_ROLLBACK_HOURS: Final = 4


def use_energy(run: Run) -> Energy:
    """Simulate a month of a run of places.

    Args:
        run: The places and the month.

    Returns:
        Their energy.
    """
    used = _used(run)
    registered = used.copy()
    _steal(run, used, registered)
    stolen = used.sum(axis=1, dtype=np.int64) - registered.sum(axis=1, dtype=np.int64)
    return Energy(used, registered, stolen, _fed(run, used))


def _used(run: Run) -> NDArray[np.int32]:
    config, calendar, places = run.config, run.calendar, run.places
    catalogue = read_catalogue()
    usual = places.watts * catalogue.utilisation[places.kind] * places.level
    season = _season(calendar)
    levels = (related_days(run, "day", run.start, run.size) * usual[:, None]).astype(np.float32)
    used = _profile(calendar, season)[places.kind]
    used *= levels[:, :, None]
    move_in(run, used, season)
    leave(run, used, usual)
    by_hour = used.reshape(run.size, calendar.hours)
    noise = looked_up(factors(config.hour_spread), hour_words(run, "hour", run.start, run.size))
    by_hour *= noise
    ceiling = (places.watts * config.load_ceiling).astype(np.float32)
    np.minimum(by_hour, ceiling[:, None], out=by_hour)
    heat(run, used, noise)
    charge_cars(run, used)
    use_solar_power(run, used)
    cut = np.flatnonzero(places.cut_on < calendar.first_day + calendar.days)
    used[cut] *= (calendar.day_numbers < places.cut_on[cut, None])[:, :, None]
    supplied = (MINUTES_PER_HOUR - run.minutes_out) / np.float32(MINUTES_PER_HOUR)
    by_hour *= supplied[run.feeder]
    np.rint(by_hour, out=by_hour)
    return by_hour.astype(np.int32)


def _season(calendar: Calendar) -> NDArray[np.float64]:
    """Return the seasonal factor of each type's load: T x D."""
    catalogue = read_catalogue()
    angle = 2 * np.pi * calendar.day_of_year / YEAR
    # cooling and heating raise a load separately, each in its season and neither in spring or autumn
    warm = np.maximum(np.cos(angle - 2 * np.pi * _MIDSUMMER / YEAR), 0) ** 1.5
    cold = np.maximum(np.cos(angle - 2 * np.pi * MIDWINTER / YEAR), 0) ** 1.5
    season: NDArray[np.float64] = (
        1 + catalogue.summer[:, None] * warm + catalogue.winter[:, None] * cold
    )
    return season


def _profile(calendar: Calendar, season: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return each type's load by day and hour of a month, relative to its mean over the year: T x D x 24."""
    catalogue = read_catalogue()
    day = season * (1 + catalogue.weekend[:, None] * calendar.is_weekend)
    profile: NDArray[np.float32] = (day[:, :, None] * catalogue.shape[:, None, :]).astype(
        np.float32
    )
    return profile


def _steal(run: Run, used: NDArray[np.int32], registered: NDArray[np.int32]) -> None:
    """Subtract stolen energy from what is registered, in place."""
    calendar, places = run.calendar, run.places
    thieves = np.flatnonzero(places.theft_from < calendar.first_day + calendar.days)
    if len(thieves) == 0:
        return
    hour = np.arange(calendar.hours)
    of_day = hour % HOURS_PER_DAY
    begins = (places.theft_from[thieves].astype(np.int64) - calendar.first_day) * HOURS_PER_DAY
    method, share = places.method[thieves], places.share[thieves]
    taken = np.where(hour >= begins[:, None], share[:, None], 0.0)
    is_night = (of_day >= _NIGHT_FROM) | (of_day < _NIGHT_TO)
    taken[(method == NIGHT_ONLY)[:, None] & ~is_night] = 0
    hooks = method == HOOK
    taken[hooks] = np.where(taken[hooks] > 0, _hooked(run, thieves[hooks], share[hooks]), 0)
    rolls = method == ROLLBACK
    taken[rolls] = 0
    registered[thieves] -= np.rint(used[thieves] * taken).astype(np.int32)
    for place in thieves[rolls]:
        _roll_back(run, int(place), used, registered)


def _hooked(run: Run, thieves: NDArray[np.intp], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each hour that direct hooks steal: on some days all day, on others in the evening."""
    calendar = run.calendar
    days = slice(0, calendar.days)
    is_hooked = run.draw("hook.day", DAYS_DRAWN)[thieves][:, days] < share[:, None]
    is_whole = run.draw("hook.whole", DAYS_DRAWN)[thieves][:, days] < _WHOLE_DAY_SHARE
    part = _HOOKED_LEAST + run.draw("hook.part", DAYS_DRAWN)[thieves][:, days] * (1 - _HOOKED_LEAST)
    is_evening = np.arange(HOURS_PER_DAY) >= _EVENING_FROM
    taken = (is_hooked * part)[:, :, None] * (is_whole[:, :, None] | is_evening)
    return taken.reshape(len(thieves), calendar.hours)


def _roll_back(
    run: Run, place: int, used: NDArray[np.int32], registered: NDArray[np.int32]
) -> None:
    """Roll a register back once or twice a month, by a share of what it has counted since the last time."""
    calendar, places = run.calendar, run.places
    drawn = run.draw("rollback", 5)[place]
    hours = (drawn[3:] * _ROLLBACK_HOURS).astype(int)
    days = (
        _ROLLBACK_DAY + int(drawn[0] * _ROLLBACK_DAYS),
        calendar.days - _LAST_DAYS + int(drawn[1] * _LAST_DAYS),
    )
    since = max(0, (int(places.theft_from[place]) - calendar.first_day) * HOURS_PER_DAY)
    twice = drawn[2] < _TWICE_SHARE
    for day, hour in list(zip(days, hours, strict=True))[0 if twice else 1 :]:
        at = day * HOURS_PER_DAY + int(hour)
        if since < at:
            counted = int(used[place, since:at].sum(dtype=np.int64))
            registered[place, at] -= round(counted * float(places.share[place]))
            since = at


def technical_loss(
    config: MeteringConfig, streams: Streams, start: int, count: int
) -> NDArray[np.float64]:
    """Return the share of the energy fed into each feeder that is lost in its lines."""
    low, high = config.technical_loss_min, config.technical_loss_max
    return low + streams.uniform("metering.grid.loss", start, count) * (high - low)


def _fed(run: Run, used: NDArray[np.int32]) -> NDArray[np.int32]:
    config, hours = run.config, run.calendar.hours
    # the last feeder may have fewer meters than the others
    whole = run.size // config.meters_per_feeder
    of_whole, rest = np.split(used, [whole * config.meters_per_feeder])
    supplied = np.empty((run.feeders, hours), dtype=np.int64)
    of_whole.reshape(whole, config.meters_per_feeder, hours).sum(axis=1, out=supplied[:whole])
    if len(rest) > 0:
        rest.sum(axis=0, keepdims=True, out=supplied[whole:])
    loss = technical_loss(config, run.streams, run.first_feeder, run.feeders)
    drawn = run.streams.uniform(
        "metering.grid.noise", run.first_feeder * hours, run.feeders * hours, run.calendar.month
    ).reshape(run.feeders, hours)
    noise = 1 + config.technical_loss_noise * normal(drawn)
    return np.rint(supplied / (1 - loss[:, None]) * noise).astype(np.int32)


def is_stealing(places: Places, calendar: Calendar) -> NDArray[np.bool_]:
    """Return whether each place steals by the end of a month."""
    return places.theft_from < min(calendar.first_day + calendar.days, NEVER)
