"""How many customers there are by month: they are numbered in the order of the months they join.

The schedule is fixed by the configuration and open-ended, so that a customer's number, and with it every draw made
for them, is the same however many months are simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import SubscriptionConfig

BASE: Final = -1
"""The cohort of those who joined before the first month."""

_MONTHS_PER_YEAR: Final = 12


@dataclass(frozen=True)
class Population:
    """Counts customers by cohort: the base first, then one cohort a month.

    Within a cohort subscribers come first, then leads.
    """

    config: SubscriptionConfig

    def size(self, months: int) -> int:
        """Count the customers ever created by the end of this many months.

        Args:
            months: How many months have passed; 0 counts the base alone.

        Returns:
            The number of customers, leads included.
        """
        return self._subscribers(months) + self._leads(months)

    def cohorts(
        self, start: int, stop: int, months: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return the cohort and kind of a run of customers.

        Args:
            start: Number of the first customer, from 0.
            stop: Number after the last customer, at most `size(months)`.
            months: How many months have passed.

        Returns:
            The month each customer is created in (`BASE` before the first), and whether they are
            a lead.
        """
        ends = np.array([self.size(passed) for passed in range(months + 1)])
        subscribers = np.diff([self._subscribers(p) for p in range(months + 1)], prepend=0)
        numbers = np.arange(start, stop)
        cohort = np.searchsorted(ends, numbers, side="right")
        position = numbers - np.concatenate([[0], ends])[cohort]
        return (cohort + BASE).astype(np.int32), position >= subscribers[cohort]

    def _subscribers(self, months: int) -> int:
        return self._grown(self.config.customers, months)

    def _leads(self, months: int) -> int:
        return self._grown(round(self.config.customers * self.config.lead_share), months)

    def _grown(self, first_year: int, months: int) -> int:
        """Spread the joiners of a year evenly over its months, in whole customers."""
        joiners = round(first_year * self.config.joiner_share)
        return first_year - joiners + joiners * months // _MONTHS_PER_YEAR
