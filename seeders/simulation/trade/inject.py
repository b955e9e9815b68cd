"""The faults injected into trade credit: invoices issued twice, bills after closure, wrong headers, orphaned lines.

Payments made twice or in the wrong currency are chosen here, and made in `open_item`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.trade.facts import Lines, stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import TradeConfig
    from seeders.simulation.trade.draws import OrderDraws
    from seeders.simulation.trade.facts import Invoices, Orders

NONE, DUPLICATE_INVOICE, DUPLICATE_PAYMENT, MISMATCH, ORPHAN, WRONG_CURRENCY = range(6)
"""The fault of an order; there is at most one."""

AFTER_CLOSURE_DAYS: Final = 90
"""For this many days after the closure, orders that still come in may be invoiced by mistake."""

PAYMENT_COPY: Final = "C"
"""The last character of the id of a duplicate payment; it sorts after those of all others."""

_MISSTATED: Final = (0.01, 0.10)


def choose(config: TradeConfig, draws: OrderDraws) -> NDArray[np.int8]:
    """Choose the fault of each order, at most one.

    Args:
        config: How often.
        draws: The draws of m orders.

    Returns:
        m faults, `NONE` for most.
    """
    rates = (
        config.duplicate_invoice_rate,
        config.duplicate_payment_rate,
        config.header_lines_mismatch_rate,
        config.orphaned_line_rate,
        config.currency_mismatch_rate,
    )
    chosen = np.searchsorted(np.cumsum(rates), draws("fault"), side="right") + 1
    return np.where(chosen > len(rates), NONE, chosen).astype(np.int8)


def bill_after_closure(
    config: TradeConfig,
    draws: OrderDraws,
    ordered_on: NDArray[np.int32],
    closed_on: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Inject bills after closure: some orders that come in later are invoiced all the same."""
    is_after = (closed_on < ordered_on) & (ordered_on <= closed_on + AFTER_CLOSURE_DAYS)
    return is_after & draws.happens("fault.after_closure", config.billed_after_cancel_rate)


def copy_invoices(
    window: int,
    draws: OrderDraws,
    orders: Orders,
    closed_on: NDArray[np.int32],
    fault: NDArray[np.int8],
) -> NDArray[np.int32]:
    """Inject duplicate invoices within the window.

    A duplicate is further from the account's next order than the window, so that the two are never confused, and is
    not dated after the account's closure, which would be another fault.

    Args:
        window: Days within which an equal invoice is a duplicate.
        draws: The draws of m orders.
        orders: The orders.
        closed_on: When their accounts close.
        fault: The fault of each.

    Returns:
        The date of each order's duplicate, -1 where there is none.
    """
    latest = np.minimum(window, orders.next_after - window - 1)
    delay = (draws("fault.copied_after") * (latest + 1)).astype(np.int32)
    copied_on = orders.ordered_on + delay
    happens = (fault == DUPLICATE_INVOICE) & (latest >= 0) & (copied_on < closed_on)
    return np.where(happens, copied_on, -1).astype(np.int32)


def misstate(
    draws: OrderDraws, fault: NDArray[np.int8], lines_cents: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Inject headers that differ from the sum of their lines, by 1 to 10 % up or down."""
    low, high = _MISSTATED
    share = low + (high - low) * draws("fault.misstated")
    sign = np.where(draws.happens("fault.misstated.up", 0.5), 1, -1)
    wrong = lines_cents + sign * np.maximum(np.rint(lines_cents * share), 1).astype(np.int64)
    return np.where(fault == MISMATCH, wrong, lines_cents)


def orphan_lines(
    invoices: Invoices,
    lines: Lines,
    account_digits: NDArray[np.uint8],
    fault: NDArray[np.int8],
) -> Lines:
    """Inject orphaned lines: an invoice gets a further line that names an invoice which does not exist.

    The line names the number that a duplicate of the invoice would have; a duplicated invoice has no orphan.
    """
    rows = np.flatnonzero((fault[lines.invoice] == ORPHAN) & (lines.number == 1))
    orphans, host = lines.select(rows), lines.invoice[rows]
    return Lines(
        invoice=host,
        number=orphans.number,
        stem=stems(account_digits[invoices.account[host]], 2 * invoices.order[host] + 1),
        sku=orphans.sku,
        quantity=orphans.quantity,
        unit_cents=orphans.unit_cents,
    )
