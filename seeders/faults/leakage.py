"""Money that leaks: invoices never written, payments never recorded, payments that fall short.

Each kind is injected by one function and told by another. The truth is told of everything that meets a
rule, injected or not, for exactly the days on which the facts dated so far show it; and of what was
injected but can never be seen, with an end no later than its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import GhostConfig, LeakyConfig, PolicyConfig, ZombieConfig
    from seeders.simulation.subscription.billing import Bills
    from seeders.simulation.subscription.draws import MonthDraws
    from seeders.simulation.subscription.payments import Settlement

GHOST: Final = "ghost"
ZOMBIE: Final = "zombie"
LEAKY_BUCKET: Final = "leaky_bucket"


@dataclass(frozen=True)
class Truth:
    """Spells of k faults of one rule, by the position of their bill.

    A fault is visible on a day d when `observable_from <= d < ends_on`: never, where it ends before it
    begins. `letter` begins the ids, so that two spells of the same fault differ.
    """

    rule: str
    letter: str
    bills: Bills
    cents: NDArray[np.int64]
    observable_from: NDArray[np.int32]
    ends_on: NDArray[np.int32]
    is_injected: NDArray[np.bool_]


def skip_invoices(
    config: GhostConfig,
    draws: MonthDraws,
    row: NDArray[np.intp],
    billing_date: NDArray[np.int32],
) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Inject ghosts: leave out invoices that are due.

    The first invoice of a non-payer is never left out: it is what makes them one. A ghost that is to be
    billed late stays a ghost where subscription or account are not active on that later day.

    Args:
        config: How often, and how many are billed after all.
        draws: The month's draws of the k rows.
        row: Positions of the k subscriptions.
        billing_date: When each is due.

    Returns:
        Which rows are ghosts, and the day on which each row's invoice is issued, `NEVER` for none.
    """
    subscriptions, customers = draws.lives.subscriptions, draws.lives.customers
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
        & ~draws.lives.is_suspended(late_on, owner[ghosts])
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
        Which invoices those are.
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

    Some customers pay the rest later, unless by then their account is one that does not pay.

    Args:
        config: How much is paid, and how often the rest follows.
        bills: k invoices.
        is_short: Which payments are to fall short.
        paid_on: When each is paid.
        paid_cents: What each would pay in full.

    Returns:
        Which payments do fall short (a single cent cannot), what each pays, and when the rest follows.
    """
    is_short = is_short & (bills.cents > 1)
    rows = np.flatnonzero(is_short)
    draws, cents = bills.draws.select(is_short), bills.cents[rows]
    share = config.min_paid + draws("leaky.paid") * (config.max_paid - config.min_paid)
    paid_cents = paid_cents.copy()
    paid_cents[rows] = np.clip(np.rint(cents * share).astype(np.int64), 1, cents - 1)

    customers, owner = bills.lives.customers, bills.owner[rows]
    rest_on = paid_on[rows] + draws.days(
        "leaky.topped_up_after", config.topped_up_min_days, config.topped_up_max_days
    )
    follows = draws.happens("leaky.topped_up", config.topped_up_share) & ~(
        (customers.unpaid_from[owner] <= rest_on) & (rest_on < customers.reinstated_on[owner])
    )
    topped_up_on = np.full(len(paid_on), NEVER, dtype=np.int32)
    topped_up_on[rows] = np.where(follows, rest_on, NEVER)
    return is_short, paid_cents, topped_up_on


def ghost_truth(policy: PolicyConfig, bills: Bills) -> Truth:
    """Tell the ghosts: from when the invoice is overdue for writing until it is written.

    Args:
        policy: The lag that invoicing is allowed.
        bills: The subscription-months of one month.

    Returns:
        One spell for each ghost.
    """
    ghosts = bills.select(bills.is_ghost)
    return Truth(
        rule=GHOST,
        letter="G",
        bills=ghosts,
        cents=ghosts.cents,
        observable_from=ghosts.billing_date + np.int32(policy.invoicing_lag_days + 1),
        ends_on=ghosts.issued_on,
        is_injected=np.ones(len(ghosts.row), dtype=np.bool_),
    )


def zombie_truth(policy: PolicyConfig, settled: Settlement) -> list[Truth]:
    """Tell the zombies: nothing paid past grace, while account and subscription are active.

    Whether the payment was lost or never made does not matter to the rule; the cause is told. A
    suspension interrupts a zombie, so that there are up to two spells, before and after it. One that was
    injected and has neither is told among the first.

    Args:
        policy: The days of grace.
        settled: What becomes of the invoices of one month.

    Returns:
        The first and the second spells.
    """
    bills = settled.bills
    begins = settled.due_on + np.int32(policy.zombie_grace_days + 1)
    cancelled_on = bills.lives.subscriptions.cancelled_on[bills.row]
    ends = np.minimum(np.minimum(settled.paid_on, settled.written_off_on), cancelled_on)
    customers = bills.lives.customers
    suspended_on = customers.suspended_on[bills.owner]
    reinstated_on = customers.reinstated_on[bills.owner]
    ends_first, begins_again = np.minimum(ends, suspended_on), np.maximum(begins, reinstated_on)
    # a second spell that would begin at NEVER is none, however late it ends
    is_first, is_second = begins < ends_first, begins_again < np.minimum(ends, NEVER)
    is_hidden = settled.is_lost & ~is_first & ~is_second
    # a suspension that is over before grace is has ended nothing
    ends_first = np.where(is_hidden & (reinstated_on <= begins), ends, ends_first)
    return [
        _zombies(settled, "Z", is_first | is_hidden, begins, ends_first),
        _zombies(settled, "Y", is_second, begins_again, ends),
    ]


def leaky_truth(settled: Settlement) -> Truth:
    """Tell the leaky buckets: paid short and past due, until the rest is paid.

    Args:
        settled: What becomes of the invoices of one month.

    Returns:
        One spell for each short payment.
    """
    begins = np.maximum(settled.paid_on, settled.due_on + 1)
    told = settled.is_short
    return Truth(
        rule=LEAKY_BUCKET,
        letter="K",
        bills=settled.bills.select(told),
        cents=settled.missing_cents[told],
        observable_from=begins[told],
        ends_on=settled.topped_up_on[told],
        is_injected=np.ones(int(told.sum()), dtype=np.bool_),
    )


def _zombies(
    settled: Settlement,
    letter: str,
    told: NDArray[np.bool_],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
) -> Truth:
    bills = settled.bills.select(told)
    return Truth(
        rule=ZOMBIE,
        letter=letter,
        bills=bills,
        cents=bills.cents,
        observable_from=begins[told],
        ends_on=ends[told],
        is_injected=settled.is_lost[told],
    )
