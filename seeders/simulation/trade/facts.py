"""The facts of trade credit as arrays, each with its id (`name`).

Ids are rows of ASCII bytes; facts refer to each other by position. `NEVER` is the day of events that do not happen.
A fact may be dated after the months simulated; whoever reads it has to leave it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.columns import BASE_36, digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDER_DIGITS: Final = 4
NATURAL, COPY, STRAY = range(3)
"""Why an invoice exists: an order, a duplicate of its invoice, or an order after the account was closed."""

REFUND, CHARGEBACK = range(2)
NO_INVOICE: Final = -1
"""In place of an invoice: the fact does not name one."""


@dataclass(frozen=True)
class Orders(Arrays):
    """m orders in order of account and number.

    Attributes:
        account: Position of the account in its run.
        number: Number of the order within its account, from 0.
        ordered_on: Day of the order.
        next_after: Days until the account's next order.
    """

    account: NDArray[np.intp]
    number: NDArray[np.int32]
    ordered_on: NDArray[np.int32]
    next_after: NDArray[np.int32]


@dataclass(frozen=True)
class StatusDays(Arrays):
    """The status of n accounts, by the days on which it changes.

    Attributes:
        unpaid_from: Date of the first invoice that is not paid.
        suspended_on: Day it is put on credit hold.
        reinstated_on: Day it may order again, having paid what was open.
        closed_on: Day it is closed.
        is_written_off: Whether what is open at closure is written off.
    """

    unpaid_from: NDArray[np.int32]
    suspended_on: NDArray[np.int32]
    reinstated_on: NDArray[np.int32]
    closed_on: NDArray[np.int32]
    is_written_off: NDArray[np.bool_]


@dataclass(frozen=True)
class Invoices(Arrays):
    """m invoices in order of account and number, which is the order of issue.

    Attributes:
        account: Position of the account in its run.
        order: Number of the order within its account.
        stem: Digits of account and invoice, m x 10; a duplicate has the odd number after its original's.
        kind: `NATURAL`, `COPY` or `STRAY`.
        issued_on: Date of the invoice.
        due_on: Its due date.
        priced_on: Day whose prices apply.
        lines_cents: The sum of its lines.
        cents: Its amount.
    """

    account: NDArray[np.intp]
    order: NDArray[np.int32]
    stem: NDArray[np.uint8]
    kind: NDArray[np.int8]
    issued_on: NDArray[np.int32]
    due_on: NDArray[np.int32]
    priced_on: NDArray[np.int32]
    lines_cents: NDArray[np.int64]
    cents: NDArray[np.int64]

    @property
    def name(self) -> NDArray[np.uint8]:
        """Invoice ids."""
        return named("J", self.stem)


@dataclass(frozen=True)
class Lines(Arrays):
    """Lines of invoices. `invoice` is the one they were issued with, `stem` the one they name."""

    invoice: NDArray[np.intp]
    number: NDArray[np.int8]
    stem: NDArray[np.uint8]
    sku: NDArray[np.int64]
    quantity: NDArray[np.int64]
    unit_cents: NDArray[np.int64]

    @property
    def cents(self) -> NDArray[np.int64]:
        """Amounts."""
        return self.quantity * self.unit_cents

    @property
    def name(self) -> NDArray[np.uint8]:
        """Line ids."""
        return named("M", self.stem, self.number)


@dataclass(frozen=True)
class Payments(Arrays):
    """Payments. `invoice` is the one they name, or `NOBODY`."""

    name: NDArray[np.uint8]
    account: NDArray[np.intp]
    invoice: NDArray[np.intp]
    paid_on: NDArray[np.int32]
    cents: NDArray[np.int64]
    is_eur: NDArray[np.bool_]


@dataclass(frozen=True)
class Allocations(Arrays):
    """Allocations of payments that name no invoice themselves."""

    name: NDArray[np.uint8]
    payment: NDArray[np.intp]
    invoice: NDArray[np.intp]
    allocated_on: NDArray[np.int32]
    cents: NDArray[np.int64]


@dataclass(frozen=True)
class Refunds(Arrays):
    """Refunds and chargebacks of payments. `kind` is `REFUND` or `CHARGEBACK`."""

    name: NDArray[np.uint8]
    payment: NDArray[np.intp]
    refunded_on: NDArray[np.int32]
    cents: NDArray[np.int64]
    kind: NDArray[np.int8]


@dataclass(frozen=True)
class CreditNotes(Arrays):
    """Credit notes. `reason` is a position in `REASONS`."""

    name: NDArray[np.uint8]
    invoice: NDArray[np.intp]
    credited_on: NDArray[np.int32]
    cents: NDArray[np.int64]
    reason: NDArray[np.int8]


REASONS: Final = (
    "return",
    "dispute resolved",
    "duplicate invoice",
    "billed after closure",
)
RETURN, RESOLVED, DUPLICATE, AFTER_CLOSURE = range(4)


@dataclass(frozen=True)
class WriteOffs(Arrays):
    """Write-offs of an invoice, or of all that an account owes where `invoice` is `NO_INVOICE`."""

    name: NDArray[np.uint8]
    account: NDArray[np.intp]
    invoice: NDArray[np.intp]
    written_off_on: NDArray[np.int32]


@dataclass(frozen=True)
class Disputes(Arrays):
    """Disputes of invoices."""

    name: NDArray[np.uint8]
    invoice: NDArray[np.intp]
    opened_on: NDArray[np.int32]
    resolved_on: NDArray[np.int32]
    cents: NDArray[np.int64]


@dataclass(frozen=True)
class Requests(Arrays):
    """Complaints. Times are seconds since 1970-01-01."""

    name: NDArray[np.uint8]
    account: NDArray[np.intp]
    category: NDArray[np.int8]
    priority: NDArray[np.int8]
    opened_at: NDArray[np.int64]
    responded_at: NDArray[np.int64]
    resolved_at: NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """All facts of a run of accounts."""

    invoices: Invoices
    lines: Lines
    payments: Payments
    allocations: Allocations
    refunds: Refunds
    credit_notes: CreditNotes
    write_offs: WriteOffs
    disputes: Disputes
    requests: Requests


def named(
    letter: str, stem: NDArray[np.uint8], slot: NDArray[np.integer] | int | None = None
) -> NDArray[np.uint8]:
    """Compose ids of a letter, a stem, and one more digit where there can be several of a kind.

    Args:
        letter: The kind of thing.
        stem: An n x width matrix of ASCII bytes.
        slot: Numbers up to 35, written as 0 to 9 and A to Z; the same for all, or one each.

    Returns:
        An n x (width + 1 or 2) matrix of ASCII bytes.
    """
    count, width = stem.shape
    rows = np.empty((count, width + 1 + (slot is not None)), dtype=np.uint8)
    rows[:, 0] = ord(letter)
    rows[:, 1 : width + 1] = stem
    if slot is not None:
        rows[:, -1] = BASE_36[slot]
    return rows


def stems(account_digits: NDArray[np.uint8], number: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Write the account and a number within it, side by side.

    Args:
        account_digits: An n x 6 matrix of ASCII bytes.
        number: n numbers of up to four digits.

    Returns:
        An n x 10 matrix of ASCII bytes.
    """
    return np.hstack([account_digits, digits(number.astype(np.int64), ORDER_DIGITS)])
