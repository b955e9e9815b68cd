"""The businesses that buy on account: their terms, their size, and how they behave.

Everything here is drawn once, from (seed, stream, account). Days are numbers since 1970-01-01, `NEVER` for events
that do not happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.columns import digits
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import TradeConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.context import Context
    from seeders.simulation.trade.draws import AccountDraws

ACCOUNT_DIGITS: Final = 6
GOOD, BAD, TURNING, SEASONAL = range(4)
SEGMENTS: Final = ("Small business", "Mid-market", "Enterprise")
METHODS: Final = ("bank_transfer", "cheque", "direct_debit")

_TERMS: Final = (14, 30, 60)
_FOUNDED_BEFORE_DAYS: Final = 1_500
_JOINING_DAYS: Final = 730
_STANDING_WEEKLY_SHARE: Final = 0.3
_WEEK: Final = 7
_SIZE_SPREAD: Final = 0.6
_GAP_SPREAD: Final = 0.5
_TEMPER_SPREAD: Final = 0.35
_LIMIT_STEP_CENTS: Final = 1_000_00
_LIMIT_PER_SIZE: Final = 20_000_00
_LIMIT_CUT_AFTER_DAYS: Final = (60, 180)
_DAYS_PER_YEAR: Final = 365


@dataclass(frozen=True)
class Accounts(Arrays):
    """n consecutive accounts, each of one customer.

    Attributes:
        number: From 1.
        digits: Its six digits, n x 6.
        opened_on: Day the account was opened.
        moved_on: Day its customer moved.
        limit_cents: The credit limit at the start.
        limit_raised_on: Day it was raised.
        limit_cut_on: Day it was halved.
        terms: Days to pay.
        is_eur: Whether it is invoiced in euro instead of dollars.
        is_balance_forward: Whether it pays round sums towards its balance.
        is_allocating: Whether it pays several invoices at once and sends an allocation.
        behaviour: How it pays: `GOOD`, `BAD`, `TURNING` or `SEASONAL`.
        temper: A factor on how likely it pays late, around 1.
        turns_on: Day from which a turning account pays badly.
        default_on: Day from which it defaults, beginning with its next order.
        left_on: Day on which the customer closes it.
        mean_gap: Days between orders, on average.
        standing_days: Days between standing orders, 0 where there are none.
        size: A factor on the size of its orders, around 1.
        segment: Position in `SEGMENTS`.
        method: Position in `METHODS`.
        pay_day: Day of the month on which a balance-forward account pays first.
    """

    number: NDArray[np.int64]
    digits: NDArray[np.uint8]
    opened_on: NDArray[np.int32]
    moved_on: NDArray[np.int32]
    limit_cents: NDArray[np.int64]
    limit_raised_on: NDArray[np.int32]
    limit_cut_on: NDArray[np.int32]
    terms: NDArray[np.int32]
    is_eur: NDArray[np.bool_]
    is_balance_forward: NDArray[np.bool_]
    is_allocating: NDArray[np.bool_]
    behaviour: NDArray[np.int8]
    temper: NDArray[np.float64]
    turns_on: NDArray[np.int32]
    default_on: NDArray[np.int32]
    left_on: NDArray[np.int32]
    mean_gap: NDArray[np.float64]
    standing_days: NDArray[np.int32]
    size: NDArray[np.float64]
    segment: NDArray[np.int8]
    method: NDArray[np.int8]
    pay_day: NDArray[np.int32]


def draw_accounts(context: Context) -> Accounts:
    """Draw a run of accounts.

    Args:
        context: The run.

    Returns:
        The accounts, the same whichever run they are drawn in.
    """
    config, axis, draws = context.trade, context.axis, context.draws
    opened_on = _opened_on(config, axis, draws)
    # what customers decide starts with the simulation, not before
    clock = np.maximum(opened_on, axis.first_day(0)) + 1
    is_balance_forward = draws.happens("account.balance_forward", config.balance_forward_share)
    behaviour = _pick(
        draws("account.behaviour"), (config.bad_share, config.turning_share, config.seasonal_share)
    )
    turns_on = np.where(
        behaviour == TURNING, clock + draws.wait("account.turns", config.annual_turning), NEVER
    )
    size = _about_one(draws("account.size"), _SIZE_SPREAD)
    number = np.arange(draws.start, draws.start + draws.count, dtype=np.int64) + 1
    return Accounts(
        number=number,
        digits=digits(number, ACCOUNT_DIGITS),
        opened_on=opened_on,
        moved_on=_days(clock + draws.wait("account.moved", config.annual_address_change)),
        limit_cents=_LIMIT_STEP_CENTS
        * (1 + (size * _LIMIT_PER_SIZE / _LIMIT_STEP_CENTS).astype(np.int64)),
        limit_raised_on=_days(clock + draws.wait("account.raised", config.annual_limit_change)),
        limit_cut_on=_days(
            np.where(
                config.annual_limit_change > 0,
                turns_on + draws.days("account.cut", *_LIMIT_CUT_AFTER_DAYS),
                NEVER,
            )
        ),
        terms=_terms(config, draws, is_balance_forward),
        is_eur=draws.happens("account.eur", config.eur_share),
        is_balance_forward=is_balance_forward,
        is_allocating=~is_balance_forward
        & draws.happens("account.allocating", config.allocating_share),
        behaviour=behaviour,
        temper=_about_one(draws("account.temper"), _TEMPER_SPREAD),
        turns_on=_days(turns_on),
        default_on=_days(clock + draws.wait("account.default", config.annual_default)),
        left_on=_days(clock + draws.wait("account.left", config.annual_closure)),
        mean_gap=_DAYS_PER_YEAR
        / (config.orders_per_year * _about_one(draws("account.pace"), _GAP_SPREAD)),
        standing_days=_standing_days(config, draws, context.window),
        size=size,
        segment=np.digitize(size, (0.8, 1.6)).astype(np.int8),
        method=(draws("account.method") * len(METHODS)).astype(np.int8),
        pay_day=draws.days("account.pay_day", 1, 13),
    )


def _opened_on(config: TradeConfig, axis: MonthAxis, draws: AccountDraws) -> NDArray[np.int32]:
    joins = draws.happens("account.joins", config.joiner_share)
    share, first_day = draws("account.opened"), axis.first_day(0)
    later = (share * _JOINING_DAYS).astype(np.int32)
    before = 1 + (share * _FOUNDED_BEFORE_DAYS).astype(np.int32)
    return _days(first_day + np.where(joins, later, -before))


def _terms(
    config: TradeConfig, draws: AccountDraws, is_balance_forward: NDArray[np.bool_]
) -> NDArray[np.int32]:
    short, usual, long = _TERMS
    kind = _pick(draws("account.terms"), (config.short_terms_share, config.long_terms_share))
    # an account that pays twice a month could not keep terms of two weeks
    shortest = np.where(is_balance_forward, usual, short)
    return np.select([kind == 1, kind == 2], [shortest, long], usual).astype(np.int32)  # noqa: PLR2004


def _standing_days(
    config: TradeConfig, draws: AccountDraws, duplicate_window_days: int
) -> NDArray[np.int32]:
    # far enough apart that a copy of one order does not look like a copy of the next
    least = _WEEK * -(-(2 * duplicate_window_days + 1) // _WEEK)
    weekly = draws.happens("account.standing.weekly", _STANDING_WEEKLY_SHARE)
    has_any = draws.happens("account.standing", config.standing_order_share)
    return np.where(has_any, np.where(weekly, least, 2 * least), 0).astype(np.int32)


def _pick(share: NDArray[np.float64], shares: tuple[float, ...]) -> NDArray[np.int8]:
    """Pick a kind for each draw: 1 and up with the given shares, 0 for the remainder."""
    kind = np.searchsorted(np.cumsum(shares), share, side="right") + 1
    picked: NDArray[np.int8] = np.where(kind > len(shares), 0, kind).astype(np.int8)
    return picked


def _about_one(share: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Spread draws evenly on a logarithmic scale, so that half and double are equally likely."""
    about: NDArray[np.float64] = np.exp((2 * share - 1) * spread * np.sqrt(3))
    return about


def _days(days: NDArray[np.integer]) -> NDArray[np.int32]:
    bounded: NDArray[np.int32] = np.minimum(days, NEVER).astype(np.int32)
    return bounded
