"""What goes wrong in trade credit: invoices and payments twice, bills after closure, lines astray.

Each kind is injected by one function, and told in `injected_truth` for exactly the days on which the
facts show it. What the unpaid and partly paid invoices amount to is told from the simulator's own
books, injected or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.columns import digits
from seeders.simulation.months import NEVER
from seeders.simulation.trade.facts import COPY, NATURAL, STRAY, Lines, named, stems

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import PolicyConfig, TradeConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.books import Balances
    from seeders.simulation.trade.draws import OrderDraws
    from seeders.simulation.trade.facts import Facts, Invoices
    from seeders.simulation.trade.history import History
    from seeders.simulation.trade.orders import Orders

NONE, DUPLICATE_INVOICE, DUPLICATE_PAYMENT, MISMATCH, ORPHAN, WRONG_CURRENCY = range(6)
"""The one fault that falls on an order, if any."""

AFTER_CLOSURE_DAYS: Final = 90
"""Orders that keep coming in after the closure are billed by mistake for so long."""

_MISSTATED: Final = (0.01, 0.10)


@dataclass(frozen=True)
class Truth(Arrays):
    """Spells of k faults of one rule. A fault shows on days d with `observable_from <= d < ends_on`.

    Attributes:
        entity: Its id as ASCII bytes.
        account: Position of the account.
        period_on: A day of the month that the fault belongs to.
    """

    entity: NDArray[np.uint8]
    account: NDArray[np.intp]
    period_on: NDArray[np.int32]
    cents: NDArray[np.int64]
    is_eur: NDArray[np.bool_]
    is_injected: NDArray[np.bool_]
    observable_from: NDArray[np.int32]
    ends_on: NDArray[np.int32]


def choose(config: TradeConfig, draws: OrderDraws) -> NDArray[np.int8]:
    """Choose the fault of each order; at most one falls on any.

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
    """Inject bills after closure: some orders that come in later are billed all the same."""
    is_after = (closed_on < ordered_on) & (ordered_on <= closed_on + AFTER_CLOSURE_DAYS)
    return is_after & draws.happens("fault.after_closure", config.billed_after_cancel_rate)


def copy_invoices(
    window: int,
    draws: OrderDraws,
    orders: Orders,
    closed_on: NDArray[np.int32],
    fault: NDArray[np.int8],
) -> NDArray[np.int32]:
    """Inject duplicate invoices: the same again within the window.

    A copy keeps further away from the account's next order than the window, so that the two are
    never taken for each other, and does not fall after the account's closure, another fault.

    Args:
        window: Days within which the same again is a duplicate.
        draws: The draws of m orders.
        orders: The orders.
        closed_on: When their accounts close.
        fault: What is to go wrong with each.

    Returns:
        The date of each order's copy, -1 where there is none.
    """
    latest = np.minimum(window, orders.next_after - window - 1)
    delay = (draws("fault.copied_after") * (latest + 1)).astype(np.int32)
    copied_on = orders.ordered_on + delay
    happens = (fault == DUPLICATE_INVOICE) & (latest >= 0) & (copied_on < closed_on)
    return np.where(happens, copied_on, -1).astype(np.int32)


