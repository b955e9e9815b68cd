"""How likely accounts are to pay late, by account, day and amount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.trade.accounts import BAD, SEASONAL, TURNING
from seeders.simulation.trade.orders import in_season

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context

_GOOD_ODDS: Final = 0.25
_BAD_ODDS: Final = 5.0
_SEASON_ODDS: Final = 3.5
_BUSY: Final = 1.2
_TYPICAL_CENTS: Final = 2_500_00
_AMOUNT_POWER: Final = 0.4
_AMOUNT_ODDS: Final = (0.5, 2.0)
_MOST: Final = 0.95


def pays_badly(
    accounts: Accounts, account: NDArray[np.intp], days: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return which accounts pay badly on a day: always, or because they have turned by then."""
    behaviour = accounts.behaviour[account]
    badly: NDArray[np.bool_] = (behaviour == BAD) | (
        (behaviour == TURNING) & (accounts.turns_on[account] <= days)
    )
    return badly


def late_probability(
    context: Context,
    accounts: Accounts,
    account: NDArray[np.intp],
    days: NDArray[np.int32],
    cents: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return how likely payments are to be late.

    Args:
        context: The base share of late payments.
        accounts: The run of accounts.
        account: The account of each of k payments, by position.
        days: The day each is invoiced, or pays towards its balance.
        cents: The amount of each; not taken into account if not given.

    Returns:
        k probabilities, all 0 if the base share is.
    """
    seasonal = np.where(in_season(context.axis, days) > _BUSY, _SEASON_ODDS, _GOOD_ODDS)
    odds = np.where(pays_badly(accounts, account, days), _BAD_ODDS, _GOOD_ODDS)
    odds = np.where(accounts.behaviour[account] == SEASONAL, seasonal, odds)
    odds = odds * accounts.temper[account]
    if cents is not None:
        relative = cents / (accounts.size[account] * _TYPICAL_CENTS)
        odds = odds * np.clip(relative**_AMOUNT_POWER, *_AMOUNT_ODDS)
    likely: NDArray[np.float64] = np.minimum(context.trade.late_share * odds, _MOST)
    return likely
