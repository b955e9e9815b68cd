"""What is sold and for how much: articles, yearly price lists, and prices agreed with accounts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import TradeConfig
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.scene import Scene
    from seeders.streams import Streams

CATEGORIES: Final = ("Fasteners", "Tools", "Electrical", "Plumbing", "Safety", "Packaging")
CURRENCIES: Final = ("USD", "EUR")
CONTRACT_SLOTS: Final = 3

_EURO_PER_DOLLAR: Final = 0.92
_CHEAPEST_CENTS: Final = 4_00
_DEAREST_CENTS: Final = 300_00
_COST_SHARE: Final = (0.55, 0.80)
_INCREASE: Final = (0.01, 0.06)
_REBATE: Final = (0.05, 0.15)
_CONTRACT_BEGINS_WITHIN_DAYS: Final = 540
_CONTRACT_DAYS: Final = 730
_OPEN_ENDED_SHARE: Final = 0.3
_YEAR: Final = "datetime64[Y]"
_EPOCH_YEAR: Final = 1970


@dataclass(frozen=True)
class Catalogue:
    """The articles of a world, by position from 0, and the price lists of any year."""

    config: TradeConfig
    streams: Streams

    @property
    def first_year(self) -> int:
        """The year of the first price list."""
        return self.config.first_month.year

    @cached_property
    def category(self) -> NDArray[np.int8]:
        """Position of each article's category in `CATEGORIES`."""
        return (self._draw("sku.category") * len(CATEGORIES)).astype(np.int8)

    @cached_property
    def list_cents(self) -> NDArray[np.int64]:
        """Price of each article in dollar cents, on the first list."""
        ratio = _DEAREST_CENTS / _CHEAPEST_CENTS
        return np.rint(_CHEAPEST_CENTS * ratio ** self._draw("sku.price")).astype(np.int64)

    @cached_property
    def cost_cents(self) -> NDArray[np.int64]:
        """What each article costs the company."""
        low, high = _COST_SHARE
        share = low + (high - low) * self._draw("sku.cost")
        return np.rint(self.list_cents * share).astype(np.int64)

    def price_list(self, year: int) -> NDArray[np.int64]:
        """Give the prices of a year, each raised by a rate of its own from the year before.

        Args:
            year: The calendar year, not before the first list's.

        Returns:
            Prices in cents, a row for each of `CURRENCIES`.
        """
        low, high = _INCREASE
        factor = np.ones(self.config.skus)
        for later in range(1, year - self.first_year + 1):
            factor *= 1 + low + (high - low) * self._draw("sku.increase", later)
        dollars = np.rint(self.list_cents * factor)
        return np.stack([dollars, np.rint(dollars * _EURO_PER_DOLLAR)]).astype(np.int64)

    def prices(
        self, sku: NDArray[np.integer], days: NDArray[np.int32], is_eur: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Look prices up.

        Args:
            sku: k articles.
            days: The day each is sold on.
            is_eur: Whether in euro.

        Returns:
            k prices in cents.
        """
        years = days.astype("datetime64[D]").astype(_YEAR).astype(np.int64) + _EPOCH_YEAR
        list_number = np.maximum(years - self.first_year, 0)
        last = int(np.max(list_number, initial=0))
        lists = np.stack([self.price_list(self.first_year + n) for n in range(last + 1)])
        found: NDArray[np.int64] = lists[list_number, is_eur.astype(np.intp), sku]
        return found

    def _draw(self, stream: str, year: int | None = None) -> NDArray[np.float64]:
        return self.streams.uniform(f"trade.{stream}", 0, self.config.skus, year)


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
        """Put agreed prices in place of list prices.

        Args:
            account: The account of each of k sales.
            sku: What is sold.
            days: When.
            cents: Its list price.

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


def draw_contracts(scene: Scene, accounts: Accounts) -> Contracts:
    """Draw the agreements of a run of accounts.

    Args:
        scene: How many have one, and the list prices that rebates are given on.
        accounts: The run.

    Returns:
        The agreements.
    """
    config, draws, catalogue = scene.trade, scene.draws, scene.catalogue
    has_any = draws.happens("contract", config.contract_share)
    begins = np.maximum(accounts.opened_on, scene.axis.first_day(0)) + draws.days(
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


def popular(share: NDArray[np.float64], skus: int) -> NDArray[np.int64]:
    """Turn shares in [0, 1) into articles, some of which sell far better than others."""
    return (share**2 * skus).astype(np.int64)