def misstate(
    draws: OrderDraws, fault: NDArray[np.int8], lines_cents: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Inject headers that disagree with their lines, by 1 to 10 %, upwards or downwards."""
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
    """Inject orphaned lines: a line more comes with an invoice, and names one that does not exist.

    It names the number that a copy of the invoice would have; an invoice that is copied has no orphan.
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


def is_orphan(invoices: Invoices, lines: Lines) -> NDArray[np.bool_]:
    """Tell the lines that name another invoice than the one they came with."""
    return np.asarray(np.any(lines.stem != invoices.stem[lines.invoice], axis=1))


def injected_truth(axis: MonthAxis, history: History, until: int) -> dict[str, Truth]:
    """Tell every injected fault.

    Args:
        axis: The simulated months.
        history: What a run of accounts did.
        until: The last day simulated.

    Returns:
        Faults by rule.
    """
    facts, fault, is_eur = history.facts, history.fault, history.accounts.is_eur
    invoices, lines, payments = facts.invoices, facts.lines, facts.payments
    credited_on = _credited_in_full_on(facts)
    all_invoices = Truth(
        entity=invoices.name,
        account=invoices.account,
        period_on=invoices.issued_on,
        cents=invoices.cents,
        is_eur=is_eur[invoices.account],
        is_injected=np.ones(len(invoices.account), dtype=np.bool_),
        observable_from=invoices.issued_on,
        ends_on=credited_on,
    )
    lasting = Truth(
        **{
            **{name: getattr(all_invoices, name) for name in Truth.__dataclass_fields__},
            "cents": np.abs(invoices.cents - invoices.lines_cents),
            "ends_on": np.full(len(invoices.account), NEVER, dtype=np.int32),
        }
    )
    orphans = lines.select(is_orphan(invoices, lines))
    host = invoices.select(orphans.invoice)
    is_copy, refunded_on = _payment_copies(facts)
    all_payments = Truth(
        entity=payments.name,
        account=payments.account,
        period_on=payments.paid_on,
        cents=payments.cents,
        is_eur=payments.is_eur,
        is_injected=np.ones(len(payments.account), dtype=np.bool_),
        observable_from=payments.paid_on,
        ends_on=refunded_on,
    )
    told = {
        "duplicate_invoice": all_invoices.select(invoices.kind == COPY),
        "duplicate_payment": all_payments.select(is_copy),
        "billed_after_cancel": all_invoices.select(invoices.kind == STRAY),
        "header_lines_mismatch": lasting.select(fault == MISMATCH),
        "orphaned_line": Truth(
            entity=orphans.name,
            account=host.account,
            period_on=host.issued_on,
            cents=orphans.cents,
            is_eur=is_eur[host.account],
            is_injected=np.ones(len(orphans.invoice), dtype=np.bool_),
            observable_from=axis.month_end(host.issued_on),
            ends_on=np.full(len(orphans.invoice), NEVER, dtype=np.int32),
        ),
        "currency_mismatch": all_payments.select(is_foreign(facts, is_eur)),
    }
    return {rule: truth.select(truth.observable_from <= until) for rule, truth in told.items()}


def unpaid_truth(
    policy: PolicyConfig, history: History, balances: Balances, until: int
) -> dict[str, Truth]:
    """Tell every invoice that is a zombie or a leaky bucket, a row for each spell of one amount.

    Args:
        policy: The days of grace.
        history: What a run of accounts did; what follows from a fault is injected.
        balances: What is paid and open of each invoice, in spells.
        until: The last day simulated.

    Returns:
        Spells by rule.
    """
    facts, fault, is_eur = history.facts, history.fault, history.accounts.is_eur
    invoices, standing = facts.invoices, history.standing
    due_on = invoices.due_on[balances.invoice]
    account = invoices.account[balances.invoice]
    is_injected = (invoices.kind != NATURAL) | (fault == WRONG_CURRENCY)

    def spells(
        rows: NDArray[np.bool_], begins: NDArray[np.int32], ends: NDArray[np.int32]
    ) -> Truth:
        rows = rows & (begins < ends) & (begins <= until)
        invoice = balances.invoice[rows]
        return Truth(
            entity=invoices.name[invoice],
            account=account[rows],
            period_on=invoices.issued_on[invoice],
            cents=balances.open_cents[rows],
            is_eur=is_eur[account[rows]],
            is_injected=is_injected[invoice],
            observable_from=begins[rows],
            ends_on=ends[rows],
        )

    is_open = balances.open_cents > 0
    past_grace = np.maximum(balances.begins_on, due_on + (policy.zombie_grace_days + 1))
    closed_on = standing.closed_on[account]
    is_unpaid = is_open & (balances.paid_cents == 0)
    before_hold = spells(
        is_unpaid,
        past_grace,
        np.minimum(balances.ends_on, np.minimum(standing.suspended_on[account], closed_on)),
    )
    after_hold = spells(
        is_unpaid,
        np.maximum(past_grace, standing.reinstated_on[account]),
        np.minimum(balances.ends_on, closed_on),
    )
    return {
        "zombie": Truth.concatenate([before_hold, after_hold]),
        "leaky_bucket": spells(
            is_open & (balances.paid_cents > 0),
            np.maximum(balances.begins_on, due_on + 1),
            balances.ends_on,
        ),
    }


def is_foreign(facts: Facts, is_eur: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell the payments in another currency than their account's."""
    payments = facts.payments
    return np.not_equal(payments.is_eur, is_eur[payments.account])


def fault_stems(account_digits: NDArray[np.uint8], account: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Name the faults of a run of accounts, numbered within each account.

    Args:
        account_digits: The six digits of each account, n x 6.
        account: The account of each of k faults.

    Returns:
        k names, k x 12.
    """
    order = np.argsort(account, kind="stable")
    ordered = account[order]
    within = np.empty(len(account), dtype=np.int64)
    within[order] = np.arange(len(account)) - np.searchsorted(ordered, ordered)
    return named("D", np.hstack([account_digits[account], digits(within, 5)]))


def _credited_in_full_on(facts: Facts) -> NDArray[np.int32]:
    """The day on which the credit notes naming an invoice reach its amount: one note does, if any."""
    invoices, notes = facts.invoices, facts.credit_notes
    credited_on = np.full(len(invoices.account), NEVER, dtype=np.int32)
    in_full = notes.cents >= invoices.cents[notes.invoice]
    np.minimum.at(credited_on, notes.invoice[in_full], notes.credited_on[in_full])
    return credited_on


def _payment_copies(facts: Facts) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Tell the copies of payments, by their slot, and the day each payment is refunded in full."""
    payments, refunds = facts.payments, facts.refunds
    is_copy = (payments.name[:, -1] == ord(PAYMENT_COPY)) & (payments.invoice >= 0)
    refunded_on = np.full(len(payments.account), NEVER, dtype=np.int32)
    in_full = refunds.cents >= payments.cents[refunds.payment]
    np.minimum.at(refunded_on, refunds.payment[in_full], refunds.refunded_on[in_full])
    return is_copy, refunded_on


PAYMENT_COPY: Final = "C"
"""The last character of the id of a payment that was made twice: after those of all others."""
