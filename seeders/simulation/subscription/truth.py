"""The true leakage of subscriptions: which invoices and payments match a rule, and on which days.

It covers everything that matches a rule, injected or not, for exactly the days on which the facts known by then show
it. An injected fault that can never be observed is included with an end no later than its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation import columns
from seeders.simulation.months import NEVER
from seeders.simulation.subscription.account_rows import account_ids
from seeders.simulation.subscription.plans import CURRENCY
from seeders.simulation.truth import FaultRows, causes

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.subscription.facts import Bills, Settlement

GHOST: Final = "ghost"
ZOMBIE: Final = "zombie"
LEAKY_BUCKET: Final = "leaky_bucket"


@dataclass(frozen=True)
class Truth:
    """k faults of one rule, each on a bill.

    A fault is observable on day d if `observable_from <= d < ends_on`, so never if it ends before it begins. `letter`
    is the first letter of the fault ids, so that two spells of the same fault have different ids.
    """

    rule: str
    letter: str
    bills: Bills
    cents: NDArray[np.int64]
    observable_from: NDArray[np.int32]
    ends_on: NDArray[np.int32]
    is_injected: NDArray[np.bool_]


def ghost_truth(policy: PolicyConfig, bills: Bills) -> Truth:
    """Return the ghosts: from the day after the invoicing lag until the invoice is issued.

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
    """Return the zombies: nothing paid after the days of grace, while account and subscription are active.

    The rule does not distinguish a lost payment from one never made; `is_injected` does. A suspension interrupts a
    zombie, which then has up to two spells, before and after it. An injected zombie that has neither is returned
    with the first spells.

    Args:
        policy: The days of grace.
        settled: How the invoices of one month are settled.

    Returns:
        The first and the second spells.
    """
    bills = settled.bills
    begins = settled.due_on + np.int32(policy.zombie_grace_days + 1)
    cancelled_on = bills.lifecycles.subscriptions.cancelled_on[bills.row]
    ends = np.minimum(np.minimum(settled.paid_on, settled.written_off_on), cancelled_on)
    customers = bills.lifecycles.customers
    suspended_on = customers.suspended_on[bills.owner]
    reinstated_on = customers.reinstated_on[bills.owner]
    ends_first, begins_again = np.minimum(ends, suspended_on), np.maximum(begins, reinstated_on)
    # a spell that would begin at NEVER does not exist, however late it ends
    is_first, is_second = begins < ends_first, begins_again < np.minimum(ends, NEVER)
    is_hidden = settled.is_lost & ~is_first & ~is_second
    # a suspension that ends within the days of grace interrupts nothing
    ends_first = np.where(is_hidden & (reinstated_on <= begins), ends, ends_first)
    return [
        _zombies(settled, "Z", is_first | is_hidden, begins, ends_first),
        _zombies(settled, "Y", is_second, begins_again, ends),
    ]


def leaky_truth(settled: Settlement) -> Truth:
    """Return the leaky buckets: partly paid and past due, until the rest is paid.

    Args:
        settled: How the invoices of one month are settled.

    Returns:
        One spell for each short payment.
    """
    begins = np.maximum(settled.paid_on, settled.due_on + 1)
    short = settled.is_short
    return Truth(
        rule=LEAKY_BUCKET,
        letter="K",
        bills=settled.bills.select(short),
        cents=settled.missing_cents[short],
        observable_from=begins[short],
        ends_on=settled.topped_up_on[short],
        is_injected=np.ones(int(short.sum()), dtype=np.bool_),
    )


def _zombies(
    settled: Settlement,
    letter: str,
    rows: NDArray[np.bool_],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
) -> Truth:
    bills = settled.bills.select(rows)
    return Truth(
        rule=ZOMBIE,
        letter=letter,
        bills=bills,
        cents=bills.cents,
        observable_from=begins[rows],
        ends_on=ends[rows],
        is_injected=settled.is_lost[rows],
    )


def truth_rows(axis: MonthAxis, truth: Truth) -> pa.RecordBatch:
    """Write faults as rows of `ground_truth.faults`.

    Args:
        axis: The simulated months.
        truth: Spells of one rule in one month.

    Returns:
        One row per spell.
    """
    bills = truth.bills
    entity = bills.lifecycles.subscriptions.digits[bills.row]
    count = len(bills.row)
    is_ghost = truth.rule == GHOST
    return FaultRows(
        rule=truth.rule,
        entity_type="subscription" if is_ghost else "invoice",
        fault_id=columns.month_id(truth.letter, entity, bills.month),
        cause=causes(truth.is_injected),
        entity_id=columns.around("S", entity)
        if is_ghost
        else columns.month_id("I", entity, bills.month),
        account_id=account_ids(entity),
        period_start=np.full(count, axis.first_day(bills.month), dtype=np.int32),
        amount=columns.money(truth.cents),
        currency=columns.constant(CURRENCY, count),
        observable_from=truth.observable_from,
        ends_on=truth.ends_on,
    ).rows()
