"""Which subscriptions are due for an invoice in a month, and which of them get one.

A subscription is invoiced on its billing day, or on the last day of a shorter month, if by then it has started, is
past its trial, has not been cancelled on an earlier day and its account is active. Free subscriptions are not
invoiced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.subscription.draws import MonthDraws
from seeders.simulation.subscription.facts import Bills
from seeders.simulation.subscription.inject import skip_invoices

if TYPE_CHECKING:
    from seeders.config import SimulationConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.subscription.lifecycles import Lifecycles
    from seeders.streams import Streams


def bill_month(
    config: SimulationConfig, streams: Streams, axis: MonthAxis, lifecycles: Lifecycles, month: int
) -> Bills:
    """Bill one month of a run of customers.

    Args:
        config: Rates of the billing process.
        streams: Where the draws come from.
        axis: The simulated months.
        lifecycles: The run of customers.
        month: Number of the month.

    Returns:
        Every subscription-month that is due for an invoice, ghosts included.
    """
    subscriptions = lifecycles.subscriptions
    first_day, last_day = axis.first_day(month), axis.last_day(month)
    everyone = np.minimum(first_day + subscriptions.billing_day - 1, last_day).astype(np.int32)
    row = np.flatnonzero(
        (subscriptions.trial_until <= everyone)
        & (subscriptions.cancelled_on >= everyone)
        & ~lifecycles.is_suspended(everyone, subscriptions.owner)
    )
    unit_cents = subscriptions.unit_cents_on(everyone[row], row)
    row, unit_cents = row[unit_cents > 0], unit_cents[unit_cents > 0]
    billing_date, owner = everyone[row], subscriptions.owner[row]
    draws = MonthDraws(streams, lifecycles, month, subscriptions.draw[row])
    is_ghost, issued_on = skip_invoices(config.ghost, draws, row, billing_date)
    quantity = subscriptions.quantity[row]
    return Bills(
        month=month,
        lifecycles=lifecycles,
        draws=draws,
        row=row,
        owner=owner,
        billing_date=billing_date,
        issued_on=issued_on,
        is_ghost=is_ghost,
        plan=subscriptions.plan_on(billing_date, row),
        quantity=quantity,
        unit_cents=unit_cents,
        cents=unit_cents * quantity,
    )
