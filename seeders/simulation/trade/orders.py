"""When accounts order, and their credit holds and closures.

The orders of an account are numbered as they come in, delivered or not: an order during a credit hold or after the
closure uses up its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.months import NEVER, or_never
from seeders.simulation.trade.accounts import SEASONAL
from seeders.simulation.trade.facts import Orders, StatusDays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import TradeConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context
    from seeders.simulation.trade.draws import AccountDraws

LEAST_GAP_DAYS: Final = 4
"""Orders of an account are at least this many days apart, or more if the policy's window requires it."""

_MONTHS_PER_YEAR: Final = 12
# from January on: a seasonal buyer stocks up for the end of the year
_PACE_BY_MONTH: Final = np.array([0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 0.8, 1.0, 1.5, 2.4, 2.8, 1.6])
_LEAVES_AFTER_RETURN_DAYS: Final = 30


def in_season(axis: MonthAxis, days: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return how much a seasonal buyer orders on days, relative to an average of 1."""
    calendar_month = (axis.month_of(days) + axis.first_month.month - 1) % _MONTHS_PER_YEAR
    pace: NDArray[np.float64] = _PACE_BY_MONTH[calendar_month]
    return pace


def draw_orders(context: Context, accounts: Accounts) -> tuple[Orders, StatusDays]:
    """Draw the orders of a run of accounts, and the accounts' status.

    Args:
        context: Rates and durations.
        accounts: The run.

    Returns:
        The orders, including those never delivered, and the days on which the accounts change status.
    """
    days = _order_days(context, accounts)
    status_days = _status_days(context.trade, context.draws, accounts, days)
    account, number = np.nonzero(context.until >= days.T)
    ordered_on = days[number, account]
    return Orders(
        account=account,
        number=number.astype(np.int32),
        ordered_on=ordered_on,
        next_after=days[number + 1, account] - ordered_on,
    ), status_days


def _order_days(context: Context, accounts: Accounts) -> NDArray[np.int32]:
    """Return a row of days per order number; each account's last one is after the days simulated."""
    axis, draws = context.axis, context.draws
    least = max(LEAST_GAP_DAYS, context.window + 1)
    extra = np.maximum(accounts.mean_gap - least, 0)
    usual = np.where(accounts.standing_days > 0, accounts.standing_days, accounts.mean_gap)
    begins = np.maximum(accounts.opened_on, axis.first_day(0))
    day = (begins + draws("order.first") * usual).astype(np.int32)
    days = [day]
    while (day <= context.until).any():
        wait = -np.log1p(-draws("order.gap", len(days))) * extra
        is_seasonal = accounts.behaviour == SEASONAL
        wait = np.where(is_seasonal, wait / in_season(axis, day), wait)
        gap = np.where(accounts.standing_days > 0, accounts.standing_days, least + np.rint(wait))
        day = (day + gap).astype(np.int32)
        days.append(day)
    return np.stack(days)


def _status_days(
    config: TradeConfig, draws: AccountDraws, accounts: Accounts, days: NDArray[np.int32]
) -> StatusDays:
    """Draw the status: a default begins with an order that is not paid; hold, reinstatement or closure follow."""
    unpaid_from = np.where(accounts.default_on <= days, days, NEVER).min(axis=0)
    defaults = (unpaid_from < NEVER) & (unpaid_from < accounts.left_on)
    returns = defaults & draws.happens("standing.returns", config.reinstated_share)
    suspended_on = unpaid_from + accounts.terms + config.suspend_after_days
    reinstated_on = suspended_on + draws.days(
        "standing.absence", config.reinstate_min_days, config.reinstate_max_days
    )
    written_off = defaults & ~returns
    leaves = ~defaults | (returns & (accounts.left_on > reinstated_on + _LEAVES_AFTER_RETURN_DAYS))
    return StatusDays(
        unpaid_from=or_never(defaults, unpaid_from),
        suspended_on=or_never(defaults, suspended_on),
        reinstated_on=or_never(returns, reinstated_on),
        closed_on=np.where(
            written_off,
            suspended_on + config.close_after_days,
            or_never(leaves, accounts.left_on),
        ).astype(np.int32),
        is_written_off=written_off,
    )
