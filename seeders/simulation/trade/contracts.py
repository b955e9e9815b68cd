"""Prices agreed with accounts, for a time and for some articles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER
from seeders.simulation.trade.catalogue import popular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context

CONTRACT_SLOTS: Final = 3

_REBATE: Final = (0.05, 0.15)
_CONTRACT_BEGINS_WITHIN_DAYS: Final = 540
_CONTRACT_DAYS: Final = 730
_OPEN_ENDED_SHARE: Final = 0.3


@dataclass(frozen=True)
class Contracts(Arrays):
    """Prices agreed with n accounts: a row of `CONTRACT_SLOTS` per account, each for one article.

    `begins_on` is `NEVER` for accounts without an agreement, `ends_on` for agreements without an end.
    """

    sku: NDArray[np.int64]
    cents: NDArray[np.int64]
    begins_on: NDArray[np.int32]
    ends_on: NDArray[np.int32]

    def applied(
        self,
        account: NDArray[np.intp],
        sku: NDArray[np.int64],
        days: NDArray[np.int32],
        cents: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Replace list prices by agreed prices.

        Args:
            account: The account of each of k sales.
            sku: What is sold.
            days: When.
            cents: The list price of each.

        Returns:
            k prices in cents.
        """
        for slot in range(CONTRACT_SLOTS):
            agreed = (
                (self.sku[account, slot] == sku)
                & (self.begins_on[account, slot] <= days)
                & (days <= self.ends_on[account, slot])
            )
            cents = np.where(agreed, self.cents[account, slot], cents)
        return cents


def draw_contracts(context: Context, accounts: Accounts) -> Contracts:
    """Draw the agreements of a run of accounts.

    Args:
        context: How many have an agreement, and the list prices that discounts are given on.
        accounts: The run.

    Returns:
        The agreements.
    """
    config, draws, catalogue = context.trade, context.draws, context.catalogue
    has_any = draws.happens("contract", config.contract_share)
    begins = np.maximum(accounts.opened_on, context.axis.first_day(0)) + draws.days(
        "contract.begins", 0, _CONTRACT_BEGINS_WITHIN_DAYS
    )
    ends = np.where(
        draws.happens("contract.open_ended", _OPEN_ENDED_SHARE), NEVER, begins + _CONTRACT_DAYS
    )
    first = popular(draws("contract.sku"), config.skus)
    low, high = _REBATE
    share = 1 - low - (high - low) * draws("contract.rebate")
    sku = (first[:, None] + np.arange(CONTRACT_SLOTS)) % config.skus
    begins_on = np.where(has_any, begins, NEVER).astype(np.int32)
    cents = np.stack(
        [catalogue.prices(sku[:, slot], begins, accounts.is_eur) for slot in range(CONTRACT_SLOTS)],
        axis=1,
    )
    return Contracts(
        sku=sku,
        cents=np.rint(cents * share[:, None]).astype(np.int64),
        begins_on=np.repeat(begins_on[:, None], CONTRACT_SLOTS, axis=1),
        ends_on=np.repeat(ends.astype(np.int32)[:, None], CONTRACT_SLOTS, axis=1),
    )
