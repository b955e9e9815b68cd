"""Draws of accounts, and of the orders of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.draws import waiting_days, whole_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.streams import Streams


@dataclass(frozen=True)
class AccountDraws:
    """Draws from any stream, one for each of a run of n accounts.

    `start` is the number of the first, from 0.
    """

    streams: Streams
    start: int
    count: int

    def __call__(self, stream: str, number: int | None = None) -> NDArray[np.float64]:
        """Draw once for every account, or once for its `number`-th month, order or year."""
        return self.streams.uniform(f"trade.{stream}", self.start, self.count, number)

    def happens(self, stream: str, share: float) -> NDArray[np.bool_]:
        """Draw whether an event of a given probability happens to each account."""
        return self(stream) < share

    def days(self, stream: str, earliest: int, latest: int) -> NDArray[np.int32]:
        """Draw a whole number of days for each account, both ends included."""
        return whole_days(self(stream), earliest, latest)

    def wait(self, stream: str, annual_share: float) -> NDArray[np.int32]:
        """Draw the days until an event that happens to a given share of those at risk each year."""
        return waiting_days(self(stream), annual_share)


@dataclass(frozen=True)
class OrderDraws:
    """Draws from any stream, one for each of m orders.

    The order's number within its account takes the place of the month. Orders are numbered as they come in, so a draw
    is the same however many months are simulated.

    Attributes:
        of_accounts: The draws of the run of accounts.
        account: The position of each order's account in the run.
        number: The number of each order within its account, from 0.
    """

    of_accounts: AccountDraws
    account: NDArray[np.intp]
    number: NDArray[np.int32]

    def __call__(self, stream: str) -> NDArray[np.float64]:
        """Draw once for every order: m doubles in [0, 1)."""
        return self.wide(stream, 1)[:, 0]

    def wide(self, stream: str, width: int) -> NDArray[np.float64]:
        """Draw several times for every order: an m x `width` matrix of doubles in [0, 1)."""
        run = self.of_accounts
        drawn = np.empty((len(self.account), width))
        for number, rows in self._by_number:
            all_of_run = run.streams.uniform(
                f"trade.{stream}", run.start * width, run.count * width, number
            ).reshape(run.count, width)
            drawn[rows] = all_of_run[self.account[rows]]
        return drawn

    def happens(self, stream: str, share: float) -> NDArray[np.bool_]:
        """Draw whether an event of a given probability happens to each order."""
        return self(stream) < share

    def days(self, stream: str, earliest: int, latest: int) -> NDArray[np.int32]:
        """Draw a whole number of days for each order, both ends included."""
        return whole_days(self(stream), earliest, latest)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> OrderDraws:
        """Return the draws of some of the orders."""
        return OrderDraws(self.of_accounts, self.account[rows], self.number[rows])

    @cached_property
    def _by_number(self) -> list[tuple[int, NDArray[np.intp]]]:
        order = np.argsort(self.number, kind="stable")
        numbers, starts = np.unique(self.number[order], return_index=True)
        return list(zip(numbers.tolist(), np.split(order, starts[1:]), strict=False))
