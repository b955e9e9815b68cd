"""The faults injected into billing: invoices never written, payments never recorded, payments that fall short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import GhostConfig, LeakyConfig, ZombieConfig
    from seeders.simulation.subscription.draws import MonthDraws
    from seeders.simulation.subscription.facts import Bills


def skip_invoices(
    config: GhostConfig,
    draws: MonthDraws,
    row: NDArray[np.intp],
    billing_date: NDArray[np.int32],
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Inject ghosts: leave out invoices that are due.

    The first unpaid invoice of a non-payer is never left out, since their status follows from it. A ghost that would
    be invoiced late is never invoiced if the subscription or account is no longer active on that later day.

    Args:
        config: How often, and how many are invoiced late.
        draws: The month's draws of the k rows.
        row: Positions of the k subscriptions.
        billing_date: When each is due.

    Returns:
        Which rows are ghosts, and the day on which each invoice is issued, `NEVER` if it is not.
    """
    subscriptions, customers = draws.lifecycles.subscriptions, draws.lifecycles.customers
    owner = subscriptions.owner[row]
    makes_non_payer = (subscriptions.slot[row] == 1) & (
        customers.unpaid_from[owner] == billing_date
    )
    is_ghost = draws.happens("ghost.skipped", config.rate) & ~makes_non_payer

    ghosts = np.flatnonzero(is_ghost)
    of_ghosts = draws.select(is_ghost)
    late_on = billing_date[ghosts] + of_ghosts.days(
        "ghost.billed_late_after", config.billed_late_min_days, config.billed_late_max_days
    )
    is_billed_late = (
        of_ghosts.happens("ghost.billed_late", config.billed_late_share)
        & (late_on < subscriptions.cancelled_on[row[ghosts]])
        & ~draws.lifecycles.is_suspended(late_on, owner[ghosts])
    )
    issued_on = billing_date.copy()
    issued_on[ghosts] = np.where(is_billed_late, late_on, NEVER)
    return is_ghost, issued_on


def lose_payments(config: ZombieConfig, draws: MonthDraws) -> NDArray[np.bool_]:
    """Inject zombies: choose invoices whose payment is never recorded.

    Args:
        config: How often.
        draws: The month's draws of the k invoices.

    Returns:
        Which invoices are chosen.
    """
    return draws.happens("zombie.lost", config.rate)


def shorten_payments(
    config: LeakyConfig,
    bills: Bills,
    is_short: NDArray[np.bool_],
    paid_on: NDArray[np.int32],
    paid_cents: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int32]]:
    """Inject leaky buckets: make payments fall short by at least a cent.

    Some customers pay the rest later, unless they have become non-payers by then.

    Args:
        config: How much is paid, and how often the rest follows.
        bills: k invoices.
        is_short: Which payments are meant to fall short.
        paid_on: When each is paid.
        paid_cents: What each would pay in full.

    Returns:
        Which payments do fall short (one of a single cent cannot), what each pays, and when the rest is paid.
    """
    is_short = is_short & (bills.cents > 1)
    rows = np.flatnonzero(is_short)
    draws, cents = bills.draws.select(is_short), bills.cents[rows]
    share = config.min_paid + draws("leaky.paid") * (config.max_paid - config.min_paid)
    paid_cents = paid_cents.copy()
    paid_cents[rows] = np.clip(np.rint(cents * share).astype(np.int64), 1, cents - 1)

    customers, owner = bills.lifecycles.customers, bills.owner[rows]
    rest_on = paid_on[rows] + draws.days(
        "leaky.topped_up_after", config.topped_up_min_days, config.topped_up_max_days
    )
    follows = draws.happens("leaky.topped_up", config.topped_up_share) & ~(
        (customers.unpaid_from[owner] <= rest_on) & (rest_on < customers.reinstated_on[owner])
    )
    topped_up_on = np.full(len(paid_on), NEVER, dtype=np.int32)
    topped_up_on[rows] = np.where(follows, rest_on, NEVER)
    return is_short, paid_cents, topped_up_on
