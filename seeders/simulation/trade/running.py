"""Running totals by key, and their value on any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPAN: Final = 2**31
"""More than any day number, so that key and day make one sortable number."""


@dataclass(frozen=True)
class Running:
    """Amounts by key and day, in order, with their running totals.

    Attributes:
        place: Key and day of each amount as one number, ascending.
        sums: The sum of all amounts before each, and of all at the end: one more than there are.
    """

    place: NDArray[np.int64]
    sums: NDArray[np.int64]

    @classmethod
    def of(cls, key: NDArray[np.integer], day: NDArray[np.int32], cents: NDArray[np.int64]) -> Self:
        """Put amounts in order.

        Args:
            key: What each of k amounts belongs to, a whole number from 0.
            day: Day of each.
            cents: The amounts, of either sign.

        Returns:
            The running sums.
        """
        place = key.astype(np.int64) * _SPAN + day
        order = np.argsort(place, kind="stable")
        sums = np.concatenate([[0], np.cumsum(cents[order])]).astype(np.int64)
        return cls(place[order], sums)

    def at(self, key: NDArray[np.integer], day: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the total of each key up to the end of a day.

        Args:
            key: n keys.
            day: n days.

        Returns:
            n sums.
        """
        begins = key.astype(np.int64) * _SPAN
        sums: NDArray[np.int64] = (
            self.sums[np.searchsorted(self.place, begins + day, side="right")]
            - self.sums[np.searchsorted(self.place, begins)]
        )
        return sums

    @property
    def key(self) -> NDArray[np.int64]:
        """The key of each amount."""
        return self.place // _SPAN

    @property
    def day(self) -> NDArray[np.int64]:
        """The day of each amount."""
        return self.place % _SPAN

    @property
    def after(self) -> NDArray[np.int64]:
        """The total of the key after each amount."""
        begins = np.searchsorted(self.place, self.key * _SPAN)
        within: NDArray[np.int64] = self.sums[1:] - self.sums[begins]
        return within
