"""What happens in a cycle, as arrays: accounts opened, bills checked and issued, payments made, energy used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeders.simulation.arrays import Arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ACTIVE, SUSPENDED, CLOSED = range(3)
STATUSES: Final = ("Active", "Suspended", "Closed")
STEPS: Final = ("none", "minor", "partial", "major", "full")
NONE, CLEAR, PENALISE, SUSPEND, REINSTATE, CLOSE = range(6)
ACTIONS: Final = ("none", "clear", "penalise", "suspend", "reinstate", "close")


@dataclass(frozen=True)
class Accounts(Arrays):
    """n accounts, in the order they were opened.

    Attributes:
        customer: Position of the customer in the run.
        within: Number within the customer, from 0.
        opened: The cycle they opened in.
        least: The least milli-kWh used in a cycle, before the seasonal factor.
        width: How much more may be used.
        rate: Millionths of a unit of money for a kWh.
    """

    customer: NDArray[np.intp]
    within: NDArray[np.int64]
    opened: NDArray[np.int32]
    least: NDArray[np.float64]
    width: NDArray[np.float64]
    rate: NDArray[np.int64]


@dataclass(frozen=True)
class Checks(Arrays):
    """Checks of bills on the first day of a cycle, and their results. One per account."""

    account: NDArray[np.intp]
    total: NDArray[np.int64]
    unpaid: NDArray[np.int64]
    unpaid_before: NDArray[np.int64]
    score_before: NDArray[np.int64]
    step: NDArray[np.int8]
    penalty: NDArray[np.int64]
    score: NDArray[np.int64]
    was: NDArray[np.int8]
    status: NDArray[np.int8]
    action: NDArray[np.int8]


@dataclass(frozen=True)
class Bills(Arrays):
    """Bills of one day. `cents` are their own charges, `total` is the amount due printed on them."""

    account: NDArray[np.intp]
    cents: NDArray[np.int64]
    total: NDArray[np.int64]


@dataclass(frozen=True)
class Payments(Arrays):
    """Payments, each made for the bill issued on the first day of `billed`, a cycle."""

    account: NDArray[np.intp]
    billed: NDArray[np.int32]
    paid_on: NDArray[np.int32]
    cents: NDArray[np.int64]


@dataclass(frozen=True)
class Usages(Arrays):
    """What accounts use in a cycle."""

    account: NDArray[np.intp]
    milli_kwh: NDArray[np.int64]


@dataclass(frozen=True)
class Ghosts(Arrays):
    """Usage of the cycle before `billed` that is never billed, and what should have been charged."""

    account: NDArray[np.int32]
    billed: NDArray[np.int32]
    cents: NDArray[np.int64]
    is_injected: NDArray[np.bool_]


@dataclass(frozen=True)
class CycleFacts:
    """What happens in one cycle.

    Attributes:
        cycle: Its number.
        checks: The checks on its first day.
        ghosts: Usage of the cycle before for which no bill is issued.
        bills: The bills that are issued.
        payments: The payments made during it, for any bill.
        opened: The new accounts.
        usages: The energy used.
    """

    cycle: int
    checks: Checks
    ghosts: Ghosts
    bills: Bills
    payments: Payments
    opened: Accounts
    usages: Usages
