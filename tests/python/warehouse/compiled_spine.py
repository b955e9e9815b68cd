"""The compiled SQL of the spine, run on a handful of facts in memory: dbt is asked only once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.python.warehouse.compiled_models import Bench
    from tests.python.warehouse.ledger_books import History, Reversal
    from tests.python.workshop import Workshop

FIRST_DAY = date(2024, 1, 1)

# What the models under test read: the facts as staging hands them on, and who the accounts are.
GIVEN = {
    "intermediate.int_as_of_date": "as_of_date date",
    "intermediate.int_accounts": "account_id text, cash_application text, currency text",
    "intermediate.facts": "invoice_id text, account_id text, invoice_date date,"
    " due_date date, invoiced_amount decimal(18, 2), currency text, cash_application text,"
    " line_of_business text",
    "staging.stg_payments__payments": "payment_id text, account_id text, invoice_id text,"
    " payment_date date, amount_paid decimal(18, 2), currency text, method text,"
    " is_accepted boolean",
    "staging.stg_payments__payment_allocations": "allocation_id text, payment_id text,"
    " invoice_id text, allocated_on date, amount decimal(18, 2), is_accepted boolean",
    "staging.stg_billing__invoices": "invoice_id text, account_id text, invoice_date date,"
    " amount decimal(18, 2), currency text, is_accepted boolean",
    "staging.stg_payments__refunds": "refund_id text, payment_id text, invoice_id text,"
    " refund_date date, amount decimal(18, 2), refund_kind text, taken_from text,"
    " is_accepted boolean",
    "staging.stg_billing__credit_notes": "credit_note_id text, account_id text, invoice_id text,"
    " credit_date date, amount decimal(18, 2), currency text, is_accepted boolean",
    "staging.stg_billing__write_offs": "write_off_id text, account_id text, invoice_id text,"
    " written_off_on date, is_accepted boolean",
    "staging.stg_payments__disputes": "invoice_id text, opened_on date, is_accepted boolean",
}

# What they say, in the order of `Built`.
ANSWERS = {
    "intermediate.int_invoice_settlement": "invoice_id, credited_amount, paid_amount,"
    " written_off_amount, outstanding_amount, settled_date",
    "intermediate.int_account_balances": "account_id, currency,"
    " received_amount - reversed_amount, credit_note_amount, applied_amount, credited_amount,"
    " unapplied_amount, outstanding_amount, open_invoice_count",
    "core.fct_payments": "payment_id, applied_amount, unapplied_amount",
    "intermediate.int_cash_movements": "invoice_id, movement_on, cause, source_id, account_id,"
    " currency, amount",
}


def compile_models(workshop: Workshop, *also: str) -> dict[str, str]:
    """The SQL of the spine from payments to account balances, in the order of its needs.

    Args:
        workshop: Where it is compiled.
        also: Models built on the spine that are wanted as well.

    Returns:
        Compiled SQL by the relation it makes, `schema.name`.
    """
    given = {name.partition(".")[2] for name in GIVEN}
    compiled = workshop.compile("path:models/intermediate/cash", "fct_payments", *also)
    models = {node["unique_id"]: node for name, node in compiled.items() if name not in given}
    needs = {key: set(node["depends_on"]["nodes"]) & set(models) for key, node in models.items()}
    return {
        f"{models[key]['schema']}.{models[key]['name']}": models[key]["compiled_code"]
        for key in TopologicalSorter(needs).static_order()
    }


@dataclass(frozen=True)
class Built:
    """What the models say as of a day, each as a list of rows in the order of its keys."""

    settlement: list[tuple[Any, ...]]
    balances: list[tuple[Any, ...]]
    payments: list[tuple[Any, ...]]
    movements: list[tuple[Any, ...]]


def build(
    bench: Bench,
    history: History,
    as_of: int,
    more: Mapping[str, list[tuple[object, ...]]] = MappingProxyType({}),
) -> Built:
    """Run every model on the facts of a history, as of a day.

    Args:
        bench: The compiled models, on tables of what is `GIVEN`.
        history: What happened.
        as_of: The day the books are asked for.
        more: Rows of given tables that the history does not tell, or tells otherwise.
    """
    bench.run({**_rows(history, as_of), **more})
    return Built(
        *(
            bench.connection.execute(f"select {columns} from {table} order by all").fetchall()
            for table, columns in ANSWERS.items()
        )
    )


def on(day: int) -> date:
    """The date of a day of the history."""
    return FIRST_DAY + timedelta(days=day)


def _rows(history: History, as_of: int) -> dict[str, list[tuple[object, ...]]]:
    modes = {
        account: "open_item" if account in history.open_item else "balance_forward"
        for account in history.accounts
    }
    return {
        "intermediate.int_as_of_date": [(on(as_of),)],
        "intermediate.int_accounts": [(account, mode, "USD") for account, mode in modes.items()],
        "intermediate.facts": [
            (
                *(fact.invoice_id, fact.account_id, on(fact.day), on(fact.day + 3)),
                *(fact.amount, fact.currency, modes[fact.account_id], "utility"),
            )
            for fact in history.invoices
        ],
        "staging.stg_payments__payments": [
            (
                *(fact.payment_id, fact.account_id, fact.invoice_id, on(fact.day)),
                *(fact.amount, fact.currency, None, True),
            )
            for fact in history.payments
        ],
        "staging.stg_payments__payment_allocations": [
            (
                *(fact.allocation_id, fact.payment_id, fact.invoice_id),
                *(on(fact.day), fact.amount, True),
            )
            for fact in history.allocations
        ],
        "staging.stg_payments__refunds": [
            (
                *(fact.refund_id, fact.payment_id, fact.invoice_id, on(fact.day), fact.amount),
                *(fact.kind, _taken_from(history, fact), True),
            )
            for fact in history.reversals
        ],
        "staging.stg_billing__invoices": [
            (
                *(fact.invoice_id, fact.account_id, on(fact.day), fact.amount),
                *(fact.currency, True),
            )
            for fact in history.invoices
        ],
        "staging.stg_billing__credit_notes": [
            (
                *(fact.credit_note_id, fact.account_id, fact.invoice_id),
                *(on(fact.day), fact.amount, fact.currency, True),
            )
            for fact in history.credit_notes
        ],
        "staging.stg_billing__write_offs": [
            (fact.write_off_id, fact.account_id, fact.invoice_id, on(fact.day), True)
            for fact in history.write_offs
        ],
    }


def _taken_from(history: History, reversal: Reversal) -> str:
    """What staging says of a reversal: whose money it takes back."""
    if reversal.payment_id is not None:
        return "payment"
    account = {row.invoice_id: row.account_id for row in history.invoices}[
        reversal.invoice_id or ""
    ]
    is_named = any(
        (row.account_id, row.invoice_id) == (account, reversal.invoice_id)
        and row.day <= reversal.day
        for row in history.payments
    )
    return "invoice" if is_named else "account"
