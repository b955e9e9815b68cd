"""Places with a smart meter and their meters: drawn for a run of places, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation.arrays import Arrays
from seeders.simulation.metering import names
from seeders.simulation.metering.catalogue import read_catalogue
from seeders.simulation.months import NEVER, SECONDS_PER_DAY
from seeders.simulation.normal import normal

if TYPE_CHECKING:
    from typing import Protocol

    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.months import MonthAxis
    from seeders.streams import Streams

    class _Draw(Protocol):
        """Draws once for every place."""

        def __call__(self, stream: str, /) -> NDArray[np.float64]:
            """Draw from a stream."""


METHODS: Final = (
    "bypass",
    "magnet",
    "neutral",
    "night_only",
    "partial_phase",
    "register_rollback",
    "direct_hook",
)
BYPASS, MAGNET, NEUTRAL, NIGHT_ONLY, PARTIAL_PHASE, ROLLBACK, HOOK = range(len(METHODS))

NEVER_AT: Final = np.int64(NEVER) * SECONDS_PER_DAY
MAX_SEQUENCE: Final = 99
"""Ids of meters have two digits for the meter within its place."""

_SECONDS_PER_HOUR: Final = 3_600
_HOURS_PER_DAY: Final = 24
_DAYS_PER_YEAR: Final = 365
_MINUTES: Final = 59
_OFFICE_HOUR: Final = 10


@dataclass(frozen=True)
class Places(Arrays):
    """n consecutive places, each with a customer, an account and one meter at a time.

    Attributes:
        number: From 0.
        feeder: The feeder that supplies each, from 0.
        kind: Its consumer type.
        schedule: Its initial rate schedule.
        watts: Its connected load.
        level: Its use relative to what is usual for its type.
        opened_on: The day its account was opened.
        theft_from: The first day of theft, `NEVER` for most.
        method: The method of theft.
        share: The share of energy stolen.
        moved_on: The day its rate schedule changes, `NEVER` for most.
        cut_on: The day it is permanently disconnected, `NEVER` for most.
        more_watts: What a heat pump or a car adds to its connected load.
        more_from: The day from which that is registered, `NEVER` for most.
    """

    number: NDArray[np.int64]
    feeder: NDArray[np.int64]
    kind: NDArray[np.int16]
    schedule: NDArray[np.int8]
    watts: NDArray[np.int64]
    level: NDArray[np.float64]
    opened_on: NDArray[np.int32]
    theft_from: NDArray[np.int32]
    method: NDArray[np.int8]
    share: NDArray[np.float64]
    moved_on: NDArray[np.int32]
    cut_on: NDArray[np.int32]
    more_watts: NDArray[np.int64]
    more_from: NDArray[np.int32]

    def schedule_on(self, day: int) -> NDArray[np.int8]:
        """Return the rate schedule in force at each place on a day."""
        moved = read_catalogue().moves[self.schedule]
        return np.where(self.moved_on <= day, moved, self.schedule)

    def watts_on(self, day: int) -> NDArray[np.int64]:
        """Return the connected load that is registered for each place on a day."""
        return np.where(self.more_from <= day, self.watts + self.more_watts, self.watts)


@dataclass(frozen=True)
class Meters(Arrays):
    """k meters of a run of places.

    Attributes:
        place: Position of the place in its run.
        sequence: From 0, the first meter of the place.
        installed_at: Second at which it was installed.
        failed_at: Second, on the hour, from which it measures nothing.
        is_frozen: Whether it then repeats a value instead of reporting zeros.
        removed_at: Second at which the next one replaced it.
    """

    place: NDArray[np.int64]
    sequence: NDArray[np.int64]
    installed_at: NDArray[np.int64]
    failed_at: NDArray[np.int64]
    is_frozen: NDArray[np.bool_]
    removed_at: NDArray[np.int64]


@dataclass(frozen=True)
class Directory:
    """The numbers of all meters: those of places in order of place and sequence, then those of feeders.

    Attributes:
        text: The numbers.
        first: Position of the first meter of each place.
        feeders_from: Position of the first feeder's meter.
    """

    text: pa.Array
    first: NDArray[np.int64]
    feeders_from: int

    @classmethod
    def of(cls, meters: Meters, feeders: int) -> Directory:
        """List the numbers of all meters of all places, and of `feeders` feeders."""
        feeder = np.arange(feeders, dtype=np.int64)
        text = pa.concat_arrays(
            [
                names.of_meter(names.METER_NUMBER, meters.place, meters.sequence),
                names.of_meter(names.FEEDER_METER_NUMBER, feeder, np.zeros_like(feeder)),
            ]
        )
        return cls(text, np.flatnonzero(meters.sequence == 0), len(meters.place))


def draw_places(
    config: MeteringConfig,
    streams: Streams,
    axis: MonthAxis,
    which: range,
    months: int,
) -> tuple[Places, Meters]:
    """Draw a run of places and all their meters.

    Args:
        config: How they are distributed.
        streams: Where the draws come from.
        axis: The simulated months.
        which: Numbers of the places, from 0.
        months: How many months to simulate.

    Returns:
        The places, the same whichever run they are drawn in, and their meters by place.
    """
    catalogue, first_day = read_catalogue(), axis.first_day(0)
    start, count = which.start, len(which)

    def draw(stream: str, month: int | None = None) -> NDArray[np.float64]:
        return streams.uniform(f"metering.{stream}", start, count, month)

    number = np.arange(start, start + count, dtype=np.int64)
    kind = np.searchsorted(catalogue.cumulative, draw("type"), "right").astype(np.int16)
    # the first places cover every type once
    shown = np.argsort(streams.uniform("metering.shown", 0, len(catalogue.names)), kind="stable")
    is_shown = number < len(shown)
    kind[is_shown] = shown[number[is_shown]]
    low, high = catalogue.min_watts[kind], catalogue.max_watts[kind]
    # smaller loads are more common, in steps of 100 W
    watts = low + ((high - low) * draw("load") ** 2 // 100).astype(np.int64) * 100
    ago = draw("opened") * config.opened_years_before * _DAYS_PER_YEAR
    opened_on = (first_day - 1 - ago).astype(np.int32)
    schedule = catalogue.schedule[kind]
    theft_from, method, share = _thieves(config, axis, kind, opened_on, draw)
    lives = _Lifecycles(config, axis, count)
    for month in range(months):
        lives.live(month, lambda stream, month=month: draw(stream, month))
    places = Places(
        number=number,
        feeder=number // config.meters_per_feeder,
        kind=kind,
        schedule=schedule,
        watts=watts,
        level=np.exp(config.level_spread * normal(draw("level")) - config.level_spread**2 / 2),
        opened_on=opened_on,
        theft_from=theft_from,
        method=method,
        share=share,
        moved_on=lives.moved_on,
        cut_on=lives.cut_on,
        more_watts=np.zeros(count, dtype=np.int64),
        more_from=np.full(count, NEVER, dtype=np.int32),
    )
    return places, lives.meters(opened_on)


def _thieves(
    config: MeteringConfig,
    axis: MonthAxis,
    kind: NDArray[np.int16],
    opened_on: NDArray[np.int32],
    draw: _Draw,
) -> tuple[NDArray[np.int32], NDArray[np.int8], NDArray[np.float64]]:
    """Choose which places steal, from when, how and how much."""
    catalogue = read_catalogue()
    steals = draw("theft") < np.minimum(catalogue.theft[kind] * config.theft_scale, 1)
    begins, ends = axis.first_day(0), axis.first_day(config.theft_months)
    began = (begins + draw("theft.from") * (ends - begins)).astype(np.int32)
    began = np.where(draw("theft.always") < config.theft_from_start_share, opened_on, began)
    method = (draw("theft.method") * len(METHODS)).astype(np.int8)
    # a single phase cannot be bypassed in part
    method[(method == PARTIAL_PHASE) & ~catalogue.is_three_phase[kind]] = BYPASS
    drawn = draw("theft.share")
    share = config.theft_min_share + drawn * (config.theft_max_share - config.theft_min_share)
    thirds = np.where(drawn < 1 / 2, 1 / 3, 2 / 3)
    return (
        np.where(steals, began, NEVER).astype(np.int32),
        method,
        np.where(method == PARTIAL_PHASE, thirds, share),
    )


class _Lifecycles:
    """Failures, replacements, disconnections and changes of schedule of n places, month by month."""

    def __init__(self, config: MeteringConfig, axis: MonthAxis, count: int) -> None:
        self._config = config
        self._axis = axis
        self._sequence = np.zeros(count, dtype=np.int64)
        self._busy_until = np.full(count, -1, dtype=np.int64)
        self._swaps: list[tuple[NDArray[np.int64], ...]] = []
        self.moved_on = np.full(count, NEVER, dtype=np.int32)
        self.cut_on = np.full(count, NEVER, dtype=np.int32)

    def live(self, month: int, draw: _Draw) -> None:
        """Simulate a month. At most one meter is replaced per place and month."""
        config, axis = self._config, self._axis
        begins, ends = axis.first_day(month), axis.first_day(month + 1)
        drawn = draw("event")
        is_free = (
            (self._busy_until < begins * SECONDS_PER_DAY)
            & (self.cut_on == NEVER)
            & (self._sequence < MAX_SEQUENCE)
        )
        fails = is_free & (drawn < config.failure_rate)
        replaced = config.failure_rate + config.replacement_rate
        is_replaced = is_free & ~fails & (drawn < replaced)
        is_cut = is_free & ~fails & ~is_replaced & (drawn < replaced + config.disconnection_rate)
        if month > 0:
            self.cut_on[is_cut] = begins
            moves = (draw("move") < config.schedule_change_rate) & (self.cut_on == NEVER)
            self.moved_on[moves & (self.moved_on == NEVER)] = begins
        rows = np.flatnonzero(fails | is_replaced)
        if len(rows) == 0:
            return
        hours = (draw("event.hour")[rows] * (ends - begins) * _HOURS_PER_DAY).astype(np.int64)
        on_the_hour = begins * SECONDS_PER_DAY + hours * _SECONDS_PER_HOUR
        waits = config.failure_min_days + draw("event.wait")[rows] * (
            config.failure_max_days - config.failure_min_days + 1
        )
        minute = 1 + (draw("event.minute")[rows] * _MINUTES).astype(np.int64)
        failed_at = np.where(fails[rows], on_the_hour, NEVER_AT)
        wait = np.where(fails[rows], waits.astype(np.int64) * SECONDS_PER_DAY, 0)
        removed_at = on_the_hour + wait + minute * 60
        is_frozen = draw("event.frozen")[rows] < config.failure_frozen_share
        self._swaps.append(
            (rows, self._sequence[rows], failed_at, is_frozen.astype(np.int64), removed_at)
        )
        self._sequence[rows] += 1
        self._busy_until[rows] = removed_at

    def meters(self, opened_on: NDArray[np.int32]) -> Meters:
        """Return all meters, past and present, by place and sequence."""
        count = len(opened_on)
        last = (
            np.arange(count),
            self._sequence,
            np.full(count, NEVER_AT),
            np.zeros(count, dtype=np.int64),
            np.full(count, NEVER_AT),
        )
        place, sequence, failed_at, is_frozen, removed_at = (
            np.concatenate(parts) for parts in zip(*self._swaps, last, strict=True)
        )
        order = np.lexsort((sequence, place))
        place, sequence, removed_at = place[order], sequence[order], removed_at[order]
        installed_at = np.empty(len(place), dtype=np.int64)
        installed_at[1:] = removed_at[:-1]
        is_first = sequence == 0
        opened_at = opened_on[place[is_first]].astype(np.int64) * SECONDS_PER_DAY
        installed_at[is_first] = opened_at + _OFFICE_HOUR * _SECONDS_PER_HOUR
        return Meters(
            place=place,
            sequence=sequence,
            installed_at=installed_at,
            failed_at=failed_at[order],
            is_frozen=is_frozen[order].astype(np.bool_),
            removed_at=removed_at,
        )
