"""Records held as arrays of one length, one array per field."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Arrays:
    """Base of such records."""

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return some of the rows, by mask or by position."""
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Join rows end to end."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )


def numbered_within(group: NDArray[np.integer]) -> NDArray[np.int64]:
    """Number the rows of each group from 0, in the order in which they come.

    Args:
        group: The group of each of n rows, in any order.

    Returns:
        n numbers.
    """
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    within = np.empty(len(group), dtype=np.int64)
    within[order] = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    return within
