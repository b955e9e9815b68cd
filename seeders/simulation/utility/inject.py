"""The fault injected into utilities: bills that are skipped by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def skip_bills(
    rate: float, drawn: NDArray[np.float64], cents: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Inject ghosts: some bills are never written, though energy was used.

    Args:
        rate: How often.
        drawn: A draw for each of n bills.
        cents: What each charges.

    Returns:
        Which of them are skipped.
    """
    return (drawn < rate) & (cents > 0)
