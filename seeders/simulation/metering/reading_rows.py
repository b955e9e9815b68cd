"""A month's readings as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.metering.facts import NO_VALUE, QUALITIES, SECONDS_PER_HOUR
from seeders.simulation.metering.meter_numbers import Numbers
from seeders.simulation.months import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.metering.facts import HourlyReadings, ReceivedReadings
    from seeders.simulation.metering.run import Run

READINGS: Final = "raw_metering.readings"

_ENERGY_DIGITS: Final = 3
_MICROSECONDS: Final = 1_000_000

_Number = TypeVar("_Number", bound=np.number)


@dataclass(frozen=True)
class Readings(Arrays):
    """n readings.

    Attributes:
        number: Position of the number each carries.
        at: The microsecond at which its hour begins, in DuckDB's unit.
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
        # DuckDB does not accept nulls in a dictionary: they go into the index
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
    run: Run, readings: HourlyReadings, received: ReceivedReadings, batch: int
) -> tuple[list[pa.RecordBatch], pa.RecordBatch]:
    """Write a month's readings.

    Args:
        run: The run and the month.
        readings: What the meters report.
        received: What arrives of it.
        batch: Number of the month's batch.

    Returns:
        Rows of this batch, and those that arrive with the next one.
    """
    numbers, swaps = Numbers(run, readings), readings.swaps
    begins_at = run.calendar.first_day * SECONDS_PER_DAY
    at = (begins_at + np.arange(run.calendar.hours) * SECONDS_PER_HOUR) * _MICROSECONDS
    matrix = received.matrix
    there = pa.Array.from_buffers(pa.bool_(), matrix.arrives.size, [None, _bits(matrix.arrives)])

    def arriving(values: NDArray[_Number]) -> NDArray[_Number]:
        # Arrow filters a matrix faster than NumPy
        narrowed: NDArray[_Number] = pa.array(values.ravel()).filter(there).to_numpy()
        return narrowed

    by_hour = Readings(
        arriving(numbers.by_hour(received)),
        arriving(np.tile(at, len(matrix.kwh))),
        arriving(matrix.kwh),
        arriving(matrix.voltage),
        arriving(matrix.quality),
    )
    extra = received.extra
    besides = Readings(
        numbers.in_force(extra.meter, extra.hour).astype(np.int32),
        at[extra.hour],
        extra.kwh,
        extra.voltage,
        extra.quality,
    )
    # what a removed meter still reported for its last hour
    split = Readings(
        numbers.at_first[swaps.place].astype(np.int32),
        at[swaps.hour],
        swaps.kwh,
        readings.voltage[swaps.place, swaps.hour],
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
    """Pack flags into bits as Arrow does."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))
