"""What is collected over all cycles of a run: the changes of status, and what the truth follows from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER
from seeders.simulation.utility.books import ActiveSpells, Charges, Money
from seeders.simulation.utility.facts import ACTIVE, CLOSED, Ghosts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.utility.cycles import Cycles
    from seeders.simulation.utility.facts import Accounts, CycleFacts


@dataclass(frozen=True)
class Changes(Arrays):
    """Changes of status: which account, in which cycle, from what to what."""

    account: NDArray[np.int32]
    cycle: NDArray[np.int32]
    was: NDArray[np.int8]
    status: NDArray[np.int8]

    def in_order(self) -> Changes:
        """Sort them by account and cycle."""
        return self.select(np.lexsort((self.cycle, self.account)))


@dataclass(frozen=True)
class History:
    """What the truth about a run of accounts follows from.

    Attributes:
        ghosts: Usage never billed.
        charges: All bills that charge anything.
        money: All payments, in order.
        active_spells: When accounts are active.
        closed_on: The day on which each account closed, `NEVER` for most.
    """

    ghosts: Ghosts
    charges: Charges
    money: Money
    active_spells: ActiveSpells
    closed_on: NDArray[np.int32]


@dataclass(frozen=True)
class HistoryBuilder:
    """Collects the facts of a run, cycle by cycle."""

    _changes: list[Changes] = field(default_factory=list)
    _ghosts: list[Ghosts] = field(default_factory=list)
    _charges: list[Charges] = field(default_factory=list)
    _money: list[Money] = field(default_factory=list)

    def add(self, facts: CycleFacts) -> None:
        """Add the facts of a cycle."""
        checks, bills, payments = facts.checks, facts.bills, facts.payments
        changed = np.flatnonzero(checks.was != checks.status)
        charging = np.flatnonzero(bills.cents > 0)
        self._changes.append(
            Changes(
                account=checks.account[changed].astype(np.int32),
                cycle=np.full(len(changed), facts.cycle, dtype=np.int32),
                was=checks.was[changed],
                status=checks.status[changed],
            )
        )
        self._ghosts.append(facts.ghosts)
        self._charges.append(
            Charges(
                account=bills.account[charging].astype(np.int32),
                billed=np.full(len(charging), facts.cycle, dtype=np.int32),
                cents=bills.cents[charging],
            )
        )
        self._money.append(
            Money(
                account=payments.account.astype(np.int32),
                billed=payments.billed,
                paid_on=payments.paid_on,
                cents=payments.cents,
            )
        )

    def changes(self) -> Changes:
        """Return all changes of status, in order."""
        return Changes.concatenate(self._changes).in_order()

    def history(self, cycles: Cycles, accounts: Accounts, changes: Changes) -> History:
        """Return what the truth follows from.

        Args:
            cycles: The calendar.
            accounts: All accounts of the run.
            changes: All changes of their status, in order.

        Returns:
            The history of the run.
        """
        closed = changes.select(np.flatnonzero(changes.status == CLOSED))
        closed_on = np.full(len(accounts.opened), NEVER, dtype=np.int32)
        closed_on[closed.account] = cycles.first_days(closed.cycle)
        return History(
            ghosts=Ghosts.concatenate(self._ghosts),
            charges=Charges.concatenate(self._charges),
            money=Money.concatenate(self._money).in_order(),
            active_spells=_active_spells(cycles, accounts, changes),
            closed_on=closed_on,
        )


def _active_spells(cycles: Cycles, accounts: Accounts, changes: Changes) -> ActiveSpells:
    """Find the spells in which accounts are active: from opening or reinstatement to the next change."""
    count = len(accounts.opened)
    account = np.concatenate([np.arange(count, dtype=np.int32), changes.account])
    cycle = np.concatenate([accounts.opened, changes.cycle])
    status = np.concatenate([np.full(count, ACTIVE, dtype=np.int8), changes.status])
    order = np.lexsort((cycle, account))
    account, day, status = account[order], cycles.first_days(cycle[order]), status[order]
    goes_on = np.diff(account, append=-1) == 0
    ends = np.where(goes_on, np.roll(day, -1), np.int32(NEVER))
    is_active = status == ACTIVE
    return ActiveSpells(account[is_active], day[is_active], ends[is_active])
