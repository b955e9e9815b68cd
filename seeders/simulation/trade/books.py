"""The simulator's own books: what is paid, credited and open of every invoice, day by day.

They follow the rules of cash application and settlement and use the facts alone, so that the truth about unpaid
invoices does not depend on the models that look for them. Open item: a payment settles the invoice it names, and any
excess is unapplied cash; a refund returns the excess first, and the rest of it is a credit that does not reopen the
invoice, while a chargeback does. Balance forward: payments and credits settle the oldest invoices first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.months import NEVER
from seeders.simulation.trade.facts import NO_INVOICE, REFUND
from seeders.simulation.trade.running import Running

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.trade.facts import Facts

_MOST_CENTS: Final = 2**44
"""More than any account is ever billed, so that account and amount make one sortable number."""


@dataclass(frozen=True)
class Balances(Arrays):
    """Periods of constant balance of invoices, in order of invoice and day.

    `ends_on` is the first day of the next period, `NEVER` for an invoice's last one.
    """

    invoice: NDArray[np.intp]
    begins_on: NDArray[np.int32]
    ends_on: NDArray[np.int32]
    paid_cents: NDArray[np.int64]
    open_cents: NDArray[np.int64]


def keep_books(
    facts: Facts,
    is_balance_forward: NDArray[np.bool_],
    is_foreign: NDArray[np.bool_],
    until: int,
) -> Balances:
    """Work out the balance of every invoice on every day.

    Args:
        facts: The facts of a run of accounts.
        is_balance_forward: Which accounts are balance forward; the others are open item.
        is_foreign: Which payments are in another currency than their account's; they settle nothing.
        until: The last day; later facts are left out.

    Returns:
        The balances of the invoices issued by then.
    """
    books = _Books(facts, is_balance_forward, is_foreign, until)
    return books.balances()


@dataclass(frozen=True)
class _Books:
    """What every step of keeping the books needs."""

    facts: Facts
    is_balance_forward: NDArray[np.bool_]
    is_foreign: NDArray[np.bool_]
    until: int

    def balances(self) -> Balances:
        invoices = self.facts.invoices
        named_cash, named_credit = self._named_cash(), self._named_credit()
        given_back = self._given_back()
        money, credit = self._account_money()
        owed_before = self._owed_before()
        written_off_on = self._written_off_on()
        oldest_first = self.is_balance_forward[invoices.account]

        touched = [self._crossed(owed_before, running) for running in (money, credit)]
        invoice = np.concatenate(
            [
                np.arange(len(invoices.account)),
                named_cash.key,
                named_credit.key,
                given_back.key,
                *(rows for rows, _ in touched),
                np.flatnonzero(written_off_on < NEVER),
            ]
        ).astype(np.intp)
        day = np.concatenate(
            [
                invoices.issued_on,
                named_cash.day,
                named_credit.day,
                given_back.day,
                *(days for _, days in touched),
                written_off_on[written_off_on < NEVER],
            ]
        )
        # an earlier payment is applied on the day the invoice is issued
        day = np.maximum(day, invoices.issued_on[invoice])
        is_there = (invoices.issued_on[invoice] <= self.until) & (day <= self.until)
        place = np.unique(invoice[is_there] * np.int64(NEVER) + day[is_there])
        invoice, day = (place // NEVER).astype(np.intp), (place % NEVER).astype(np.int32)

        cents, account = invoices.cents[invoice], invoices.account[invoice]
        by_name = np.minimum(named_credit.at(invoice, day), cents)
        held = np.clip(money.at(account, day) - owed_before[invoice], 0, cents)
        by_age = np.clip(credit.at(account, day) - owed_before[invoice], 0, cents)
        cash, room = named_cash.at(invoice, day), cents - by_name
        let_go = np.maximum(given_back.at(invoice, day) - np.maximum(cash - room, 0), 0)
        credited = np.where(oldest_first[invoice], by_age, by_name + let_go)
        paid = np.where(oldest_first[invoice], held - by_age, np.clip(cash, 0, room) - let_go)
        is_open = day < written_off_on[invoice]
        open_cents = np.where(is_open, cents - credited - paid, 0)
        return _spells(invoice, day, paid, open_cents)

    def _named_cash(self) -> Running:
        """Cash by invoice: payments that name one, less chargebacks, and allocations."""
        facts, payments = self.facts, self.facts.payments
        counts = ~self.is_foreign & ~self.is_balance_forward[payments.account]
        names = counts & (payments.invoice != NO_INVOICE)
        takes = names[facts.refunds.payment] & (facts.refunds.kind != REFUND)
        allotted = counts[facts.allocations.payment]
        return self._by_day(
            np.concatenate(
                [
                    payments.invoice[names],
                    payments.invoice[facts.refunds.payment[takes]],
                    facts.allocations.invoice[allotted],
                ]
            ),
            np.concatenate(
                [
                    payments.paid_on[names],
                    facts.refunds.refunded_on[takes],
                    facts.allocations.allocated_on[allotted],
                ]
            ),
            np.concatenate(
                [
                    payments.cents[names],
                    -facts.refunds.cents[takes],
                    self._allotted_cents()[allotted],
                ]
            ),
        )

    def _given_back(self) -> Running:
        """Refunds by the invoice that their payment names."""
        refunds, payments = self.facts.refunds, self.facts.payments
        counts = ~self.is_foreign & ~self.is_balance_forward[payments.account]
        names = counts & (payments.invoice != NO_INVOICE)
        gives = names[refunds.payment] & (refunds.kind == REFUND)
        return self._by_day(
            payments.invoice[refunds.payment[gives]],
            refunds.refunded_on[gives],
            refunds.cents[gives],
        )

    def _allotted_cents(self) -> NDArray[np.int64]:
        """What is applied by each allocation: its amount, as far as earlier ones have not used the payment up.

        A payment with allocations names no invoice itself and is never reversed.
        """
        allocations, payments = self.facts.allocations, self.facts.payments
        order = np.lexsort(
            (*allocations.name.T[::-1], allocations.allocated_on, allocations.payment)
        )
        payment, cents = allocations.payment[order], allocations.cents[order]
        before = np.concatenate([[0], np.cumsum(cents)])
        earlier = before[:-1] - before[np.searchsorted(payment, payment)]
        held = np.empty_like(allocations.cents)
        held[order] = np.clip(payments.cents[payment] - earlier, 0, cents)
        return held

    def _named_credit(self) -> Running:
        notes, invoices = self.facts.credit_notes, self.facts.invoices
        by_name = ~self.is_balance_forward[invoices.account[notes.invoice]]
        return self._by_day(
            notes.invoice[by_name], notes.credited_on[by_name], notes.cents[by_name]
        )

    def _account_money(self) -> tuple[Running, Running]:
        """Payments and credits of balance-forward accounts, and the credits alone."""
        facts, payments, notes = self.facts, self.facts.payments, self.facts.credit_notes
        cash = ~self.is_foreign & self.is_balance_forward[payments.account]
        noted = facts.invoices.account[notes.invoice]
        by_age = self.is_balance_forward[noted]
        credit = (noted[by_age], notes.credited_on[by_age], notes.cents[by_age])
        money = self._by_day(
            np.concatenate([payments.account[cash], credit[0]]),
            np.concatenate([payments.paid_on[cash], credit[1]]),
            np.concatenate([payments.cents[cash], credit[2]]),
        )
        return money, self._by_day(*credit)

    def _by_day(
        self, key: NDArray[np.intp], day: NDArray[np.int32], cents: NDArray[np.int64]
    ) -> Running:
        is_there = day <= self.until
        return Running.of(key[is_there], day[is_there], cents[is_there])

    def _owed_before(self) -> NDArray[np.int64]:
        """What each invoice's account had been invoiced before it, in the order of issue."""
        invoices = self.facts.invoices
        cents = np.where(invoices.issued_on <= self.until, invoices.cents, 0)
        before = np.concatenate([[0], np.cumsum(cents)])
        owed: NDArray[np.int64] = (
            before[:-1] - before[np.searchsorted(invoices.account, invoices.account)]
        )
        return owed

    def _crossed(
        self, owed_before: NDArray[np.int64], running: Running
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Find the days on which an account's payments begin, continue or finish settling each invoice.

        The running total of a balance-forward account only grows, so the payments that settle an invoice are
        consecutive.
        """
        invoices = self.facts.invoices
        rows = np.flatnonzero(
            self.is_balance_forward[invoices.account] & (invoices.issued_on <= self.until)
        )
        floor = invoices.account[rows] * np.int64(_MOST_CENTS)
        place = running.key * _MOST_CENTS + running.after
        first = np.searchsorted(place, floor + owed_before[rows], side="right")
        last = np.searchsorted(place, floor + owed_before[rows] + invoices.cents[rows])
        ends = np.searchsorted(running.key, invoices.account[rows], side="right")
        count = np.maximum(np.minimum(last + 1, ends) - first, 0)
        invoice = np.repeat(rows, count)
        within = np.arange(len(invoice)) - np.repeat(np.cumsum(count) - count, count)
        return invoice, running.day[np.repeat(first, count) + within]

    def _written_off_on(self) -> NDArray[np.int32]:
        """The day on which each invoice is written off, by itself or with its account."""
        invoices, given_up = self.facts.invoices, self.facts.write_offs
        known = given_up.select(given_up.written_off_on <= self.until)
        whole = known.invoice == NO_INVOICE
        of_account = np.full(len(self.is_balance_forward), NEVER, dtype=np.int32)
        np.minimum.at(of_account, known.account[whole], known.written_off_on[whole])
        written_off_on = of_account[invoices.account]
        written_off_on[invoices.issued_on > written_off_on] = NEVER
        np.minimum.at(written_off_on, known.invoice[~whole], known.written_off_on[~whole])
        return written_off_on


def _spells(
    invoice: NDArray[np.intp],
    day: NDArray[np.int32],
    paid: NDArray[np.int64],
    open_cents: NDArray[np.int64],
) -> Balances:
    """Merge consecutive days with the same balance."""

    def differs(values: NDArray[np.integer]) -> NDArray[np.bool_]:
        return np.asarray(np.diff(values, prepend=-1) != 0)

    rows = np.flatnonzero(differs(invoice) | differs(paid) | differs(open_cents))
    invoice, begins_on = invoice[rows], day[rows]
    ends_on = np.full(len(rows), NEVER, dtype=np.int32)
    goes_on = np.flatnonzero(~differs(invoice)[1:])
    ends_on[goes_on] = begins_on[goes_on + 1]
    return Balances(
        invoice=invoice,
        begins_on=begins_on,
        ends_on=ends_on,
        paid_cents=paid[rows],
        open_cents=open_cents[rows],
    )
