"""Energy, readings, injected faults and bills of a month, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from seeders.simulation.arrays import Arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Triples: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

QUALITIES: Final = (None, "estimated", "no_signal", "reverse", "tamper")
FINE, ESTIMATED, NO_SIGNAL, REVERSE, TAMPER = range(len(QUALITIES))

SECONDS_PER_HOUR: Final = 3_600
NO_VALUE: Final = np.int32(-(2**31))
"""Marks a value that the head-end system does not have."""

VOLT: Final = 1_000
NOMINAL: Final = 230
"""Nominal volts of the supply; voltages are held in thousandths."""

FAULTS: Final = (
    "missing",
    "negative",
    "zero_run",
    "spike",
    "voltage_sag",
    "signal_drop",
    "tamper",
    "reverse_energy",
    "duplicate",
    "late_arrival",
    "wrong_meter",
    "failure",
    "replacement",
    "tariff_change",
)
TAMPERINGS: Final = ("cover_open", "magnetic_field", "neutral_disturbance", "terminal_open")

RIGHT, GHOST, UNBILLED, OVER_BILLED, UNDER_BILLED, DISCONNECTED, NOT_DUE = range(7)
RULES: Final = (
    "",
    "ghost",
    "unbilled_usage",
    "over_billed",
    "under_billed",
    "billed_while_disconnected",
    "",
)


@dataclass(frozen=True)
class Energy:
    """Watt-hours of a run's month.

    Attributes:
        used: R x H, what was used.
        registered: R x H, what a faultless register counts; rollbacks are negative hours.
        stolen: R totals of what it does not count.
        fed: F x H, what was fed into the feeders.
    """

    used: NDArray[np.int32]
    registered: NDArray[np.int32]
    stolen: NDArray[np.int64]
    fed: NDArray[np.int32]


@dataclass(frozen=True)
class Swaps(Arrays):
    """k replacements of a month.

    Attributes:
        place: Position of the place in its run.
        sequence: Sequence of the meter removed.
        hour: The hour it happens in.
        minute: The minute of that hour.
        kwh: Watt-hours the old meter reported for that hour.
        used: Watt-hours used through it in that hour.
        registered: Watt-hours a faultless old meter would have reported.
    """

    place: NDArray[np.int64]
    sequence: NDArray[np.int64]
    hour: NDArray[np.int64]
    minute: NDArray[np.int64]
    kwh: NDArray[np.int32]
    used: NDArray[np.int32]
    registered: NDArray[np.int32]


@dataclass(frozen=True)
class HourlyReadings:
    """Readings of a run's N meters by hour, places first, then feeders, before any fault is injected.

    Attributes:
        kwh: N x H watt-hours.
        voltage: N x H thousandths of a volt.
        is_dead: N x H, whether the meter measures nothing because it failed or was disconnected.
        minutes_out: N x H minutes of interruption.
        sequence: R, sequence of the meter in force when the month begins.
        swaps: The replacements.
    """

    kwh: NDArray[np.int32]
    voltage: NDArray[np.int32]
    is_dead: NDArray[np.bool_]
    minutes_out: NDArray[np.uint8]
    sequence: NDArray[np.int64]
    swaps: Swaps


@dataclass(frozen=True)
class Spells(Arrays):
    """k spells of consecutive hours with a fault.

    Attributes:
        meter: Position of the meter in its run.
        fault: Position in `FAULTS`.
        hour: The first hour.
        hours: The number of hours.
    """

    meter: NDArray[np.int64]
    fault: NDArray[np.int8]
    hour: NDArray[np.int64]
    hours: NDArray[np.int64]


@dataclass(frozen=True)
class Extra(Arrays):
    """k readings in addition to the matrix of hours.

    Attributes:
        meter: Position of the meter whose number they carry.
        hour: The hour they are for.
        kwh: Watt-hours.
        voltage: Thousandths of a volt.
        quality: Position in `QUALITIES`.
        is_next: Whether they arrive with the next month's batch.
    """

    meter: NDArray[np.int64]
    hour: NDArray[np.int64]
    kwh: NDArray[np.int32]
    voltage: NDArray[np.int32]
    quality: NDArray[np.int8]
    is_next: NDArray[np.bool_]


@dataclass(frozen=True)
class ReadingMatrix:
    """A month's readings by meter and hour, N x H, changed in place as faults are injected.

    Attributes:
        kwh: Watt-hours, `NO_VALUE` where there is none.
        voltage: Thousandths of a volt, likewise.
        quality: Positions in `QUALITIES`.
        arrives: Whether there is a reading in this month's batch.
        in_run: Whether the hour belongs to a run of faulty hours.
    """

    kwh: NDArray[np.int32]
    voltage: NDArray[np.int32]
    quality: NDArray[np.int8]
    arrives: NDArray[np.bool_]
    in_run: NDArray[np.bool_]


@dataclass(frozen=True)
class ReceivedReadings:
    """A month's readings as they arrive, and the faults in them.

    Attributes:
        matrix: The readings by meter and hour.
        misattributed: Meter and hour of each reading that carries the number of another meter, and that meter.
        extra: Readings in addition to the matrix.
        spells: The faults.
        tamperings: Meter, hour and kind of each tampering event signalled.
    """

    matrix: ReadingMatrix
    misattributed: Triples
    extra: Extra
    spells: Spells
    tamperings: Triples


@dataclass(frozen=True)
class Metered(Arrays):
    """A month of n places as billing sees it.

    Attributes:
        watt_hours: What faultless registers counted.
        sequence: The meter in force when the month ends.
        is_disturbed: Whether a meter failed, was replaced or was rolled back in the month.
    """

    watt_hours: NDArray[np.int64]
    sequence: NDArray[np.int64]
    is_disturbed: NDArray[np.bool_]


@dataclass(frozen=True)
class Bills(Arrays):
    """The bills of n places and their payment.

    Attributes:
        place: Position of each one's place in its run.
        sequence: Sequence of the meter it names.
        fault: The fault injected, a position in `RULES`.
        watt_hours: The energy it charges.
        energy: Cents for energy.
        fixed: Cents of the fixed charge.
        tax: Cents of tax on both.
        duty: Cents of duty on energy.
        fee: Cents of the monthly fee.
        truth: Cents at stake because of the fault.
        paid_on: When it is paid, `NEVER` if it is not.
        paid: Cents paid.
        method: Method of payment, a position in `METHODS`.
    """

    place: NDArray[np.int64]
    sequence: NDArray[np.int64]
    fault: NDArray[np.int8]
    watt_hours: NDArray[np.int64]
    energy: NDArray[np.int64]
    fixed: NDArray[np.int64]
    tax: NDArray[np.int64]
    duty: NDArray[np.int64]
    fee: NDArray[np.int64]
    truth: NDArray[np.int64]
    paid_on: NDArray[np.int32]
    paid: NDArray[np.int64]
    method: NDArray[np.int8]

    @property
    def total(self) -> NDArray[np.int64]:
        """Cents of all charges."""
        return self.energy + self.fixed + self.tax + self.duty + self.fee
