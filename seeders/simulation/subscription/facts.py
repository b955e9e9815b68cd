"""Invoices of a month and how they are settled, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seeders.simulation.subscription.draws import MonthDraws
    from seeders.simulation.subscription.lifecycles import Lifecycles


@dataclass(frozen=True)
class Bills:
    """k subscription-months that are due for an invoice.

    `issued_on` is the billing date, a later day for a ghost that is invoiced late, and `NEVER` for one that is never
    invoiced.
    """

    month: int
    lifecycles: Lifecycles
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
        """Return some of the rows."""
        return Bills(
            month=self.month,
            lifecycles=self.lifecycles,
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


@dataclass(frozen=True)
class Settlement:
    """How k invoices are settled. Days are `NEVER` for events that do not happen.

    `arrives_late` marks payments whose row is delivered one month late.
    """

    bills: Bills
    due_on: NDArray[np.int32]
    paid_on: NDArray[np.int32]
    paid_cents: NDArray[np.int64]
    arrives_late: NDArray[np.bool_]
    topped_up_on: NDArray[np.int32]
    written_off_on: NDArray[np.int32]
    is_lost: NDArray[np.bool_]
    is_short: NDArray[np.bool_]

    @property
    def missing_cents(self) -> NDArray[np.int64]:
        """What the first payment leaves open, in cents."""
        return self.bills.cents - self.paid_cents
