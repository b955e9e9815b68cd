"""Billing cycles: of equal length, the same for all accounts, and independent of months."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.months import to_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import UtilityConfig

_DAYS_PER_YEAR: Final = 365.2425
_MIDDLE_OF_MONTH: Final = 15


@dataclass(frozen=True)
class Cycles:
    """Numbers cycles from 0. Days are numbers since 1970-01-01."""

    config: UtilityConfig

    def begins(self, cycle: int) -> int:
        """Return the first day of a cycle."""
        return to_day(self.config.first_day) + cycle * self.config.cycle_days

    def first_days(self, cycle: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the first day of each cycle."""
        return np.int32(self.begins(0)) + cycle * np.int32(self.config.cycle_days)

    def ends(self, cycle: int) -> int:
        """Return the last day of a cycle."""
        return self.begins(cycle + 1) - 1

    def begun_by(self, day: int) -> int:
        """Count the cycles that have begun by a day."""
        return max(0, (day - self.begins(0)) // self.config.cycle_days + 1)

    def season(self, cycle: int) -> float:
        """Return the factor by which the season multiplies the usage of a cycle."""
        middle = self.begins(cycle) + self.config.cycle_days / 2
        peak = to_day(date(1970, self.config.peak_month, _MIDDLE_OF_MONTH))
        turn = 2 * math.pi * (middle - peak) / _DAYS_PER_YEAR
        return 1 + self.config.seasonal_swing * math.cos(turn)
