"""A run of places in one month, and draws for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.metering.grid import DAYS_DRAWN, Outages, draw_outages
from seeders.simulation.normal import normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.metering.changes import Changes
    from seeders.simulation.metering.grid import Calendar
    from seeders.simulation.metering.places import Directory, Places
    from seeders.streams import Streams

_PER_WORD: Final = 4
_REMEMBERED: Final = 7
"""A day's level is an average of the draws of this many days up to it."""


@dataclass(frozen=True)
class Run:
    """A run of consecutive places, of whole feeders, in one month.

    Attributes:
        config: How energy is used and stolen.
        streams: Where the draws come from.
        calendar: The month.
        places: The R places.
        changes: Their changes, in this month and others.
        directory: The numbers of all meters.
        first_feeder: Number of the first of their F feeders.
    """

    config: MeteringConfig
    streams: Streams
    calendar: Calendar
    places: Places
    changes: Changes
    directory: Directory
    first_feeder: int

    @property
    def start(self) -> int:
        """Number of the first place."""
        return self.first_feeder * self.config.meters_per_feeder

    @property
    def size(self) -> int:
        """The number of places."""
        return len(self.places.number)

    @property
    def feeders(self) -> int:
        """The number of feeders."""
        return -(-self.size // self.config.meters_per_feeder)

    @cached_property
    def feeder(self) -> NDArray[np.int64]:
        """Position of each place's feeder."""
        return self.places.feeder - self.first_feeder

    @cached_property
    def outages(self) -> Outages:
        """The month's outages."""
        return draw_outages(
            self.config, self.streams, self.calendar, self.first_feeder, self.feeders
        )

    @cached_property
    def minutes_out(self) -> NDArray[np.uint8]:
        """F x H minutes of interruption."""
        return self.outages.minutes(self.feeders, self.calendar.hours)

    @cached_property
    def minutes_sagging(self) -> NDArray[np.uint8]:
        """F x H minutes in which the voltage sags."""
        return self.outages.minutes(self.feeders, self.calendar.hours, sags=True)

    def draw(self, stream: str, width: int = 1) -> NDArray[np.float64]:
        """Draw `width` numbers for each place this month, R x width."""
        drawn = self.streams.uniform(
            f"metering.{stream}", self.start * width, self.size * width, self.calendar.month
        )
        return drawn.reshape(self.size, width)


def hour_words(run: Run, stream: str, start: int, count: int) -> NDArray[np.uint16]:
    """Draw 16 bits for each hour of consecutive meters.

    Args:
        run: The run.
        stream: What is drawn.
        start: Number of the first meter.
        count: How many meters.

    Returns:
        count x H numbers.
    """
    words = run.calendar.hours // _PER_WORD
    drawn = run.streams.words(
        f"metering.{stream}", start * words, count * words, run.calendar.month
    )
    # an explicit byte order: the same draws on every machine
    return drawn.astype("<u8").view("<u2").reshape(count, run.calendar.hours)


def related_days(run: Run, stream: str, start: int, count: int) -> NDArray[np.float64]:
    """Return factors of mean 1 for days, correlated from day to day, also across months.

    Args:
        run: The run.
        stream: What is drawn.
        start: Number of the first entity.
        count: How many entities.

    Returns:
        count x D factors.
    """
    config, calendar = run.config, run.calendar

    def drawn(month: int) -> NDArray[np.float64]:
        # the month before the first has draws, too
        return normal(
            run.streams.uniform(
                f"metering.{stream}", start * DAYS_DRAWN, count * DAYS_DRAWN, month + 1
            ).reshape(count, DAYS_DRAWN)
        )

    days_before = calendar.first_day - calendar.axis.first_day(calendar.month - 1)
    earlier = drawn(calendar.month - 1)[:, days_before - _REMEMBERED + 1 : days_before]
    moods = np.concatenate([earlier, drawn(calendar.month)[:, : calendar.days]], axis=1)
    weights = config.day_memory ** np.arange(_REMEMBERED)
    weights /= np.sqrt((weights**2).sum())
    level = np.zeros((count, calendar.days))
    for ago, weight in enumerate(weights):
        begins = _REMEMBERED - 1 - ago
        level += weight * moods[:, begins : begins + calendar.days]
    spread = config.day_spread
    return np.exp(spread * level - spread**2 / 2)
