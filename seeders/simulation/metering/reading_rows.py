"""A month's readings as rows, and what befell them as rows of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

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
    from seeders.simulation.metering.energy import Energy
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.readings import Told
    from seeders.simulation.metering.run import Run

READINGS: Final = "raw_metering.readings"
READING_FAULTS: Final = "ground_truth.reading_faults"
METER_MONTHS: Final = "ground_truth.meter_months"

_ENERGY_DIGITS: Final = 3
_MICROSECONDS: Final = 1_000_000

_Number = TypeVar("_Number", bound=np.number)


@dataclass(frozen=True)
class Numbers:
    """The numbers of a run's meters in a month, as positions in the directory of all meters."""

    run: Run
    told: Told

    @cached_property
    def at_first(self) -> NDArray[np.int64]:
        """Give the number of each of the N meters that are there when the month begins."""
        run, directory = self.run, self.run.directory
        feeders = directory.feeders_from + run.first_feeder + np.arange(run.feeders)
        return np.concatenate([directory.first[run.places.number] + self.told.sequence, feeders])

    def in_force(self, meter: NDArray[np.int64], hour: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the number that meters have in an hour each."""
        found: NDArray[np.int64] = self.at_first[meter]
        for place, since in zip(self.told.swaps.place, self.told.swaps.hour, strict=True):
            found[(meter == place) & (hour >= since)] += 1
        return found

    def by_hour(self, dirty: Dirty) -> NDArray[np.int32]:
        """Give the number that each reading carries, N x H."""
        swaps = self.told.swaps
        hours = self.run.calendar.hours
        carried = np.repeat(self.at_first.astype(np.int32)[:, None], hours, axis=1)
        for place, since in zip(swaps.place, swaps.hour, strict=True):
            carried[place, since:] += 1
        meter, hour, bearer = dirty.strays
        carried[meter, hour] = self.in_force(bearer, hour)
        return carried


@dataclass(frozen=True)
class Readings(Arrays):
    """n readings.

    Attributes:
        number: Position of the number each carries.
        at: The microsecond its hour begins, as DuckDB counts.
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
        coded = pa.Array.from_buffers(
            pa.int8(),
            len(self.quality),
            [_bits(self.quality > 0), pa.py_buffer(np.maximum(self.quality, 1) - np.int8(1))],
        )
        return pa.record_batch(
            {
                "meter_number": pa.DictionaryArray.from_arrays(
                    pa.array(self.number), numbers, safe=False
                ),
                "read_at": pa.array(self.at).view(pa.timestamp("us")),
                "kwh": _decimals(self.kwh),
                "voltage": _decimals(self.voltage),
                "quality": pa.DictionaryArray.from_arrays(
                    coded, pa.array(QUALITIES[1:]), safe=False
                ),
                "_batch_no": columns.constant_number(batch, len(self.number)),
            }
        )


def reading_rows(
    run: Run, told: Told, dirty: Dirty, batch: int
) -> tuple[list[pa.RecordBatch], pa.RecordBatch]:
    """Write a month's readings.

    Args:
        run: The run and the month.
        told: What the meters registered.
        dirty: What arrives of it.
        batch: Number of the month's batch.

    Returns:
        Rows of this batch, and those that come with the next one.
    """
    numbers, swaps = Numbers(run, told), told.swaps
    begins_at = run.calendar.first_day * SECONDS_PER_DAY
    at = (begins_at + np.arange(run.calendar.hours) * SECONDS_PER_HOUR) * _MICROSECONDS
    sheet = dirty.sheet
    there = pa.Array.from_buffers(pa.bool_(), sheet.arrives.size, [None, _bits(sheet.arrives)])

    def arriving(values: NDArray[_Number]) -> NDArray[_Number]:
        # Arrow narrows a matrix down faster than NumPy
        narrowed: NDArray[_Number] = pa.array(values.ravel()).filter(there).to_numpy()
        return narrowed

    by_hour = Readings(
        arriving(numbers.by_hour(dirty)),
        arriving(np.tile(at, len(sheet.kwh))),
        arriving(sheet.kwh),
        arriving(sheet.voltage),
        arriving(sheet.quality),
    )
    extra = dirty.extra
    besides = Readings(
        numbers.in_force(extra.meter, extra.hour).astype(np.int32),
        at[extra.hour],
        extra.kwh,
        extra.voltage,
        extra.quality,
    )
    # what a removed meter still reported of that hour
    split = Readings(
        numbers.at_first[swaps.place].astype(np.int32),
        at[swaps.hour],
        swaps.kwh,
        told.voltage[swaps.place, swaps.hour],
        np.zeros(len(swaps.place), dtype=np.int8),
    )
    text = run.directory.text
    now = [by_hour, besides.select(~extra.is_next), split]
    return (
        [these.rows(text, batch) for these in now],
        besides.select(extra.is_next).rows(text, batch + 1),
    )


def _decimals(units: NDArray[np.int32]) -> pa.Array:
    is_there = units != NO_VALUE
    values = units.astype(np.int64)
    kind = pa.decimal64(18, _ENERGY_DIGITS)
    valid = None if is_there.all() else _bits(is_there)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    """Write flags as Arrow does."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


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
            numbers.at_first[swaps.place],
            numbers.in_force(changed.meter, changed.hour),
        ]
    )
    every = Spells.concatenate([spells, replaced, changed])
    failed = meters.select((meters.failed_at >= begins_at) & (meters.failed_at < ends_at))
    # the hour of the replacement is reported in part, so it is not one of the dead ones
    dead_until = failed.removed_at // SECONDS_PER_HOUR * SECONDS_PER_HOUR
    starts = np.concatenate([begins_at + every.hour * SECONDS_PER_HOUR, failed.failed_at])
    hours = np.concatenate([every.hours, (dead_until - failed.failed_at) // SECONDS_PER_HOUR])
    fault = np.concatenate([every.fault, np.full(len(failed.place), FAULTS.index("failure"))])
    of_failed = run.directory.first[run.places.number[failed.place]] + failed.sequence
    number = np.concatenate([meter, of_failed])
    return pa.record_batch(
        {
            "meter_number": pa.DictionaryArray.from_arrays(
                pa.array(number.astype(np.int32)), run.directory.text
            ),
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
