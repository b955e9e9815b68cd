"""The true faults of utility accounts: usage never billed, bills unpaid or partly paid, payments that look repeated.

Only bills skipped by mistake are injected. The rest follows from the rules and from what customers do: a closure
leaves the last usage unbilled, bills are not paid, and an account that pays one bill late and in part, and the next
one days later, sometimes pays the same amount both times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import numbered_within
from seeders.simulation.months import NEVER
from seeders.simulation.truth import FaultRows, causes, ended_by
from seeders.simulation.utility import names
from seeders.simulation.utility.account_rows import CURRENCY
from seeders.simulation.utility.books import Spells, keep_books, while_active

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.utility.books import Money
    from seeders.simulation.utility.cycles import Cycles
    from seeders.simulation.utility.facts import Ghosts
    from seeders.simulation.utility.history import History
    from seeders.simulation.utility.names import Names
    from seeders.simulation.utility.people import Customers

RELIABILITY: Final = "ground_truth.customer_reliability"

_CENT_DIGITS: Final = 2
_RELIABILITY_DIGITS: Final = 6
_TAG: Final = 3


@dataclass(frozen=True)
class Truth:
    """The spells in which the faults of one rule are observable, and which of them were injected."""

    spells: Spells
    is_injected: NDArray[np.bool_]


def find_faults(
    policy: PolicyConfig, cycles: Cycles, history: History, until: int
) -> dict[str, Truth]:
    """Find every ghost, zombie, leaky bucket and repeated payment of a run of accounts.

    Args:
        policy: The thresholds of the rules.
        cycles: The calendar.
        history: What has happened up to a day.
        until: That day, the last one simulated.

    Returns:
        Faults by rule. A ghost is included even if it is not observable yet.
    """
    count = cycles.begun_by(until)
    due_on = np.array([cycles.begins(cycle + 1) for cycle in range(count)], dtype=np.int32)
    unpaid, partly_paid = keep_books(history.charges, history.money, due_on)
    past_grace = due_on[unpaid.billed] + np.int32(policy.zombie_grace_days + 1)
    zombies = unpaid.within(past_grace, np.full(len(past_grace), NEVER, dtype=np.int32))
    buckets = partly_paid.within(partly_paid.begins_on, history.closed_on[partly_paid.account])
    return {
        "ghost": _ghosts(policy, cycles, history.ghosts),
        "zombie": _natural(while_active(zombies, history.active_spells), until),
        "leaky_bucket": _natural(buckets, until),
        "duplicate_payment": _natural(_repeated(policy, history.money), until),
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


def _repeated(policy: PolicyConfig, money: Money) -> Spells:
    again = money.repeated(policy.duplicate_window_days)
    never = np.full(len(again.account), NEVER, dtype=np.int32)
    return Spells(again.account, again.billed, again.cents, again.paid_on, never)


def _natural(spells: Spells, until: int) -> Truth:
    known = spells.select(np.flatnonzero(spells.begins_on <= until))
    return Truth(known, np.zeros(len(known.account), dtype=np.bool_))


def fault_rows(
    cycles: Cycles, truths: dict[str, Truth], ids: Names, until: int
) -> Iterator[pa.RecordBatch]:
    """Write faults.

    Args:
        cycles: The calendar.
        truths: Faults by rule.
        ids: The ids of the run's accounts.
        until: The last day simulated; later ends are not known yet.

    Yields:
        Rows of `ground_truth.faults`, one batch for each rule that has any.
    """
    account = np.concatenate([truth.spells.account for truth in truths.values()])
    tags = columns.base_36(numbered_within(account), _TAG)
    for rule, truth in truths.items():
        spells = truth.spells
        count = len(spells.account)
        tag, tags = tags[:count], tags[count:]
        if count == 0:
            continue
        entity_type, entity_id = _entities(rule, spells, ids)
        yield FaultRows(
            rule=rule,
            entity_type=entity_type,
            fault_id=ids.tagged(names.FAULT, spells.account, tag),
            cause=causes(truth.is_injected),
            entity_id=entity_id,
            account_id=ids.short(names.ACCOUNT, spells.account),
            period_start=_periods(rule, spells, cycles),
            amount=columns.decimals(spells.open_cents, _CENT_DIGITS),
            currency=columns.constant(CURRENCY, count),
            observable_from=spells.begins_on,
            ends_on=ended_by(spells.ends_on, until),
        ).rows()


def reliability_rows(these: Customers) -> pa.RecordBatch:
    """Write how reliable customers are, as rows of `ground_truth.customer_reliability`."""
    millionths = np.rint(these.reliability * 10**_RELIABILITY_DIGITS).astype(np.int64)
    return pa.record_batch(
        {
            "customer_id": columns.around(names.CUSTOMER, these.digits),
            "reliability": columns.decimals(millionths, _RELIABILITY_DIGITS),
        }
    )


def _entities(rule: str, spells: Spells, ids: Names) -> tuple[str, pa.Array]:
    """Return what a rule's faults are about."""
    if rule == "ghost":
        return "account", ids.short(names.ACCOUNT, spells.account)
    if rule == "duplicate_payment":
        return "payment", ids.long(names.PAYMENT, spells.account, spells.billed)
    return "invoice", ids.long(names.BILL, spells.account, spells.billed)


def _periods(rule: str, spells: Spells, cycles: Cycles) -> NDArray[np.int32]:
    """Return the period of each fault: the month of a payment, the cycle of anything else."""
    if rule == "duplicate_payment":
        months = spells.begins_on.astype("datetime64[D]").astype("datetime64[M]")
        return months.astype("datetime64[D]").astype(np.int32)
    return cycles.first_days(spells.billed - 1)
