"""Interruptions of feeders, to the minute. Each ends within its month."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import to_date

if TYPE_CHECKING:
    from typing import Protocol

    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.months import MonthAxis
    from seeders.streams import Streams

    class _Draw(Protocol):
        """Draws for every feeder."""

        def __call__(self, stream: str, width: int = 1, /) -> NDArray[np.float64]:
            """Draw `width` numbers from a stream."""


CAUSES: Final = ("load_shedding", "maintenance", "fault", "voltage_sag")
SHEDDING, MAINTENANCE, FAULT, SAG = range(len(CAUSES))

HOURS_PER_DAY: Final = 24
MINUTES_PER_HOUR: Final = 60
MINUTES_PER_DAY: Final = 1_440
DAYS_DRAWN: Final = 32
"""Draws by day cover the longest month."""

_SATURDAY: Final = 5
_EPOCH_WEEKDAY: Final = 3
_WEEK: Final = 7
_BLOCKS: Final = 16
_JITTER: Final = 15
_STEP: Final = 5
_MOST: Final = 16
"""The most events of one kind on a feeder in a month."""

_MAINTENANCE_FROM: Final = 8 * 60
_MAINTENANCE_TO: Final = 12 * 60
_SHORTEST_FAULT: Final = 10
_LONGEST_MOMENTARY: Final = 4
_SHORTEST_SAG: Final = 5
_LONGEST_SAG: Final = 45

_PEAK_SUMMER: Final = (6, 7)
_SUMMER: Final = (5, 8, 9)
_WINTER: Final = (12, 1, 2)


@dataclass(frozen=True)
class Calendar:
    """The hours of a month. `month` is its number, from 0."""

    axis: MonthAxis
    month: int

    @cached_property
    def first_day(self) -> int:
        """Its first day."""
        return self.axis.first_day(self.month)

    @cached_property
    def days(self) -> int:
        """The number of its days."""
        return self.axis.first_day(self.month + 1) - self.first_day

    @property
    def hours(self) -> int:
        """The number of its hours."""
        return self.days * HOURS_PER_DAY

    @cached_property
    def day_numbers(self) -> NDArray[np.int64]:
        """The number of each of its days."""
        return np.arange(self.first_day, self.first_day + self.days, dtype=np.int64)

    @property
    def is_weekend(self) -> NDArray[np.bool_]:
        """Whether each of its days is a Saturday or Sunday."""
        return (self.day_numbers + _EPOCH_WEEKDAY) % _WEEK >= _SATURDAY

    @property
    def day_of_year(self) -> NDArray[np.int64]:
        """The day of the year of each of its days, from 0."""
        begins = to_date(self.first_day)
        first = begins.timetuple().tm_yday - 1
        return np.arange(first, first + self.days, dtype=np.int64)


@dataclass(frozen=True)
class Outages(Arrays):
    """k outages, by feeder and time. Minutes are counted from the month's first.

    Attributes:
        feeder: Position of the feeder in its run.
        begins: First minute.
        ends: The minute after the last.
        cause: Position in `CAUSES`.
    """

    feeder: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    cause: NDArray[np.int8]

    def minutes(self, feeders: int, hours: int, *, sags: bool = False) -> NDArray[np.uint8]:
        """Count the minutes of each hour in which a feeder is interrupted or its voltage sags.

        Args:
            feeders: How many feeders the run has.
            hours: How many hours the month has.
            sags: Whether to count sags of the voltage instead.

        Returns:
            feeders x hours numbers up to 60; overlaps are counted once.
        """
        these = self.select((self.cause == SAG) == sags)
        # feeders are laid end to end, so that all overlaps are merged at once
        longest = hours * MINUTES_PER_HOUR
        begins = these.feeder * longest + these.begins
        order = np.argsort(begins, kind="stable")
        begins = begins[order]
        reached = np.maximum.accumulate((these.feeder * longest + these.ends)[order])
        is_first = np.ones(len(begins), dtype=np.bool_)
        is_first[1:] = begins[1:] > reached[:-1]
        is_last = np.roll(is_first, -1)
        steps = np.zeros(feeders * hours + 2, dtype=np.int64)
        for at, sign in ((begins[is_first], 1), (reached[is_last], -1)):
            hour, minute = np.divmod(at, MINUTES_PER_HOUR)
            # from a minute on, its hour gets the remaining minutes and each later hour all sixty
            np.add.at(steps, hour, sign * (MINUTES_PER_HOUR - minute))
            np.add.at(steps, hour + 1, sign * minute)
        counted: NDArray[np.uint8] = np.cumsum(steps[:-2]).astype(np.uint8)
        return counted.reshape(feeders, hours)


def draw_outages(
    config: MeteringConfig, streams: Streams, calendar: Calendar, start: int, count: int
) -> Outages:
    """Draw a month's outages of a run of feeders.

    Args:
        config: How often and how long.
        streams: Where the draws come from.
        calendar: The month.
        start: Number of the first feeder, from 0.
        count: How many feeders.

    Returns:
        The outages, in order of feeder, begin, cause and end.
    """

    def draw(stream: str, width: int = 1) -> NDArray[np.float64]:
        drawn = streams.uniform(
            f"metering.grid.{stream}", start * width, count * width, calendar.month
        )
        return drawn.reshape(count, width)

    longest = calendar.days * MINUTES_PER_DAY
    hour = MINUTES_PER_HOUR
    parts = [_shedding(config, calendar, draw)]
    for stream, cause, often, shortest, most, is_by_day in (
        ("fault", FAULT, config.monthly_faults, _SHORTEST_FAULT, config.fault_max_hours * hour, 0),
        ("momentary", FAULT, config.monthly_momentaries, 1, _LONGEST_MOMENTARY + 1, 0),
        (
            "maintenance",
            MAINTENANCE,
            config.monthly_maintenances,
            hour,
            config.maintenance_max_hours * hour,
            1,
        ),
        ("sag", SAG, config.monthly_sags, _SHORTEST_SAG, _LONGEST_SAG, 0),
    ):
        happens = np.arange(_MOST) < _poisson(often, draw(f"{stream}.count"))
        at = draw(f"{stream}.at", _MOST)
        begins = (at * longest).astype(np.int64)
        if is_by_day:
            day = begins // MINUTES_PER_DAY * MINUTES_PER_DAY
            within = draw(f"{stream}.within", _MOST) * (_MAINTENANCE_TO - _MAINTENANCE_FROM)
            begins = day + _MAINTENANCE_FROM + within.astype(np.int64)
        # short ones are more common
        length = shortest * (most / shortest) ** draw(f"{stream}.length", _MOST)
        ends = begins + np.maximum(length.astype(np.int64), 1)
        feeder, which = np.nonzero(happens)
        parts.append(_outages(feeder, begins[feeder, which], ends[feeder, which], cause, longest))
    every = Outages.concatenate(parts)
    return every.select(np.lexsort((every.ends, every.cause, every.begins, every.feeder)))


def _outages(
    feeder: NDArray[np.intp],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    cause: int,
    longest: int,
) -> Outages:
    return Outages(
        feeder=feeder.astype(np.int64),
        begins=begins,
        ends=np.minimum(ends, longest),
        cause=np.full(len(feeder), cause, dtype=np.int8),
    )


def _season(config: MeteringConfig, month: int) -> tuple[float, float, float]:
    """Return the share of feeders shed in a calendar month, and the least and most hours a day."""
    for months, season in (
        (_PEAK_SUMMER, "peak_summer"),
        (_SUMMER, "summer"),
        (_WINTER, "winter"),
    ):
        if month in months:
            names = ("share", "min_hours", "max_hours")
            share, low, high = (getattr(config, f"{season}_shedding_{name}") for name in names)
            return share, low, high
    return 0.0, 0.0, 0.0


def _shedding(config: MeteringConfig, calendar: Calendar, draw: _Draw) -> Outages:
    """Shed feeders by a schedule that repeats daily, up to a quarter of an hour early or late."""
    share, low, high = _season(config, to_date(calendar.first_day).month)
    is_shed = (draw("shed") < share)[:, 0]
    minutes = (low + draw("shed.hours") * (high - low))[:, 0] * MINUTES_PER_HOUR
    blocks = np.clip(np.ceil(minutes / (config.shedding_block_hours * 60)), 1, _BLOCKS)
    length = (minutes / blocks // _STEP * _STEP).astype(np.int64)
    apart = MINUTES_PER_DAY / blocks
    offset = draw("shed.offset")[:, 0] * apart
    which = np.arange(_BLOCKS)
    planned = offset[:, None] + which * apart[:, None]
    late = draw("shed.late", DAYS_DRAWN * _BLOCKS).reshape(-1, DAYS_DRAWN, _BLOCKS)
    late = (late[:, : calendar.days] * 2 - 1) * _JITTER
    begins = np.rint(planned[:, None, :] + late).astype(np.int64)
    begins = np.clip(begins, 0, (MINUTES_PER_DAY - length)[:, None, None])
    happens = is_shed[:, None, None] & (which < blocks[:, None])[:, None, :]
    happens = np.broadcast_to(happens & (length > 0)[:, None, None], begins.shape)
    feeder, day, block = np.nonzero(happens)
    starts = begins[feeder, day, block] + day * MINUTES_PER_DAY
    longest = calendar.days * MINUTES_PER_DAY
    return _outages(feeder, starts, starts + length[feeder], SHEDDING, longest)


def _poisson(mean: float, drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    """Turn uniform draws into Poisson numbers of events, by the inverse distribution function."""
    weights = np.ones(_MOST)
    for number in range(1, _MOST):
        weights[number] = weights[number - 1] * mean / number
    reached = np.cumsum(weights) * np.exp(-mean)
    return np.searchsorted(reached, drawn, side="right").astype(np.int64)
