"""The customers of a utility, and how they pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.columns import digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import UtilityConfig
    from seeders.streams import Streams

CUSTOMER_DIGITS: Final = 6
SEGMENTS: Final = ("Residential", "Commercial")

_RELIABILITY_DIGITS: Final = 6


@dataclass(frozen=True)
class Customers(Arrays):
    """n consecutive customers.

    Attributes:
        number: From 1.
        digits: Its six digits, n x 6.
        is_commercial: Whether they pay the commercial rate.
        reliability: The hidden r, from 0 to 1; it is written to the ground truth and nowhere else.
        mean_days: How many days late they pay on average.
        latest_days: How many days late they pay at most.
        gives_up: Whether they pay nothing at all instead of very late.
        late_share: The smallest share of a bill they pay when they are late.
        late_width: How much larger the share may be.
    """

    number: NDArray[np.int64]
    digits: NDArray[np.uint8]
    is_commercial: NDArray[np.bool_]
    reliability: NDArray[np.float64]
    mean_days: NDArray[np.float64]
    latest_days: NDArray[np.float64]
    gives_up: NDArray[np.bool_]
    late_share: NDArray[np.float64]
    late_width: NDArray[np.float64]


def draw_customers(config: UtilityConfig, streams: Streams, start: int, count: int) -> Customers:
    """Draw a run of customers.

    Args:
        config: How they are distributed.
        streams: Where the draws come from.
        start: Number of the first, from 0.
        count: How many.

    Returns:
        The customers, the same whichever run they are drawn in.
    """
    number = np.arange(start, start + count, dtype=np.int64) + 1
    # rounded to the digits of the truth, so that the truth is exactly what decides how they pay
    r = np.round(_reliability(config, streams, start, count), _RELIABILITY_DIGITS)
    is_good, is_fair = r > config.good_above, r > config.fair_above

    def by_reliability(good: float, fair: float, poor: float) -> NDArray[np.float64]:
        return np.where(is_good, good, np.where(is_fair, fair, poor))

    low = by_reliability(config.good_min_paid, config.fair_min_paid, config.poor_min_paid)
    high = by_reliability(config.good_max_paid, config.fair_max_paid, config.poor_max_paid)
    return Customers(
        number=number,
        digits=digits(number, CUSTOMER_DIGITS),
        is_commercial=streams.uniform("utility.segment", start, count) >= config.residential_share,
        reliability=r,
        mean_days=config.days_late_mean - config.days_late_slope * r,
        latest_days=(config.latest_base - r) * config.latest_scale,
        gives_up=r < config.unpaid_below,
        late_share=low,
        late_width=high - low,
    )


def _reliability(
    config: UtilityConfig, streams: Streams, start: int, count: int
) -> NDArray[np.float64]:
    low, medium = config.low_reliability_share, config.medium_reliability_share
    level = np.searchsorted(
        (low, low + medium), streams.uniform("utility.reliability.level", start, count), "right"
    )
    least = np.array(
        (config.low_reliability_min, config.medium_reliability_min, config.high_reliability_min)
    )
    most = np.array(
        (config.low_reliability_max, config.medium_reliability_max, config.high_reliability_max)
    )
    within = streams.uniform("utility.reliability", start, count)
    drawn: NDArray[np.float64] = least[level] + within * (most - least)[level]
    return drawn
