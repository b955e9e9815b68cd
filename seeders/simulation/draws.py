"""Numbers of days, and waiting times until an event, from draws in [0, 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DAYS_PER_YEAR: Final = 365.25


def whole_days(drawn: NDArray[np.float64], earliest: int, latest: int) -> NDArray[np.int32]:
    """Turn draws into whole numbers of days, both ends included."""
    days: NDArray[np.int32] = (earliest + drawn * (latest - earliest + 1)).astype(np.int32)
    return days


def waiting_days(drawn: NDArray[np.float64], annual_share: float) -> NDArray[np.int32]:
    """Turn draws into the days until an event that happens to a given share of those at risk each year.

    Args:
        drawn: n draws.
        annual_share: The share, below 1.

    Returns:
        n numbers of days; `NEVER` for all where the share is 0, at most half of it otherwise.
    """
    if annual_share == 0:
        return np.full(len(drawn), NEVER, dtype=np.int32)
    years = np.log1p(-drawn) / np.log1p(-annual_share)
    days: NDArray[np.int32] = np.minimum(years * _DAYS_PER_YEAR, NEVER // 2).astype(np.int32)
    return days
