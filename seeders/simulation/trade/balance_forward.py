"""How balance-forward accounts pay: twice a month, a round sum towards their balance.

They pay what falls due before their next payment, rounded up, or when they are late only what is due already,
rounded down. They do not pay invoices issued after closure, and take a duplicate for an invoice until it is credited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.columns import digits
from seeders.simulation.trade.behaviour import late_probability
from seeders.simulation.trade.facts import NO_INVOICE, STRAY, Payments, named
from seeders.simulation.trade.running import Running

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context
    from seeders.simulation.trade.facts import CreditNotes, Invoices, StatusDays

_SLOTS: Final = 2
_HALF_MONTH: Final = 15
_ROUND_CENTS: Final = 100_00
_NUMBER_DIGITS: Final = 5


def pay_round_sums(
    context: Context,
    accounts: Accounts,
    status_days: StatusDays,
    invoices: Invoices,
    notes: CreditNotes,
) -> Payments:
    """Simulate the payments of the balance-forward accounts of a run.

    Args:
        context: How late they are.
        accounts: The run.
        status_days: When they pay nothing.
        invoices: The invoices of the run.
        notes: The credit notes on them.

    Returns:
        Payments that name nothing.
    """
    axis, payer = context.axis, np.flatnonzero(accounts.is_balance_forward)
    owed, credited = _claims(accounts, invoices, notes)
    paid = np.zeros(len(payer), dtype=np.int64)
    parts: list[Payments] = []
    for month in range(context.months):
        for slot in range(_SLOTS):
            day = _pay_day(axis, accounts, payer, month, slot)
            following = _pay_day(axis, accounts, payer, month + (slot + 1) // 2, (slot + 1) % 2)
            likely = late_probability(context, accounts, payer, day)
            is_late = context.draws(f"round.late.{slot}", month)[payer] < likely
            # what is not issued yet is not due within the terms either
            until = np.minimum(following - 1, day + accounts.terms[payer])
            due = owed.at(payer, np.where(is_late, day - 1, until))
            open_cents = due - credited.at(payer, day) - paid
            # rounded up, or down
            whole = (open_cents + np.where(is_late, 0, _ROUND_CENTS - 1)) // _ROUND_CENTS
            refuses = (status_days.unpaid_from[payer] <= day) & (
                day < status_days.reinstated_on[payer]
            )
            cents = np.where(refuses, 0, np.maximum(whole, 0) * _ROUND_CENTS)
            paid += cents
            rows = np.flatnonzero(cents > 0)
            parts.append(
                _payments(accounts, payer[rows], _SLOTS * month + slot, day[rows], cents[rows])
            )
    return Payments.concatenate(parts)


def _claims(accounts: Accounts, invoices: Invoices, notes: CreditNotes) -> tuple[Running, Running]:
    """Return what accounts believe they owe, by due date, and the credits they have received for it."""
    known = accounts.is_balance_forward[invoices.account] & (invoices.kind != STRAY)
    on_known = known[notes.invoice]
    return (
        Running.of(invoices.account[known], invoices.due_on[known], invoices.cents[known]),
        Running.of(
            invoices.account[notes.invoice[on_known]],
            notes.credited_on[on_known],
            notes.cents[on_known],
        ),
    )


def _pay_day(
    axis: MonthAxis, accounts: Accounts, payer: NDArray[np.intp], month: int, slot: int
) -> NDArray[np.int32]:
    day: NDArray[np.int32] = (
        axis.first_day(month) - 1 + accounts.pay_day[payer] + slot * _HALF_MONTH
    ).astype(np.int32)
    return day


def _payments(
    accounts: Accounts,
    account: NDArray[np.intp],
    number: int,
    day: NDArray[np.int32],
    cents: NDArray[np.int64],
) -> Payments:
    count = len(account)
    written = digits(np.full(count, number, dtype=np.int64), _NUMBER_DIGITS)
    return Payments(
        name=named("H", np.hstack([accounts.digits[account], written])),
        account=account,
        invoice=np.full(count, NO_INVOICE, dtype=np.intp),
        paid_on=day,
        cents=cents,
        is_eur=accounts.is_eur[account],
    )
