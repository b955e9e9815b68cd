"""The whole history of a run of accounts up to a day, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seeders.simulation.trade import settling
from seeders.simulation.trade.accounts import Accounts, draw_accounts
from seeders.simulation.trade.catalogue import Contracts, draw_contracts
from seeders.simulation.trade.facts import Facts, Payments
from seeders.simulation.trade.invoicing import bill
from seeders.simulation.trade.orders import Standing, draw_orders
from seeders.simulation.trade.round_sums import pay_round_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seeders.simulation.trade.scene import Scene


@dataclass(frozen=True)
class History:
    """A run of accounts, their status, and all facts. `fault` says what is wrong with invoices."""

    accounts: Accounts
    standing: Standing
    contracts: Contracts
    facts: Facts
    fault: NDArray[np.int8]


def draw_history(scene: Scene) -> History:
    """Work out the history of a run of accounts.

    Args:
        scene: The run, and what is to happen.

    Returns:
        The history, of which the part up to any earlier day is the same for any other run and any
        greater number of months.
    """
    accounts = draw_accounts(scene)
    orders, standing = draw_orders(scene, accounts)
    contracts = draw_contracts(scene, accounts)
    billed = bill(scene, accounts, standing, orders, contracts)
    invoices, draws = billed.invoices, billed.draws
    intent = settling.intend(scene, accounts, standing, invoices, draws)
    notes = settling.credit_notes(scene.trade, invoices, intent, draws)
    by_name, allocations, refunds = settling.Settling(
        scene.config, accounts, invoices, intent, draws, billed.fault
    ).payments()
    round_sums = pay_round_sums(scene, accounts, standing, invoices, notes)
    facts = Facts(
        invoices=invoices,
        lines=billed.lines,
        payments=Payments.concatenate([by_name, round_sums]),
        allocations=allocations,
        refunds=refunds,
        credit_notes=notes,
        write_offs=settling.write_offs(accounts, standing, invoices, intent),
        disputes=settling.disputes(invoices, intent),
        requests=settling.requests(scene, accounts, invoices, intent, draws),
    )
    return History(accounts, standing, contracts, facts, billed.fault)
