"""The true faults of trade credit: which invoices, lines and payments match a rule, and on which days.

Injected faults are returned for exactly the days on which the facts show them. Unpaid and partly paid invoices come
from the simulator's own books, injected or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays, numbered_within
from seeders.simulation.columns import digits
from seeders.simulation.months import NEVER
from seeders.simulation.trade.account_rows import account_ids, currencies
from seeders.simulation.trade.facts import COPY, NATURAL, STRAY, named
from seeders.simulation.trade.inject import MISMATCH, PAYMENT_COPY, WRONG_CURRENCY
from seeders.simulation.truth import FaultRows, causes, ended_by, first_covered_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.months import MonthAxis
    from seeders.simulation.trade.accounts import Accounts
    from seeders.simulation.trade.books import Balances
    from seeders.simulation.trade.facts import Facts, Invoices, Lines
    from seeders.simulation.trade.history import History

_ENTITY_TYPES: Final = {
    "duplicate_payment": "payment",
    "currency_mismatch": "payment",
    "orphaned_line": "invoice_line",
}


@dataclass(frozen=True)
class Truth(Arrays):
    """k faults of one rule, observable on days d with `observable_from <= d < ends_on`.

    Attributes:
        entity: Id of the entity as ASCII bytes.
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


def is_orphan(invoices: Invoices, lines: Lines) -> NDArray[np.bool_]:
    """Return which lines name another invoice than the one they were issued with."""
    return np.asarray(np.any(lines.stem != invoices.stem[lines.invoice], axis=1))


def injected_truth(axis: MonthAxis, history: History, until: int) -> dict[str, Truth]:
    """Return every injected fault.

    Args:
        axis: The simulated months.
        history: The history of a run of accounts.
        until: The last day simulated.

    Returns:
        Faults by rule.
    """
    facts, fault, is_eur = history.facts, history.fault, history.accounts.is_eur
    invoices, lines, payments = facts.invoices, facts.lines, facts.payments
    notes, refunds = facts.credit_notes, facts.refunds
    credited_on = first_covered_on(invoices.cents, notes.invoice, notes.credited_on, notes.cents)
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
    is_copy = (payments.name[:, -1] == ord(PAYMENT_COPY)) & (payments.invoice >= 0)
    refunded_on = first_covered_on(
        payments.cents, refunds.payment, refunds.refunded_on, refunds.cents
    )
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
    truths = {
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
    return {rule: truth.select(truth.observable_from <= until) for rule, truth in truths.items()}


def unpaid_truth(
    policy: PolicyConfig, history: History, balances: Balances, until: int
) -> dict[str, Truth]:
    """Return every invoice that is a zombie or a leaky bucket, with a row for each period of constant balance.

    Args:
        policy: The days of grace.
        history: The history of a run of accounts.
        balances: What is paid and open of each invoice, by period.
        until: The last day simulated.

    Returns:
        Faults by rule; those that follow from an injected fault count as injected.
    """
    facts, fault, is_eur = history.facts, history.fault, history.accounts.is_eur
    invoices, status_days = facts.invoices, history.status_days
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
    closed_on = status_days.closed_on[account]
    is_unpaid = is_open & (balances.paid_cents == 0)
    before_hold = spells(
        is_unpaid,
        past_grace,
        np.minimum(balances.ends_on, np.minimum(status_days.suspended_on[account], closed_on)),
    )
    after_hold = spells(
        is_unpaid,
        np.maximum(past_grace, status_days.reinstated_on[account]),
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
    """Return which payments are in another currency than their account's."""
    payments = facts.payments
    return np.not_equal(payments.is_eur, is_eur[payments.account])


def fault_stems(account_digits: NDArray[np.uint8], account: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Return ids for the faults of a run of accounts, numbered within each account.

    Args:
        account_digits: The six digits of each account, n x 6.
        account: The account of each of k faults.

    Returns:
        k ids, k x 12.
    """
    return named("D", np.hstack([account_digits[account], digits(numbered_within(account), 5)]))


def truth_rows(
    axis: MonthAxis,
    accounts: Accounts,
    truths: dict[str, Truth],
    names: NDArray[np.uint8],
    until: int,
) -> Sequence[pa.RecordBatch]:
    """Write faults as rows of `ground_truth.faults`.

    Args:
        axis: The months of the line.
        accounts: The run of accounts.
        truths: Faults by rule.
        names: Their ids, in the same order.
        until: The last day simulated; later ends are not known yet.

    Returns:
        One batch for each rule that has any.
    """
    found, begins = [], 0
    for rule, truth in truths.items():
        count = len(truth.account)
        name, begins = names[begins : begins + count], begins + count
        if count == 0:
            continue
        month = axis.month_of(truth.period_on)
        found.append(
            FaultRows(
                rule=rule,
                entity_type=_ENTITY_TYPES.get(rule, "invoice"),
                fault_id=columns.text(name),
                cause=causes(truth.is_injected),
                entity_id=columns.text(truth.entity),
                account_id=account_ids(accounts.digits[truth.account]),
                period_start=axis.nth_day(month, np.ones(count, dtype=np.int32)),
                amount=columns.money(truth.cents),
                currency=currencies(truth.is_eur),
                observable_from=truth.observable_from,
                ends_on=ended_by(truth.ends_on, until),
            ).rows()
        )
    return found
