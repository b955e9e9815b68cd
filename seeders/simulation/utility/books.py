"""The simulator's own books of utilities: what is paid and open of every bill, day by day.

All accounts are balance forward: with C the payments to date and D what had been billed before, a bill is paid by
`min(max(C - D, 0), own charges)` from its issue on. The total of payments only grows, so the payments that settle a
bill are consecutive; a payment in advance is applied when the bill is issued. All bills of a run are looked up at once
in the sorted running totals of its payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CENTS: Final = 2**40
"""More than any account is ever billed, so that account and amount make one sortable number."""

_SPAN: Final = 2**31
"""More than any day, so that account and day make one sortable number."""


@dataclass(frozen=True)
class Charges(Arrays):
    """The own charges of bills. `billed` is the cycle on whose first day they were issued."""

    account: NDArray[np.int32]
    billed: NDArray[np.int32]
    cents: NDArray[np.int64]


@dataclass(frozen=True)
class Money(Arrays):
    """Payments by account and day. `billed` is the cycle whose bill a payment was made for."""

    account: NDArray[np.int32]
    billed: NDArray[np.int32]
    paid_on: NDArray[np.int32]
    cents: NDArray[np.int64]

    def in_order(self) -> Money:
        """Sort them by account and day."""
        return self.select(np.argsort(self.account * np.int64(_SPAN) + self.paid_on))

    def repeated(self, window: int) -> Money:
        """Find payments that repeat an equal one of their account.

        Of two payments on one day the one for the later bill repeats the other.

        Args:
            window: Days that may lie between the two.

        Returns:
            The later of each two, in order.
        """
        # hardly any payments are this close together: only those are compared
        is_near = (np.diff(self.account) == 0) & (np.diff(self.paid_on) <= window)
        near = self.select(np.flatnonzero(np.append(is_near, False) | np.append(False, is_near)))
        near = near.select(np.lexsort((near.billed, near.paid_on, near.cents, near.account)))
        follows = (
            (np.diff(near.account) == 0)
            & (np.diff(near.cents) == 0)
            & (np.diff(near.paid_on) <= window)
        )
        return near.select(np.flatnonzero(follows) + 1)


@dataclass(frozen=True)
class Spells(Arrays):
    """Spells of constant balance of bills that are past due.

    Attributes:
        account: Position of the account.
        billed: The cycle on whose first day the bill was issued.
        open_cents: What is open of it.
        begins_on: The first day.
        ends_on: The first day on which something else holds, `NEVER` if that does not come.
    """

    account: NDArray[np.int32]
    billed: NDArray[np.int32]
    open_cents: NDArray[np.int64]
    begins_on: NDArray[np.int32]
    ends_on: NDArray[np.int32]

    def within(self, first_day: NDArray[np.int32], end: NDArray[np.int32]) -> Spells:
        """Cut spells to the days from `first_day` to before `end`, and drop those that have none left."""
        begins = np.maximum(self.begins_on, first_day)
        ends = np.minimum(self.ends_on, end)
        rows = np.flatnonzero(begins < ends)
        return Spells(
            account=self.account[rows],
            billed=self.billed[rows],
            open_cents=self.open_cents[rows],
            begins_on=begins[rows],
            ends_on=ends[rows],
        )


def keep_books(charges: Charges, money: Money, due_on: NDArray[np.int32]) -> tuple[Spells, Spells]:
    """Find the spells in which bills are open and past due.

    Args:
        charges: All bills of a run of accounts that charge anything, in any order.
        money: All payments in order.
        due_on: The day on which the bills of each cycle are due.

    Returns:
        The spells in which nothing is paid of a bill, and those in which a part is paid, both in order of
        account and bill. A spell that ends on the day it begins is empty.
    """
    totals = _Totals.of(money)
    charges = charges.select(np.argsort(charges.account * np.int64(_SPAN) + charges.billed))
    before = _within_account(charges.account, charges.cents) - charges.cents
    floor = charges.account * np.int64(_MOST_CENTS) + before
    settled = np.searchsorted(totals.place, floor + charges.cents)
    due = due_on[charges.billed]
    late = np.flatnonzero(totals.day_of(settled, charges.account) > due)
    charges, floor, due, settled = charges.select(late), floor[late], due[late], settled[late]

    touched = np.searchsorted(totals.place, floor, side="right")
    unpaid = Spells(
        account=charges.account,
        billed=charges.billed,
        open_cents=charges.cents,
        begins_on=due + 1,
        ends_on=totals.day_of(touched, charges.account),
    )
    # every payment from the first that is applied to a bill to the one before it is settled
    ends = np.minimum(settled, totals.end_of(charges.account))
    count = np.maximum(ends - touched, 0)
    bill = np.repeat(np.arange(len(count)), count)
    event = np.arange(len(bill)) - np.repeat(np.cumsum(count) - count - touched, count)
    account = charges.account[bill]
    partly_paid = Spells(
        account=account,
        billed=charges.billed[bill],
        open_cents=floor[bill] + charges.cents[bill] - totals.place[event],
        begins_on=np.maximum(totals.day[event], due[bill] + 1),
        ends_on=totals.day_of(event + 1, account),
    )
    return unpaid, partly_paid


@dataclass(frozen=True)
class ActiveSpells(Arrays):
    """Spells in which accounts are active, in order of account and day."""

    account: NDArray[np.int32]
    begins_on: NDArray[np.int32]
    ends_on: NDArray[np.int32]


def while_active(spells: Spells, active_spells: ActiveSpells) -> Spells:
    """Narrow spells down to the days on which their account is active.

    Args:
        spells: k spells.
        active_spells: When accounts are active.

    Returns:
        The parts of the spells, in their order.
    """
    starts = active_spells.account * np.int64(_SPAN) + active_spells.begins_on
    ends = active_spells.account * np.int64(_SPAN) + active_spells.ends_on
    base = spells.account * np.int64(_SPAN)
    first = np.searchsorted(ends, base + spells.begins_on, side="right")
    last = np.searchsorted(starts, base + spells.ends_on)
    count = np.maximum(last - first, 0)
    spell = np.repeat(np.arange(len(count)), count)
    active = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count - first, count)
    return spells.select(spell).within(
        active_spells.begins_on[active], active_spells.ends_on[active]
    )


@dataclass(frozen=True)
class _Totals:
    """What each account has paid in all, payment by payment.

    Attributes:
        place: Account and total with the payment as one number, ascending.
        account: The account of each.
        day: The day of each.
    """

    place: NDArray[np.int64]
    account: NDArray[np.int32]
    day: NDArray[np.int32]

    @classmethod
    def of(cls, money: Money) -> _Totals:
        """Add up payments that are in order of account and day."""
        # the order of payments on one day does not matter: the spells between them are empty
        paid = _within_account(money.account, money.cents)
        place = money.account * np.int64(_MOST_CENTS) + paid
        return cls(place, money.account, money.paid_on)

    def day_of(self, event: NDArray[np.intp], account: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the days of payments, `NEVER` for those of another account than the one given."""
        padded_day = np.append(self.day, np.int32(NEVER))
        padded_account = np.append(self.account, np.int32(-1))
        is_there = padded_account[event] == account
        return np.where(is_there, padded_day[event], np.int32(NEVER))

    def end_of(self, account: NDArray[np.int32]) -> NDArray[np.intp]:
        """Return the position after the last payment of each account."""
        return np.searchsorted(self.account, account, side="right")


def _within_account(account: NDArray[np.int32], cents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return running totals within each account, of amounts in order of account."""
    sums = np.cumsum(cents)
    first = np.flatnonzero(np.diff(account, prepend=-1) != 0)
    before = np.repeat(sums[first] - cents[first], np.diff(first, append=len(account)))
    within: NDArray[np.int64] = sums - before
    return within
