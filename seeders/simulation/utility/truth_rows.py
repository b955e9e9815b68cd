"""The truth about a run of utility accounts as rows of `ground_truth`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.months import NEVER
from seeders.simulation.utility import names
from seeders.simulation.utility.account_rows import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.faults.utility import Truth
    from seeders.simulation.utility.books import Spells
    from seeders.simulation.utility.cycles import Cycles
    from seeders.simulation.utility.names import Names
    from seeders.simulation.utility.people import Customers

FAULTS: Final = "ground_truth.faults"
RELIABILITY: Final = "ground_truth.customer_reliability"

_CENT_DIGITS: Final = 2
_RELIABILITY_DIGITS: Final = 6
_TAG: Final = 3
_DIGITS: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)


def fault_rows(
    cycles: Cycles, told: dict[str, Truth], ids: Names, until: int
) -> Iterator[pa.RecordBatch]:
    """Write faults.

    Args:
        cycles: The calendar.
        told: Faults by rule.
        ids: The ids of the run's accounts.
        until: The last day simulated; an end after it has not come yet.

    Yields:
        Rows of `ground_truth.faults`, one batch for each rule that has any.
    """
    tags = _tags(np.concatenate([truth.spells.account for truth in told.values()]))
    for rule, truth in told.items():
        spells = truth.spells
        count = len(spells.account)
        tag, tags = tags[:count], tags[count:]
        if count == 0:
            continue
        entity_type, entity_id = _entities(rule, spells, ids)
        yield pa.record_batch(
            {
                "fault_id": ids.tagged(names.FAULT, spells.account, tag),
                "rule": columns.constant(rule, count),
                "cause": columns.choice(("natural", "injected"), truth.is_injected.astype(np.int8)),
                "entity_type": columns.constant(entity_type, count),
                "entity_id": entity_id,
                "account_id": ids.short(names.ACCOUNT, spells.account),
                "period_start": columns.days(_periods(rule, spells, cycles)),
                "amount": columns.decimals(spells.open_cents, _CENT_DIGITS),
                "currency": columns.constant(CURRENCY, count),
                "observable_from": columns.days(spells.begins_on),
                "ends_on": columns.days(np.where(spells.ends_on <= until, spells.ends_on, NEVER)),
            }
        )


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
    """Say what a rule's faults are about."""
    if rule == "ghost":
        return "account", ids.short(names.ACCOUNT, spells.account)
    if rule == "duplicate_payment":
        return "payment", ids.long(names.PAYMENT, spells.account, spells.billed)
    return "invoice", ids.long(names.BILL, spells.account, spells.billed)


def _periods(rule: str, spells: Spells, cycles: Cycles) -> NDArray[np.int32]:
    """Say which periods a rule's faults belong to: a payment to its month, all else to a cycle."""
    if rule == "duplicate_payment":
        months = spells.begins_on.astype("datetime64[D]").astype("datetime64[M]")
        return months.astype("datetime64[D]").astype(np.int32)
    return cycles.first_days(spells.billed - 1)


def _tags(account: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Number faults within their account, by three digits of base 36."""
    order = np.argsort(account, kind="stable")
    ordered = account[order]
    within = np.empty(len(account), dtype=np.int64)
    within[order] = np.arange(len(account)) - np.searchsorted(ordered, ordered)
    written = np.empty((len(account), _TAG), dtype=np.uint8)
    for place in range(_TAG - 1, -1, -1):
        within, digit = np.divmod(within, len(_DIGITS))
        written[:, place] = _DIGITS[digit]
    return written
