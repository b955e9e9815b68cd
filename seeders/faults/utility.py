"""What goes wrong in utilities: usage that is never billed. And what customers leave unpaid.

Bills are skipped by mistake; that is injected. A bill that the closing of its account swallows comes of
the rules themselves, and so do the bills that are not paid: natural, told from the simulator's own books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER
from seeders.simulation.utility.books import Spells, keep_books, while_active

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.utility.books import Charges, Money, Standing
    from seeders.simulation.utility.cycles import Cycles


@dataclass(frozen=True)
class Ghosts(Arrays):
    """Usage of the cycle before `billed` that is never billed, and what it should have cost."""

    account: NDArray[np.int32]
    billed: NDArray[np.int32]
    cents: NDArray[np.int64]
    is_injected: NDArray[np.bool_]


@dataclass(frozen=True)
class History:
    """What the truth about a run of accounts follows from.

    Attributes:
        ghosts: Usage never billed.
        charges: All bills that charge anything.
        money: All payments.
        standing: When accounts are active.
        closed_on: The day on which each account closed, `NEVER` for most.
    """

    ghosts: Ghosts
    charges: Charges
    money: Money
    standing: Standing
    closed_on: NDArray[np.int32]


@dataclass(frozen=True)
class Truth:
    """Spells in which a rule sees its faults, and which of them were injected."""

    spells: Spells
    is_injected: NDArray[np.bool_]


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


def tell(policy: PolicyConfig, cycles: Cycles, history: History, until: int) -> dict[str, Truth]:
    """Tell every ghost, zombie and leaky bucket of a run of accounts.

    Args:
        policy: The thresholds of the rules.
        cycles: The calendar.
        history: What has happened up to a day.
        until: That day, the last one simulated.

    Returns:
        Faults by rule. A ghost is told even if it cannot be seen yet.
    """
    count = cycles.begun_by(until)
    due_on = np.array([cycles.begins(cycle + 1) for cycle in range(count)], dtype=np.int32)
    unpaid, partly_paid = keep_books(history.charges, history.money, due_on)
    past_grace = due_on[unpaid.billed] + np.int32(policy.zombie_grace_days + 1)
    zombies = unpaid.within(past_grace, np.full(len(past_grace), NEVER, dtype=np.int32))
    buckets = partly_paid.within(partly_paid.begins_on, history.closed_on[partly_paid.account])
    return {
        "ghost": _ghosts(policy, cycles, history.ghosts),
        "zombie": _natural(while_active(zombies, history.standing), until),
        "leaky_bucket": _natural(buckets, until),
    }


def _ghosts(policy: PolicyConfig, cycles: Cycles, ghosts: Ghosts) -> Truth:
    return Truth(
        Spells(
            account=ghosts.account,
            billed=ghosts.billed,
            open_cents=ghosts.cents,
            begins_on=cycles.first_days(ghosts.billed) + np.int32(policy.usage_invoicing_lag_days),
            ends_on=np.full(len(ghosts.account), NEVER, dtype=np.int32),
        ),
        ghosts.is_injected,
    )


def _natural(spells: Spells, until: int) -> Truth:
    known = spells.select(np.flatnonzero(spells.begins_on <= until))
    return Truth(known, np.zeros(len(known.account), dtype=np.bool_))
