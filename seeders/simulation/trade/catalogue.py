"""What is sold and for how much: articles and yearly price lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import TradeConfig
    from seeders.streams import Streams

CATEGORIES: Final = ("Fasteners", "Tools", "Electrical", "Plumbing", "Safety", "Packaging")
CURRENCIES: Final = ("USD", "EUR")

_EURO_PER_DOLLAR: Final = 0.92
_CHEAPEST_CENTS: Final = 4_00
_DEAREST_CENTS: Final = 300_00
_COST_SHARE: Final = (0.55, 0.80)
_INCREASE: Final = (0.01, 0.06)
_YEAR: Final = "datetime64[Y]"
_EPOCH_YEAR: Final = 1970


@dataclass(frozen=True)
class Catalogue:
    """The articles of a world, by position from 0, and the price list of any year."""

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
        """The unit cost of each article."""
        low, high = _COST_SHARE
        share = low + (high - low) * self._draw("sku.cost")
        return np.rint(self.list_cents * share).astype(np.int64)

    def price_list(self, year: int) -> NDArray[np.int64]:
        """Return the prices of a year, each raised by a rate of its own from the year before.

        Args:
            year: The calendar year, not before that of the first list.

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


def popular(share: NDArray[np.float64], skus: int) -> NDArray[np.int64]:
    """Turn draws in [0, 1) into articles, some of which sell far better than others."""
    return (share**2 * skus).astype(np.int64)
