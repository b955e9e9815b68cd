"""Rows of `ground_truth.faults`, as every line of business writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

FAULTS: Final = "ground_truth.faults"


@dataclass(frozen=True)
class FaultRows:
    """k faults of one rule, all about the same type of entity.

    Attributes:
        rule: The rule that should find them.
        entity_type: What they are about.
        fault_id: Their ids.
        cause: Whether it was injected, see `causes`.
        entity_id: What each is about.
        account_id: Its account.
        period_start: First day of the period each belongs to.
        amount: What is at stake.
        currency: In which currency.
        observable_from: The first day on which each can be seen.
        ends_on: The first day on which it no longer can, `NEVER` for most.
    """

    rule: str
    entity_type: str
    fault_id: pa.Array
    cause: pa.Array
    entity_id: pa.Array
    account_id: pa.Array
    period_start: NDArray[np.int32]
    amount: pa.Array
    currency: pa.Array
    observable_from: NDArray[np.int32]
    ends_on: NDArray[np.int32]

    def rows(self) -> pa.RecordBatch:
        """Write them as rows of `ground_truth.faults`."""
        count = len(self.period_start)
        return pa.record_batch(
            {
                "fault_id": self.fault_id,
                "rule": columns.constant(self.rule, count),
                "cause": self.cause,
                "entity_type": columns.constant(self.entity_type, count),
                "entity_id": self.entity_id,
                "account_id": self.account_id,
                "period_start": columns.days(self.period_start),
                "amount": self.amount,
                "currency": self.currency,
                "observable_from": columns.days(self.observable_from),
                "ends_on": columns.days(self.ends_on),
            }
        )


def causes(is_injected: NDArray[np.bool_]) -> pa.Array:
    """Return the cause of each fault: injected, or natural where it follows from what customers do."""
    return columns.choice(("natural", "injected"), is_injected.astype(np.int8))


def ended_by(ends_on: NDArray[np.int32], until: int) -> NDArray[np.int32]:
    """Return the ends up to a day, and `NEVER` for later ones, which are not known yet."""
    return np.where(ends_on <= until, ends_on, NEVER).astype(np.int32)


def first_covered_on(
    amount: NDArray[np.int64],
    corrected: NDArray[np.intp],
    corrected_on: NDArray[np.int32],
    corrections: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Find the day on which an invoice or payment is corrected in full, by one credit note or refund.

    Args:
        amount: The amounts of n invoices or payments, in cents.
        corrected: Which of them each of k corrections is about, by position.
        corrected_on: The day of each correction.
        corrections: The amount of each, in cents.

    Returns:
        n days, `NEVER` where no correction reaches the whole amount.
    """
    covered_on = np.full(len(amount), NEVER, dtype=np.int32)
    in_full = corrections >= amount[corrected]
    np.minimum.at(covered_on, corrected[in_full], corrected_on[in_full])
    return covered_on
