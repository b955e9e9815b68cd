"""Months of a simulation by number, and days as whole numbers since 1970-01-01.

Dates are computed as arrays of day numbers, which Arrow reads as dates without conversion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER: Final = 2**30
"""A day that no simulation reaches: an event with this date does not happen."""

SECONDS_PER_DAY: Final = 86_400

_EPOCH: Final = date(1970, 1, 1)


def to_date(day: int) -> date:
    """Turn a day number into a date.

    Args:
        day: Days since 1970-01-01.

    Returns:
        The date.
    """
    return _EPOCH + timedelta(days=day)


def to_day(when: date) -> int:
    """Turn a date into its day number.

    Args:
        when: The date.

    Returns:
        Days since 1970-01-01.
    """
    return (when - _EPOCH).days


def or_never(happens: NDArray[np.bool_], days: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return the day of each event that happens, and `NEVER` for those that do not."""
    return np.where(happens, days, NEVER).astype(np.int32)


@dataclass(frozen=True)
class MonthAxis:
    """Numbers months from 0, the first simulated one."""

    first_month: date

    def first_day(self, month: int) -> int:
        """Return the day number of the first day of a month."""
        return int((self._origin + month).astype("datetime64[D]").astype(np.int64))

    def last_day(self, month: int) -> int:
        """Return the day number of the last day of a month."""
        return self.first_day(month + 1) - 1

    def month_of(self, days: NDArray[np.int32]) -> NDArray[np.int32]:
        """Number the months that days fall into; negative before the first one.

        Args:
            days: Day numbers.

        Returns:
            Month numbers, of the same shape.
        """
        months = days.astype("datetime64[D]").astype("datetime64[M]")
        return (months - self._origin).astype(np.int32)

    def month_end(self, days: NDArray[np.int32]) -> NDArray[np.int32]:
        """Find the last day of the month that each day falls into."""
        following = days.astype("datetime64[D]").astype("datetime64[M]") + 1
        return following.astype("datetime64[D]").astype(np.int32) - 1

    def nth_day(
        self, months: NDArray[np.int32], day_of_month: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Find a day of each month, or the month's last day where it is shorter.

        Args:
            months: Month numbers.
            day_of_month: From 1 to 31, of the same shape.

        Returns:
            Day numbers.
        """
        starts = (self._origin + months).astype("datetime64[D]").astype(np.int32)
        ends = (self._origin + (months + 1)).astype("datetime64[D]").astype(np.int32)
        days: NDArray[np.int32] = np.minimum(starts + day_of_month, ends) - 1
        return days

    def label(self, month: int) -> str:
        """Write a month as YYYY-MM."""
        return f"{to_date(self.first_day(month)):%Y-%m}"

    def number(self, first_day: date) -> int:
        """Number the month that begins on a date."""
        return (
            (first_day.year - self.first_month.year) * 12 + first_day.month - self.first_month.month
        )

    @property
    def _origin(self) -> np.datetime64:
        return np.datetime64(self.first_month, "M")
