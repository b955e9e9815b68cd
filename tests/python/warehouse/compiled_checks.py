"""The compiled SQL of the penalty checks, run on a handful of facts in memory."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.python.warehouse.compiled_models import Bench, set_up
from tests.python.warehouse.compiled_spine import FIRST_DAY, on
from tests.python.warehouse.penalty_books import Check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tests.python.warehouse.penalty_books import Life
    from tests.python.workshop import Workshop

# What the models under test read: the facts as staging hands them on, and who the accounts are.
GIVEN = {
    "intermediate.int_as_of_date": "as_of_date date",
    "intermediate.int_accounts": "account_id text, line_of_business text, cash_application text",
    "intermediate.facts": "invoice_id text, account_id text, line_of_business text,"
    " invoice_date date, due_date date, invoiced_amount decimal(18, 2),"
    " statement_amount decimal(18, 2), currency text",
    "staging.stg_payments__payments": "payment_id text, account_id text, invoice_id text,"
    " payment_date date, amount_paid decimal(18, 2), currency text, method text,"
    " is_accepted boolean",
    "staging.stg_payments__payment_allocations": "payment_id text, allocated_on date,"
    " is_accepted boolean",
    "staging.stg_billing__invoices": "invoice_id text, account_id text, invoice_date date,"
    " amount decimal(18, 2), currency text, is_accepted boolean",
    "staging.stg_payments__refunds": "refund_id text, payment_id text, invoice_id text,"
    " refund_date date, amount decimal(18, 2), refund_kind text, taken_from text,"
    " is_accepted boolean",
    "staging.stg_billing__credit_notes": "credit_note_id text, account_id text, invoice_id text,"
    " credit_date date, amount decimal(18, 2), currency text, is_accepted boolean",
    "staging.stg_billing__delinquency_policies": "policy_id text, line_of_business text,"
    " step_name text, min_ratio decimal(18, 6), penalty decimal(18, 6),"
    " suspend_score decimal(18, 6), close_score decimal(18, 6), valid_from date, valid_to date,"
    " is_accepted boolean",
}

# Under test, in the order of their needs.
MODELS = (
    *("int_payments", "int_invoice_reversals", "int_payment_reversals"),
    *("int_penalty_steps", "int_delinquency_policies", "int_checked_bills", "int_checked_money"),
    *("int_checked_balances", "int_check_penalties", "int_delinquency_checks"),
)

ANSWER = """
    select account_id, check_date, check_number, invoice_id, currency, total_due_amount,
        unpaid_amount, miss_type, penalty, penalty_score, delinquency_status, unpaid_streak,
        is_suspension
    from intermediate.int_delinquency_checks
    order by account_id, check_date
"""


def compile_models(workshop: Workshop) -> Bench:
    """The models, ready to run on any facts."""
    compiled = workshop.compile(*MODELS)
    models = {f"intermediate.{name}": compiled[name]["compiled_code"] for name in MODELS}
    return set_up(models, GIVEN)


def checks_by_models(bench: Bench, life: Life, as_of: int) -> list[Check]:
    """What the models find, as of a day."""
    bench.run(_rows(life, as_of))
    return [
        Check(
            *(row[0], (row[1] - FIRST_DAY).days, *row[2:5], _cents(row[5]), _cents(row[6])),
            *(row[7], Fraction(row[8]), Fraction(row[9]), *row[10:]),
        )
        for row in bench.connection.execute(ANSWER).fetchall()
    ]


def _rows(life: Life, as_of: int) -> Mapping[str, list[tuple[object, ...]]]:
    payments = [fact for fact in life.money if fact.kind == "payment"]
    credit_notes = [fact for fact in life.money if fact.kind == "credit_note"]
    return {
        "intermediate.int_as_of_date": [(on(as_of),)],
        "intermediate.int_accounts": [
            (account, line, "balance_forward") for account, line in life.lines.items()
        ],
        "intermediate.facts": [
            (
                *(bill.invoice_id, bill.account_id, life.lines[bill.account_id]),
                *(on(bill.issued), on(bill.due), _money(bill.amount)),
                *(None if bill.statement is None else _money(bill.statement), bill.currency),
            )
            for bill in life.bills
        ],
        "staging.stg_payments__payments": [
            (
                *(fact.money_id, fact.account_id, None, on(fact.day)),
                *(_money(fact.amount), fact.currency, None, True),
            )
            for fact in payments
        ],
        "staging.stg_payments__refunds": [
            (
                *(fact.refund_id, fact.payment_id, None, on(fact.day), _money(fact.amount)),
                *(fact.kind, "payment", True),
            )
            for fact in life.taken_back
        ],
        "staging.stg_billing__credit_notes": [
            (
                *(fact.money_id, fact.account_id, None, on(fact.day)),
                *(_money(fact.amount), fact.currency, True),
            )
            for fact in credit_notes
        ],
        "staging.stg_billing__delinquency_policies": [
            (
                *(step.policy_id, step.line_of_business, step.step_name, _decimal(step.min_ratio)),
                None if step.penalty is None else _decimal(step.penalty),
                *(_decimal(step.suspend_score), _decimal(step.close_score)),
                *(_date(step.first_day), _date(step.last_day), True),
            )
            for step in life.steps
        ],
    }


def _date(day: int | None) -> date | None:
    return None if day is None else on(day)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))
