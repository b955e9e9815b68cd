"""Which meter is in force at a place, and the number it carries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.metering.grid import HOURS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.metering.facts import HourlyReadings, ReceivedReadings
    from seeders.simulation.metering.run import Run


@dataclass(frozen=True)
class Numbers:
    """The meter numbers of a run in a month, as positions in the directory of all meters."""

    run: Run
    readings: HourlyReadings

    @cached_property
    def at_first(self) -> NDArray[np.int64]:
        """The number of each of the N meters at the beginning of the month."""
        run, directory = self.run, self.run.directory
        feeders = directory.feeders_from + run.first_feeder + np.arange(run.feeders)
        return np.concatenate(
            [directory.first[run.places.number] + self.readings.sequence, feeders]
        )

    def in_force(self, meter: NDArray[np.int64], hour: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the number in force at each meter in an hour."""
        found: NDArray[np.int64] = self.at_first[meter]
        for place, since in zip(self.readings.swaps.place, self.readings.swaps.hour, strict=True):
            found[(meter == place) & (hour >= since)] += 1
        return found

    def by_hour(self, received: ReceivedReadings) -> NDArray[np.int32]:
        """Return the number that each reading carries, N x H."""
        swaps = self.readings.swaps
        hours = self.run.calendar.hours
        carried = np.repeat(self.at_first.astype(np.int32)[:, None], hours, axis=1)
        for place, since in zip(swaps.place, swaps.hour, strict=True):
            carried[place, since:] += 1
        meter, hour, bearer = received.misattributed
        carried[meter, hour] = self.in_force(bearer, hour)
        return carried


def sequence_on(
    run: Run, readings: HourlyReadings, rows: NDArray[np.int64], day: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Find the sequence of the meter in force at each place when a day begins."""
    sequence = readings.sequence[rows]
    hour = (day.astype(np.int64) - run.calendar.first_day) * HOURS_PER_DAY
    for place, since in zip(readings.swaps.place, readings.swaps.hour, strict=True):
        sequence[(rows == place) & (hour >= since)] += 1
    return sequence
