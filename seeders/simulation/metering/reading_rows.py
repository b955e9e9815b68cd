"""A month's readings as rows, and what befell them as rows of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.faults.metering import FAULTS, Spells
from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.metering import names
from seeders.simulation.metering.readings import (
    NO_VALUE,
    QUALITIES,
    SECONDS_PER_HOUR,
)
from seeders.simulation.months import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.faults.metering import Dirty
    from seeders.simulation.metering.energy import Energy, Run
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.readings import Told

READINGS: Final = "raw_metering.readings"
READING_FAULTS: Final = "ground_truth.reading_faults"
METER_MONTHS: Final = "ground_truth.meter_months"

_ENERGY_DIGITS: Final = 3


@dataclass(frozen=True)
class Numbers:
    """The numbers of a run's meters in a month: N of those there when it begins, then S that replace some."""

    run: Run
    told: Told

    @property
    def count(self) -> int:
        """N."""
        return len(self.told.kwh)

    def text(self) -> pa.Array:
        """Write all N + S of them."""
        run, told = self.run, self.told
        feeder = run.first_feeder + np.arange(run.feeders)
        number = run.places.number
        swaps = told.swaps
        return pa.concat_arrays(
            [
                names.of_meter(names.METER_NUMBER, number, told.sequence),
                names.of_meter(names.FEEDER_METER_NUMBER, feeder, np.zeros_like(feeder)),
                names.of_meter(names.METER_NUMBER, number[swaps.place], swaps.sequence + 1),
            ]
        )

    def in_force(self, meter: NDArray[np.int64], hour: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the position of the number that meters have in an hour each."""
        found = meter.copy()
        for swap, (place, since) in enumerate(
            zip(self.told.swaps.place, self.told.swaps.hour, strict=True)
        ):
            found[(meter == place) & (hour >= since)] = self.count + swap
        return found


@dataclass(frozen=True)
class Readings(Arrays):
    """n readings.

    Attributes:
        number: Position of the number each carries.
        at: The second its hour begins.
        kwh: Watt-hours, `NO_VALUE` where there is none.
        voltage: Thousandths of a volt, likewise.
        quality: Position in `QUALITIES`.
    """

    number: NDArray[np.int32]
    at: NDArray[np.int64]
    kwh: NDArray[np.int32]
    voltage: NDArray[np.int32]
    quality: NDArray[np.int8]

    def rows(self, numbers: pa.Array, batch: int) -> pa.RecordBatch:
        """Write them as rows of `raw_metering.readings`."""
        # a dictionary may hold a null, a dictionary column of DuckDB may not: nulls go into the index
        is_coded = self.quality > 0
        coded = pa.array(np.maximum(self.quality, 1) - 1, mask=~is_coded)
        return pa.record_batch(
            {
                "meter_number": pa.DictionaryArray.from_arrays(pa.array(self.number), numbers),
                "read_at": columns.timestamps(self.at),
                "kwh": _decimals(self.kwh),
                "voltage": _decimals(self.voltage),
                "quality": pa.DictionaryArray.from_arrays(coded, pa.array(QUALITIES[1:])),
                "_batch_no": columns.constant_number(batch, len(self.number)),
            }
        )


def reading_rows(
    run: Run, told: Told, dirty: Dirty, batch: int
) -> tuple[list[pa.RecordBatch], pa.RecordBatch]:
    """Write a month's readings.

    Args:
        run: The run and the month.
        told: What was there to tell.
        dirty: What arrives of it.
        batch: Number of the month's batch.

    Returns:
        Rows of this batch, and those that come with the next one.
    """
    numbers, swaps = Numbers(run, told), told.swaps
    text = numbers.text()
    hours = np.arange(run.calendar.hours)
    for swap, (place, since) in enumerate(zip(swaps.place, swaps.hour, strict=True)):
        # a wrong number is one of the same feeder
        begins = int(run.feeder[place]) * run.config.meters_per_feeder
        near = dirty.bearer[begins : begins + run.config.meters_per_feeder]
        near[(near == place) & (hours >= since)] = numbers.count + swap
    begins_at = run.calendar.first_day * SECONDS_PER_DAY
    at = np.broadcast_to(begins_at + hours * SECONDS_PER_HOUR, dirty.kwh.shape)
    by_hour = Readings(dirty.bearer, at, dirty.kwh, dirty.voltage, dirty.quality)
    extra = dirty.extra
    besides = Readings(
        numbers.in_force(extra.meter, extra.hour).astype(np.int32),
        begins_at + extra.hour * SECONDS_PER_HOUR,
        extra.kwh,
        extra.voltage,
        extra.quality,
    )
    # what a meter that is taken down has still told of that hour
    split = Readings(
        swaps.place.astype(np.int32),
        begins_at + swaps.hour * SECONDS_PER_HOUR,
        swaps.kwh,
        told.voltage[swaps.place, swaps.hour],
        np.zeros(len(swaps.place), dtype=np.int8),
    )
    now = [by_hour.select(dirty.arrives), besides.select(~extra.is_next), split]
    return (
        [these.rows(text, batch) for these in now],
        besides.select(extra.is_next).rows(text, batch + 1),
    )


def _decimals(units: NDArray[np.int32]) -> pa.Array:
    is_there = units != NO_VALUE
    values = units.astype(np.int64)
    kind = pa.decimal64(18, _ENERGY_DIGITS)
    valid = None if is_there.all() else pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


def fault_rows(run: Run, told: Told, spells: Spells, meters: Meters) -> pa.RecordBatch:
    """Write what befell a month's readings, failures and replacements of the month among it.

    Args:
        run: The run and the month.
        told: Its readings.
        spells: What was injected.
        meters: All meters of the run's places.
    """
    numbers, calendar = Numbers(run, told), run.calendar
    begins_at = np.int64(calendar.first_day * SECONDS_PER_DAY)
    ends_at = begins_at + calendar.hours * SECONDS_PER_HOUR
    swaps = told.swaps
    one = np.ones(len(swaps.place), dtype=np.int64)
    replaced = Spells(
        meter=swaps.place,
        fault=np.full(len(one), FAULTS.index("replacement"), dtype=np.int8),
        hour=swaps.hour,
        hours=one,
    )
    moved = np.flatnonzero(run.places.moved_on == calendar.first_day)
    changed = Spells(
        meter=moved,
        fault=np.full(len(moved), FAULTS.index("tariff_change"), dtype=np.int8),
        hour=np.zeros(len(moved), dtype=np.int64),
        hours=np.zeros(len(moved), dtype=np.int64),
    )
    meter = np.concatenate(
        [
            numbers.in_force(spells.meter, spells.hour),
            swaps.place,
            numbers.in_force(changed.meter, changed.hour),
        ]
    )
    every = Spells.concatenate([spells, replaced, changed])
    failed = meters.select((meters.failed_at >= begins_at) & (meters.failed_at < ends_at))
    # the hour of the replacement is told in part, so it is none of the dead ones
    dead_until = failed.removed_at // SECONDS_PER_HOUR * SECONDS_PER_HOUR
    starts = np.concatenate([begins_at + every.hour * SECONDS_PER_HOUR, failed.failed_at])
    hours = np.concatenate([every.hours, (dead_until - failed.failed_at) // SECONDS_PER_HOUR])
    fault = np.concatenate([every.fault, np.full(len(failed.place), FAULTS.index("failure"))])
    text = pa.concat_arrays(
        [
            numbers.text().take(pa.array(meter)),
            names.of_meter(names.METER_NUMBER, run.places.number[failed.place], failed.sequence),
        ]
    )
    return pa.record_batch(
        {
            "meter_number": text,
            "fault": columns.choice(FAULTS, fault.astype(np.int8)),
            "starts_at": columns.timestamps(starts),
            "ends_at": columns.timestamps(starts + hours * SECONDS_PER_HOUR),
            "hours": pa.array(hours.astype(np.int32)),
        }
    )


def month_rows(run: Run, energy: Energy, told: Told) -> pa.RecordBatch:
    """Write what was used, registered and stolen through each meter in a month."""
    swaps, number = told.swaps, run.places.number
    used = energy.used.sum(axis=1, dtype=np.int64)
    registered = energy.registered.sum(axis=1, dtype=np.int64)
    old_used = np.empty(len(swaps.place), dtype=np.int64)
    old_registered = np.empty(len(swaps.place), dtype=np.int64)
    for swap, (place, hour) in enumerate(zip(swaps.place, swaps.hour, strict=True)):
        old_used[swap] = energy.used[place, :hour].sum(dtype=np.int64) + swaps.used[swap]
        before = energy.registered[place, :hour].sum(dtype=np.int64)
        old_registered[swap] = before + swaps.registered[swap]
    used[swaps.place] -= old_used
    registered[swaps.place] -= old_registered
    sequence = told.sequence.copy()
    sequence[swaps.place] += 1
    meter_id = pa.concat_arrays(
        [
            names.of_meter(names.METER, number, sequence),
            names.of_meter(names.METER, number[swaps.place], swaps.sequence),
        ]
    )
    used, registered = (
        np.concatenate(pair) for pair in ((used, old_used), (registered, old_registered))
    )
    month = np.full(len(used), run.calendar.first_day, dtype=np.int32)
    return pa.record_batch(
        {
            "meter_id": meter_id,
            "month": columns.days(month),
            "used_kwh": columns.decimals(used, _ENERGY_DIGITS),
            "registered_kwh": columns.decimals(registered, _ENERGY_DIGITS),
            "stolen_kwh": columns.decimals(used - registered, _ENERGY_DIGITS),
        }
    )
