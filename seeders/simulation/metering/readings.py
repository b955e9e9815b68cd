"""What meters report in a month: hourly energy and voltage, before faults of the data are injected.

A place whose meter is replaced has both meters in one row, each for its hours; the hour of the replacement is split
between them by the minute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.metering.facts import NOMINAL, SECONDS_PER_HOUR, VOLT, HourlyReadings, Swaps
from seeders.simulation.metering.grid import HOURS_PER_DAY, MINUTES_PER_HOUR
from seeders.simulation.metering.places import NEUTRAL
from seeders.simulation.metering.run import hour_words
from seeders.simulation.months import SECONDS_PER_DAY
from seeders.simulation.normal import STEPS, looked_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.metering.facts import Energy
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.run import Run

_DARK_FROM: Final = 30
_SAG_SHARE: Final = 0.62
_SAG_WIDTH: Final = 0.22
_FROZEN_LEAST: Final = 0.1
_FROZEN_WIDTH: Final = 0.3


def read_meters(run: Run, energy: Energy, meters: Meters) -> HourlyReadings:
    """Simulate what the meters of a run report in a month.

    Args:
        run: The places and the month.
        energy: What they use.
        meters: All meters of the run's places.

    Returns:
        Their readings.
    """
    calendar = run.calendar
    begins_at = np.int64(calendar.first_day * SECONDS_PER_DAY)
    ends_at = begins_at + calendar.hours * SECONDS_PER_HOUR
    kwh = np.concatenate([energy.registered, energy.fed])
    is_dead = np.zeros(kwh.shape, dtype=np.bool_)
    days = calendar.day_numbers
    cut = np.flatnonzero(run.places.cut_on <= days[-1])
    is_dead[cut] = np.repeat(days >= run.places.cut_on[cut, None], HOURS_PER_DAY, axis=1)

    swapped = meters.select((meters.removed_at >= begins_at) & (meters.removed_at < ends_at))
    hour, second = np.divmod(swapped.removed_at - begins_at, SECONDS_PER_HOUR)
    minute = second // MINUTES_PER_HOUR

    def share(of: NDArray[np.int32]) -> NDArray[np.int32]:
        whole = of[swapped.place, hour].astype(np.int64)
        part: NDArray[np.int32] = (whole * minute // MINUTES_PER_HOUR).astype(np.int32)
        return part

    registered = share(energy.registered)
    reported = registered.copy()
    kwh[swapped.place, hour] -= registered
    # few meters fail, so a loop will do
    failed = np.flatnonzero((meters.failed_at < ends_at) & (meters.removed_at > begins_at))
    frozen = _frozen(run)
    dark = run.minutes_out >= MINUTES_PER_HOUR
    for meter in failed:
        place = int(meters.place[meter])
        first = max(0, int((meters.failed_at[meter] - begins_at) // SECONDS_PER_HOUR))
        last = min(calendar.hours, int((meters.removed_at[meter] - begins_at) // SECONDS_PER_HOUR))
        value = int(frozen[place]) if meters.is_frozen[meter] else 0
        kwh[place, first:last] = np.where(dark[run.feeder[place], first:last], 0, value)
        is_dead[place, first:last] = True
        reported[(swapped.place == place) & (swapped.sequence == meters.sequence[meter])] = value
    return HourlyReadings(
        kwh=kwh,
        voltage=_voltage(run),
        is_dead=is_dead,
        minutes_out=np.concatenate([run.minutes_out[run.feeder], run.minutes_out]),
        sequence=_in_force(meters, run.size, begins_at),
        swaps=Swaps(
            place=swapped.place,
            sequence=swapped.sequence,
            hour=hour,
            minute=minute,
            kwh=reported,
            used=share(energy.used),
            registered=registered,
        ),
    )


def _in_force(meters: Meters, places: int, at: np.int64) -> NDArray[np.int64]:
    """Find the sequence of the meter in force at each place at a second."""
    is_there = (meters.installed_at < at) & (meters.removed_at >= at)
    sequence = np.zeros(places, dtype=np.int64)
    sequence[meters.place[is_there]] = meters.sequence[is_there]
    return sequence


def _frozen(run: Run) -> NDArray[np.int32]:
    """Return the value at which each place's meter would freeze, the same in every month."""
    drawn = run.streams.uniform("metering.frozen", run.start, run.size)
    value = run.places.watts * (_FROZEN_LEAST + drawn * _FROZEN_WIDTH)
    return value.astype(np.int32)


def _voltage(run: Run) -> NDArray[np.int32]:
    """Return the voltage at all meters: the feeder's level, an offset of the place, and noise."""
    calendar, streams = run.calendar, run.streams
    hours, meters = calendar.hours, run.size + run.feeders
    of_feeder = streams.uniform(
        "metering.grid.voltage", run.first_feeder * hours, run.feeders * hours, calendar.month
    ).reshape(run.feeders, hours)
    of_feeder = 10 * NOMINAL - 40 + of_feeder * 70
    noise = np.empty((meters, hours), dtype=np.uint16)
    noise[: run.size] = hour_words(run, "voltage", run.start, run.size)
    noise[run.size :] = hour_words(run, "grid.noise.voltage", run.first_feeder, run.feeders)
    place = streams.uniform("metering.voltage.place", run.start, run.size) * 50 - 25
    level = np.rint(of_feeder).astype(np.int32)
    tenths = np.empty((meters, hours), dtype=np.int32)
    tenths[: run.size] = level[run.feeder] + np.rint(place).astype(np.int32)[:, None]
    tenths[run.size :] = level
    tenths += looked_up(np.arange(STEPS, dtype=np.int32) % 31, noise)
    feeder = np.concatenate([run.feeder, np.arange(run.feeders)])
    thieves = np.flatnonzero(
        (run.places.method == NEUTRAL)
        & (run.places.theft_from < calendar.first_day + calendar.days)
    )
    for place_no in thieves:
        begins = max(0, (int(run.places.theft_from[place_no]) - calendar.first_day) * HOURS_PER_DAY)
        tenths[place_no, begins:] -= 120 + noise[place_no, begins:].astype(np.int32) // 180
    sagging = np.flatnonzero((run.minutes_sagging > 0)[feeder])
    drop = _SAG_SHARE + _SAG_WIDTH * (noise.ravel()[sagging] / np.float64(2**16))
    tenths.ravel()[sagging] = (10 * NOMINAL * drop).astype(np.int32)
    unit = np.where(run.minutes_out >= _DARK_FROM, 0, VOLT // 10).astype(np.int32)
    tenths *= unit[feeder]
    return tenths
