"""From orders to invoices and their lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.trade import inject
from seeders.simulation.trade.catalogue import popular
from seeders.simulation.trade.draws import OrderDraws
from seeders.simulation.trade.facts import COPY, NATURAL, STRAY, Invoices, Lines, stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.context import Context
    from seeders.simulation.trade.contracts import Contracts
    from seeders.simulation.trade.facts import Orders, StatusDays

MOST_LINES: Final = 12

_LINE_DECAY: Final = 0.902
"""Makes 5.3 lines on average."""

_QUANTITY: Final = 7.0
_OTHER_BASKET_SHARE: Final = 0.08
_SKU_STEP: Final = 12


@dataclass(frozen=True)
class Billed:
    """The invoices of a run of accounts, their lines, and the fault injected into each invoice."""

    invoices: Invoices
    lines: Lines
    fault: NDArray[np.int8]
    draws: OrderDraws


def bill(
    context: Context,
    accounts: Accounts,
    status_days: StatusDays,
    orders: Orders,
    contracts: Contracts,
) -> Billed:
    """Invoice the orders of a run of accounts.

    Args:
        context: What is sold, and what goes wrong.
        accounts: The run.
        status_days: When accounts are on hold or closed, so that orders are not delivered.
        orders: The orders.
        contracts: Agreed prices.

    Returns:
        Invoices and lines, duplicates and other faults included.
    """
    trade = context.trade
    draws = OrderDraws(context.draws, orders.account, orders.number)
    closed_on = status_days.closed_on[orders.account]
    is_on_hold = (status_days.suspended_on[orders.account] <= orders.ordered_on) & (
        orders.ordered_on < status_days.reinstated_on[orders.account]
    )
    is_natural = (orders.ordered_on < closed_on) & ~is_on_hold
    is_stray = inject.bill_after_closure(trade, draws, orders.ordered_on, closed_on)
    fault = np.where(is_natural, inject.choose(trade, draws), inject.NONE).astype(np.int8)
    copied_on = inject.copy_invoices(context.window, draws, orders, closed_on, fault)
    is_copied = copied_on >= 0

    rows = [np.flatnonzero(mask) for mask in (is_natural, is_copied, is_stray)]
    row = np.concatenate(rows)
    kind = np.repeat([NATURAL, COPY, STRAY], [len(r) for r in rows]).astype(np.int8)
    order = np.lexsort((kind == COPY, orders.number[row], orders.account[row]))
    row, kind = row[order], kind[order]

    account, number = orders.account[row], orders.number[row]
    issued_on = np.where(kind == COPY, copied_on[row], orders.ordered_on[row]).astype(np.int32)
    nothing = np.zeros(len(row), dtype=np.int64)
    invoices = Invoices(
        account=account,
        order=number,
        stem=stems(accounts.digits[account], 2 * number + (kind == COPY)),
        kind=kind,
        issued_on=issued_on,
        due_on=issued_on + accounts.terms[account],
        priced_on=orders.ordered_on[row],
        lines_cents=nothing,
        cents=nothing,
    )
    draws = draws.select(row)
    lines = _lines(context, accounts, draws, invoices, contracts)
    sums = np.bincount(lines.invoice, lines.cents, minlength=len(row)).astype(np.int64)
    # there is no fault where a duplicate could not be issued in time, and none on the duplicate itself
    is_spent = (fault[row] == inject.DUPLICATE_INVOICE) & ~is_copied[row]
    fault = np.where((kind == NATURAL) & ~is_spent, fault[row], inject.NONE).astype(np.int8)
    invoices = replace(
        invoices,
        lines_cents=sums,
        cents=inject.misstate(draws, fault, sums),
    )
    orphans = inject.orphan_lines(invoices, lines, accounts.digits, fault)
    return Billed(
        invoices=invoices,
        lines=Lines.concatenate([lines, orphans]),
        fault=fault,
        draws=draws,
    )


def _lines(
    context: Context,
    accounts: Accounts,
    draws: OrderDraws,
    invoices: Invoices,
    contracts: Contracts,
) -> Lines:
    """Draw the lines; a standing order usually repeats the account's first basket."""
    account = invoices.account
    repeats = (accounts.standing_days[account] > 0) & ~draws.happens(
        "order.other_basket", _OTHER_BASKET_SHARE
    )
    basket = OrderDraws(
        draws.of_accounts, account, np.where(repeats, 0, draws.number).astype(np.int32)
    )
    count = 1 + np.searchsorted(_up_to_lines(), basket("basket.lines"), side="right")
    skus = context.trade.skus
    first = popular(basket("basket.sku"), skus)
    step = 1 + (basket("basket.step") * (skus // _SKU_STEP)).astype(np.int64)

    number = np.arange(MOST_LINES)
    invoice, place = np.nonzero(number < count[:, None])
    share = basket.wide("basket.quantity", MOST_LINES)[invoice, place]
    quantity = 1 + (-np.log1p(-share) * _QUANTITY * accounts.size[account[invoice]]).astype(
        np.int64
    )
    sku = (first[invoice] + place * step[invoice]) % skus
    sold_on, buyer = invoices.priced_on[invoice], account[invoice]
    price = context.catalogue.prices(sku, sold_on, accounts.is_eur[buyer])
    return Lines(
        invoice=invoice,
        number=(place + 1).astype(np.int8),
        stem=invoices.stem[invoice],
        sku=sku,
        quantity=quantity,
        unit_cents=contracts.applied(buyer, sku, sold_on, price),
    )


def _up_to_lines() -> NDArray[np.float64]:
    """Return the cumulative probabilities of 1, 2 … lines: each further line is somewhat less likely."""
    weights = _LINE_DECAY ** np.arange(MOST_LINES)
    return np.cumsum(weights / weights.sum())[:-1]
