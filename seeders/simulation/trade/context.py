"""What every step of simulating a run of accounts needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seeders.config import SimulationConfig, TradeConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.catalogue import Catalogue
    from seeders.simulation.trade.draws import AccountDraws


@dataclass(frozen=True)
class Context:
    """A run of accounts over the first `months` months, before anything is drawn for them."""

    config: SimulationConfig
    axis: MonthAxis
    catalogue: Catalogue
    draws: AccountDraws
    months: int

    @property
    def trade(self) -> TradeConfig:
        """The settings of this line of business."""
        return self.config.trade

    @property
    def window(self) -> int:
        """Days within which an equal invoice or payment counts as a duplicate."""
        return self.config.policy.duplicate_window_days

    @property
    def until(self) -> int:
        """The last day simulated."""
        return self.axis.last_day(self.months - 1)
