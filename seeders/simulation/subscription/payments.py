"""When and how far the invoices of a month are ever paid.

Most customers pay in full and on time, some late but in full. A non-payer stops paying with some invoice, until the
account is reinstated, which requires paying what is open, or closed, when it is written off. Which of these payments
are then lost or fall short is decided in `inject`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.months import NEVER
from seeders.simulation.subscription.facts import Settlement
from seeders.simulation.subscription.inject import lose_payments, shorten_payments

if TYPE_CHECKING:
    from seeders.config import SimulationConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.subscription.facts import Bills


def settle(config: SimulationConfig, axis: MonthAxis, bills: Bills) -> Settlement:
    """Work out how invoices are settled.

    Args:
        config: How customers pay, and how much of it is lost.
        axis: The simulated months.
        bills: k subscription-months; those never invoiced are left out.

    Returns:
        How the invoices are settled.
    """
    bills = bills.select(bills.issued_on < NEVER)
    payments, draws = config.payments, bills.draws
    customers, owner = bills.lifecycles.customers, bills.owner
    terms = config.subscription.payment_terms_days
    due_on = bills.issued_on + np.int32(terms)

    is_lost = lose_payments(config.zombie, draws)
    refused = (customers.unpaid_from[owner] <= bills.issued_on) & (
        bills.issued_on < customers.suspended_on[owner]
    )
    # One draw decides how an ordinary invoice is paid: short, late but in full, or neither. Its lower
    # end, rescaled, also decides which of the short ones come late: both questions stay independent.
    behaviour = draws("payment.behaviour")
    short_rate, late_share = config.leaky.rate, payments.late_share
    is_short = ~is_lost & ~refused & (behaviour < short_rate)
    is_late = np.where(
        behaviour < short_rate,
        behaviour < short_rate * late_share,
        behaviour < short_rate + late_share,
    )
    share = draws("payment.day")
    on_time = bills.issued_on + (share * (terms + 1)).astype(np.int32)
    late = due_on + 1 + (share * payments.late_max_days).astype(np.int32)
    chosen_on = np.where(is_late, late, on_time)
    paid_on = np.where(refused, customers.reinstated_on[owner], chosen_on)
    paid_on = np.where(is_lost, NEVER, paid_on).astype(np.int32)

    paid_cents = np.where(paid_on < NEVER, bills.cents, 0)
    is_short, paid_cents, topped_up_on = shorten_payments(
        config.leaky, bills, is_short, paid_on, paid_cents
    )
    in_full_on_time = (paid_on <= due_on) & ~is_short & ~refused
    arrives_late = in_full_on_time & draws.happens(
        "payment.arrives_late", payments.late_arrival_share
    )
    # Until a late row arrives its invoice looks unpaid. That must not look like a zombie.
    month_end = axis.month_end(paid_on[arrives_late])
    arrives_late[arrives_late] = month_end <= due_on[arrives_late] + config.policy.zombie_grace_days
    return Settlement(
        bills=bills,
        due_on=due_on,
        paid_on=paid_on,
        paid_cents=paid_cents,
        arrives_late=arrives_late,
        topped_up_on=topped_up_on,
        written_off_on=np.where(refused & ~is_lost, customers.closed_on[owner], NEVER),
        is_lost=is_lost,
        is_short=is_short,
    )
