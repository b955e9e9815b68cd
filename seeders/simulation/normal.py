"""Normal numbers out of even ones, by table: fast, and the same bits on every machine."""

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
    """Give the standard normal distribution at the middle of each of its `STEPS` equal parts."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse((step + 0.5) / STEPS) for step in range(STEPS)])


def normal(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn even draws into normal ones.

    Args:
        drawn: Draws in [0, 1).

    Returns:
        Standard normal numbers of the same shape.
    """
    found: NDArray[np.float64] = quantiles()[(drawn * STEPS).astype(np.int32)]
    return found


@lru_cache(maxsize=8)
def factors(spread: float) -> NDArray[np.float32]:
    """Give log-normal factors of mean 1, for 16 random bits each.

    Args:
        spread: Standard deviation of their logarithm.
    """
    return np.exp(spread * quantiles() - spread**2 / 2).astype(np.float32)


def looked_up(table: NDArray[_Number], words: NDArray[np.uint16]) -> NDArray[_Number]:
    """Look 16 random bits up, by Arrow: NumPy would widen them first.

    Args:
        table: `STEPS` numbers.
        words: Where in it, of any shape.

    Returns:
        The numbers found there, in the same shape, not to be written to.
    """
    found = pc.take(pa.array(table), pa.array(words.ravel()), boundscheck=False)
    numbers: NDArray[_Number] = found.to_numpy()
    return numbers.reshape(words.shape)
