"""Which subscriptions are due a bill in a month, and which of them get one.

A subscription is billed on its billing day, or on the month's last day where the month is shorter,
when by then it has started, is past its trial, has not been cancelled earlier (the day of the cancellation
itself is billed) and its account is active. What is free of charge is not billed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seeders.faults.leakage import skip_invoices
from seeders.simulation.subscription.draws import MonthDraws

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import SimulationConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.subscription.lives import Lives
    from seeders.streams import Streams


@dataclass(frozen=True)
class Bills:
    """k subscription-months that are due a bill.

    `issued_on` is the billing date, a later day for a ghost that is billed after all, and `NEVER` for
    one that is not.
    """

    month: int
    lives: Lives
    draws: MonthDraws
    row: NDArray[np.intp]
    owner: NDArray[np.intp]
    billing_date: NDArray[np.int32]
    issued_on: NDArray[np.int32]
    is_ghost: NDArray[np.bool_]
    plan: NDArray[np.int8]
    quantity: NDArray[np.int64]
    unit_cents: NDArray[np.int64]
    cents: NDArray[np.int64]

    def select(self, rows: NDArray[np.bool_]) -> Bills:
        """Narrow down to some of the rows."""
        return Bills(
            month=self.month,
            lives=self.lives,
            draws=self.draws.select(rows),
            row=self.row[rows],
            owner=self.owner[rows],
            billing_date=self.billing_date[rows],
            issued_on=self.issued_on[rows],
            is_ghost=self.is_ghost[rows],
            plan=self.plan[rows],
            quantity=self.quantity[rows],
            unit_cents=self.unit_cents[rows],
            cents=self.cents[rows],
        )


def bill_month(
    config: SimulationConfig, streams: Streams, axis: MonthAxis, lives: Lives, month: int
) -> Bills:
    """Work out the bills of one month for a run of customers.

    Args:
        config: Rates of the billing process.
        streams: Where the draws come from.
        axis: The simulated months.
        lives: The run of customers.
        month: Number of the month.

    Returns:
        Every subscription-month that is due a bill, ghosts included.
    """
    subscriptions = lives.subscriptions
    first_day, last_day = axis.first_day(month), axis.last_day(month)
    everyone = np.minimum(first_day + subscriptions.billing_day - 1, last_day).astype(np.int32)
    row = np.flatnonzero(
        (subscriptions.trial_until <= everyone)
        & (subscriptions.cancelled_on >= everyone)
        & ~lives.is_suspended(everyone, subscriptions.owner)
    )
    unit_cents = subscriptions.unit_cents_on(everyone[row], row)
    row, unit_cents = row[unit_cents > 0], unit_cents[unit_cents > 0]
    billing_date, owner = everyone[row], subscriptions.owner[row]
    draws = MonthDraws(streams, lives, month, subscriptions.draw[row])
    is_ghost, issued_on = skip_invoices(config.ghost, draws, row, billing_date)
    quantity = subscriptions.quantity[row]
    return Bills(
        month=month,
        lives=lives,
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
