"""A simulated company's raw rows as a history of plain facts, read without the models."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.python.warehouse.ledger_books import (
    Allocation,
    CreditNote,
    History,
    Invoice,
    Payment,
    Reversal,
    WriteOff,
)
from tests.python.warehouse.monthly_books import Check, Estate
from tests.python.workshop import query

if TYPE_CHECKING:
    from datetime import date

    from pipeline.paths import Project

ACCOUNTS = "select account_id, currency, cash_application, payment_terms_days from raw_crm.accounts"
INVOICES = (
    "select invoice_id, account_id, invoice_date, due_date, amount, currency"
    " from raw_billing.invoices"
)
PAYMENTS = (
    "select payment_id, account_id, invoice_id, payment_date, amount_paid, currency"
    " from raw_payments.payments"
)
ALLOCATIONS = (
    "select allocation_id, payment_id, invoice_id, allocated_on, amount"
    " from raw_payments.payment_allocations"
)
REFUNDS = (
    "select refund_id, payment_id, refund_date, amount, kind, invoice_id from raw_payments.refunds"
)
CREDIT_NOTES = (
    "select credit_note_id, account_id, invoice_id, credit_date, amount"
    " from raw_billing.credit_notes"
)
WRITE_OFFS = (
    "select write_off_id, account_id, invoice_id, written_off_on from raw_billing.write_offs"
)
# The billing system says nothing between Active and Suspended.
CHECKS = (
    "select account_id, check_date, score,"
    " case when status = 'Active' and score > 0 then 'Delinquent' else status end"
    " from raw_billing.balance_snapshots"
)


def read_estate(project: Project) -> Estate:
    """All that was billed and paid, and the checks as the billing system keeps them.

    Args:
        project: A warehouse of simulated rows, where every invoice and payment has its amount.
    """
    accounts = {account_id: row for account_id, *row in query(project, ACCOUNTS)}
    billed, paid = query(project, INVOICES), query(project, PAYMENTS)
    first_day: date = min(*(row[2] for row in billed), *(row[3] for row in paid))

    def day(on: date) -> int:
        return int((on - first_day).days)

    invoices = {
        key: Invoice(key, account, day(on), amount, currency or accounts[account][0])
        for key, account, on, _, amount, currency in billed
    }
    payments = {
        payment.payment_id: payment
        for payment in (
            Payment(
                *(key, account, named, day(on), amount),
                currency or (invoices[named].currency if named else accounts[account][0]),
            )
            for key, account, named, on, amount, currency in paid
        )
        # money in another currency than its invoice is rejected
        if payment.invoice_id is None or payment.currency == invoices[payment.invoice_id].currency
    }
    history = History(
        accounts=tuple(accounts),
        open_item=frozenset(key for key, row in accounts.items() if row[1] == "open_item"),
        invoices=tuple(invoices.values()),
        payments=tuple(payments.values()),
        allocations=tuple(
            Allocation(key, payment, invoice, day(on), amount)
            for key, payment, invoice, on, amount in query(project, ALLOCATIONS)
            if payment in payments
        ),
        reversals=tuple(
            Reversal(key, payment, day(on), amount, kind, None if payment else named)
            for key, payment, on, amount, kind, named in query(project, REFUNDS)
            if payment is None or payment in payments
        ),
        credit_notes=tuple(
            CreditNote(
                *(key, account, named, day(on), amount),
                invoices[named].currency if named in invoices else accounts[account][0],
            )
            for key, account, named, on, amount in query(project, CREDIT_NOTES)
        ),
        write_offs=tuple(
            WriteOff(key, account, named, day(on))
            for key, account, named, on in query(project, WRITE_OFFS)
        ),
    )
    checks = tuple(
        Check(account, accounts[account][0], on, score, status)
        for account, on, score, status in query(project, CHECKS)
    )
    due = {
        key: due_on or on + timedelta(days=_terms(accounts[account]))
        for key, account, on, due_on, *_ in billed
    }
    return Estate(history, first_day, due, checks)


def _terms(account: list[Any]) -> int:
    return 30 if account[2] is None else int(account[2])
