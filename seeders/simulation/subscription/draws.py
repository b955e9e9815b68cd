"""A month's draws for some of the subscriptions of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeders.simulation.subscription.lifecycles import SLOTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seeders.simulation.subscription.lifecycles import Lifecycles
    from seeders.streams import Streams


@dataclass(frozen=True)
class MonthDraws:
    """Draws from any stream, one for each of k rows.

    `position` is the position of each row's subscription in a stream, see `Subscriptions.draw`.
    """

    streams: Streams
    lifecycles: Lifecycles
    month: int
    position: NDArray[np.intp]

    def __call__(self, stream: str) -> NDArray[np.float64]:
        """Draw once for every row.

        Args:
            stream: What is drawn.

        Returns:
            k doubles in [0, 1).
        """
        customers = self.lifecycles.customers
        drawn = self.streams.uniform(
            stream, customers.start * SLOTS, len(customers.number) * SLOTS, self.month
        )
        return drawn[self.position]

    def happens(self, stream: str, rate: float) -> NDArray[np.bool_]:
        """Draw whether an event of a given rate happens to each row."""
        return self(stream) < rate

    def days(self, stream: str, earliest: int, latest: int) -> NDArray[np.int32]:
        """Draw a whole number of days for each row, both ends included."""
        return earliest + (self(stream) * (latest - earliest + 1)).astype("int32")

    def select(self, rows: NDArray[np.bool_]) -> MonthDraws:
        """Return the draws of some of the rows."""
        return MonthDraws(self.streams, self.lifecycles, self.month, self.position[rows])
