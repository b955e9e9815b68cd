"""Normally distributed numbers from uniform ones, by table: fast, and the same bits on every machine."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.number)

STEPS: Final = 65_536
"""As many values as 16 bits distinguish."""


@lru_cache(maxsize=1)
def quantiles() -> NDArray[np.float64]:
    """Return the quantiles of the standard normal distribution at the middle of each of `STEPS` equal parts."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse((step + 0.5) / STEPS) for step in range(STEPS)])


def normal(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn uniform draws into normal ones.

    Args:
        drawn: Draws in [0, 1).

    Returns:
        Standard normal numbers of the same shape.
    """
    found: NDArray[np.float64] = quantiles()[(drawn * STEPS).astype(np.int32)]
    return found


@lru_cache(maxsize=8)
def factors(spread: float) -> NDArray[np.float32]:
    """Return a table of log-normal factors of mean 1, one for each value of 16 bits.

    Args:
        spread: Standard deviation of their logarithm.
    """
    return np.exp(spread * quantiles() - spread**2 / 2).astype(np.float32)


def looked_up(table: NDArray[_Number], words: NDArray[np.uint16]) -> NDArray[_Number]:
    """Look up 16 random bits in a table; by Arrow, since NumPy would widen them first.

    Args:
        table: `STEPS` numbers.
        words: Positions in the table, of any shape.

    Returns:
        The numbers found there, in the same shape, read-only.
    """
    found = pc.take(pa.array(table), pa.array(words.ravel()), boundscheck=False)
    numbers: NDArray[_Number] = found.to_numpy()
    return numbers.reshape(words.shape)
