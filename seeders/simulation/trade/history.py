"""The whole history of a run of accounts up to a day, put together from its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seeders.simulation.trade import settling
from seeders.simulation.trade.accounts import Accounts, draw_accounts
from seeders.simulation.trade.catalogue import Catalogue, Contracts, draw_contracts
from seeders.simulation.trade.draws import AccountDraws
from seeders.simulation.trade.facts import Facts, Payments
from seeders.simulation.trade.invoicing import bill
from seeders.simulation.trade.orders import Standing, draw_orders
from seeders.simulation.trade.round_sums import pay_round_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import SimulationConfig
    from seeders.simulation.months import MonthAxis
    from seeders.streams import Streams


@dataclass(frozen=True)
class History:
    """A run of accounts, how they stand, and all facts. `fault` says what is wrong with invoices."""

    accounts: Accounts
    standing: Standing
    contracts: Contracts
    facts: Facts
    fault: NDArray[np.int8]


def draw_history(
    config: SimulationConfig,
    streams: Streams,
    axis: MonthAxis,
    catalogue: Catalogue,
    start: int,
    stop: int,
    months: int,
) -> History:
    """Work out the history of a run of accounts.

    Args:
        config: What to simulate.
        streams: Where the draws come from.
        axis: The months of the line.
        catalogue: What is sold.
        start: Number of the first account, from 0.
        stop: Number after the last one.
        months: How many months are simulated.

    Returns:
        The history, of which the part up to any earlier day is the same for any other run and any
        greater number of months.
    """
    trade, window = config.trade, config.policy.duplicate_window_days
    run = AccountDraws(streams, start, stop - start)
    accounts = draw_accounts(trade, axis, run, window)
    orders, standing = draw_orders(trade, axis, run, accounts, window, axis.last_day(months - 1))
    contracts = draw_contracts(trade, axis, run, accounts, catalogue)
    billed = bill(config, run, accounts, standing, orders, catalogue, contracts)
    invoices, draws = billed.invoices, billed.draws
    intent = settling.intend(trade, axis, accounts, standing, invoices, draws)
    notes = settling.credit_notes(trade, invoices, intent, draws)
    by_name, allocations, refunds = settling.Settling(
        trade, config.policy, accounts, invoices, intent, draws, billed.fault
    ).payments()
    round_sums = pay_round_sums(trade, axis, run, accounts, standing, invoices, notes, months)
    facts = Facts(
        invoices=invoices,
        lines=billed.lines,
        payments=Payments.concatenate([by_name, round_sums]),
        allocations=allocations,
        refunds=refunds,
        credit_notes=notes,
        write_offs=settling.write_offs(accounts, standing, invoices, intent),
        disputes=settling.disputes(invoices, intent),
        requests=settling.requests(trade, axis, accounts, invoices, intent, draws),
    )
    return History(accounts, standing, contracts, facts, billed.fault)
