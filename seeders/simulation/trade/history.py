"""The whole history of a run of accounts, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeders.simulation.trade import open_item
from seeders.simulation.trade.accounts import Accounts, draw_accounts
from seeders.simulation.trade.balance_forward import pay_round_sums
from seeders.simulation.trade.contracts import Contracts, draw_contracts
from seeders.simulation.trade.facts import Facts, Payments, StatusDays
from seeders.simulation.trade.invoicing import bill
from seeders.simulation.trade.orders import draw_orders

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seeders.simulation.trade.context import Context


@dataclass(frozen=True)
class History:
    """A run of accounts, their status, and all facts. `fault` is the fault injected into each invoice."""

    accounts: Accounts
    status_days: StatusDays
    contracts: Contracts
    facts: Facts
    fault: NDArray[np.int8]


def draw_history(context: Context) -> History:
    """Simulate the history of a run of accounts.

    Args:
        context: The run, and what is configured.

    Returns:
        The history. The part up to any earlier day is the same in any other run and for any longer simulation.
    """
    accounts = draw_accounts(context)
    orders, status_days = draw_orders(context, accounts)
    contracts = draw_contracts(context, accounts)
    billed = bill(context, accounts, status_days, orders, contracts)
    invoices, draws = billed.invoices, billed.draws
    outcomes = open_item.draw_outcomes(context, accounts, status_days, invoices, draws)
    notes = open_item.credit_notes(context.trade, invoices, outcomes, draws)
    by_name, allocations, refunds = open_item.OpenItemPayments(
        context.config, accounts, invoices, outcomes, draws, billed.fault
    ).payments()
    round_sums = pay_round_sums(context, accounts, status_days, invoices, notes)
    facts = Facts(
        invoices=invoices,
        lines=billed.lines,
        payments=Payments.concatenate([by_name, round_sums]),
        allocations=allocations,
        refunds=refunds,
        credit_notes=notes,
        write_offs=open_item.write_offs(accounts, status_days, invoices, outcomes),
        disputes=open_item.disputes(invoices, outcomes),
        requests=open_item.requests(context, accounts, invoices, outcomes, draws),
    )
    return History(accounts, status_days, contracts, facts, billed.fault)
