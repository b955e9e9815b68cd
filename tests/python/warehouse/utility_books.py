"""The delinquency checks once more, in plain Python, from raw bills and raw money.

Nothing here knows the models' SQL: every account is gone through bill by bill, and what was paid is added up
from the first payment on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.paths import CHECKOUT
from tests.python.warehouse.delinquency_books import Bill, Check
from tests.python.workshop import query

if TYPE_CHECKING:
    from datetime import date

    from pipeline.paths import Project

ZERO = Decimal(0)
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True)
class Step:
    """A step of a penalty policy: from which unpaid share on it holds, and what it adds."""

    name: str
    min_ratio: Decimal
    penalty: Decimal


@dataclass(frozen=True)
class Policy:
    """What a line of business goes by."""

    steps: tuple[Step, ...]
    suspend_score: Decimal
    close_score: Decimal


@dataclass(frozen=True)
class RawBill:
    """A bill as printed."""

    invoice_id: str
    account_id: str
    currency: str
    issued_on: date
    due_on: date
    charges: Decimal
    total: Decimal


@dataclass(frozen=True)
class Utility:
    """What raw rows say of the utility's accounts by a day.

    Attributes:
        money: Signed amounts by account, currency and day.
    """

    lines: dict[str, str]
    raw_bills: list[RawBill]
    money: dict[tuple[str, str], list[tuple[date, Decimal]]]
    policy: Policy

    def bills(self) -> list[Bill]:
        """All bills, with their own charges."""
        return [
            Bill(bill.account_id, bill.currency, bill.issued_on, bill.charges)
            for bill in self.raw_bills
        ]


def read_utility(project: Project, as_of: date) -> Utility:
    """Read raw rows of utility accounts, those dated by a day.

    Args:
        project: A warehouse with raw rows; nothing else of it is read.
        as_of: The day; what is dated later does not exist.
    """
    accounts = dict(
        query(
            project,
            "select account_id, coalesce(currency, 'USD') from raw_crm.accounts"
            " where line_of_business = 'utility'"
            " and coalesce(cash_application, 'balance_forward') = 'balance_forward'",
        )
    )
    raw_bills = [
        RawBill(bill_id, account_id, currency or accounts[account_id], *rest)
        for bill_id, account_id, currency, *rest in query(
            project,
            "select invoice_id, account_id, currency, invoice_date, due_date, amount,"
            " coalesce(statement_amount, amount) from raw_billing.invoices"
            f" where invoice_date <= date '{as_of}'",
        )
        if account_id in accounts
    ]
    money: dict[tuple[str, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for account_id, currency, on, amount in query(
        project,
        """
        select account_id, currency, payment_date, amount_paid from raw_payments.payments
        union all
        select notes.account_id, invoices.currency, credit_date, notes.amount
        from raw_billing.credit_notes as notes
        left join raw_billing.invoices as invoices using (invoice_id)
        union all
        select account_id, currency, refund_date, -amount
        from raw_payments.refunds inner join raw_payments.payments using (payment_id)
        where kind = 'chargeback'
        """,
    ):
        if account_id in accounts and on <= as_of:
            money[account_id, currency or accounts[account_id]].append((on, amount))
    return Utility(dict.fromkeys(accounts, "utility"), raw_bills, money, _policy(project))


def _policy(project: Project) -> Policy:
    """The utility's own policy, or the one of the project."""
    rows = query(
        project,
        "select step_name, min_ratio, penalty, suspend_score, close_score"
        " from raw_billing.delinquency_policies where line_of_business = 'utility'"
        " order by min_ratio",
    )
    if rows:
        steps = tuple(Step(row[0], _exact(row[1]), _exact(row[2])) for row in rows)
        return Policy(steps, _exact(rows[0][3]), _exact(rows[0][4]))
    stated = yaml.safe_load((CHECKOUT / "dbt_project.yml").read_text())["vars"]["penalty_policy"]
    return Policy(
        tuple(
            Step(step["step_name"], _exact(step["min_ratio"]), _exact(step["penalty"]))
            for step in stated["steps"]
        ),
        _exact(stated["suspend_score"]),
        _exact(stated["close_score"]),
    )


def checks_by_hand(utility: Utility, as_of: date) -> list[Check]:
    """Every check up to a day, account by account, until one closes it."""
    due: dict[str, dict[date, RawBill]] = defaultdict(dict)
    for bill in sorted(utility.raw_bills, key=lambda bill: (bill.issued_on, bill.invoice_id)):
        on = max(bill.due_on, bill.issued_on)
        if on <= as_of:
            due[bill.account_id][on] = bill
    return [
        check
        for bills in due.values()
        for check in _checks_of(utility, dict(sorted(bills.items())))
    ]


def _checks_of(utility: Utility, bills: dict[date, RawBill]) -> list[Check]:
    policy, score, found = utility.policy, ZERO, list[Check]()
    for on, bill in bills.items():
        received = sum(
            (
                amount
                for day, amount in utility.money[bill.account_id, bill.currency]
                if bill.issued_on <= day < on
            ),
            ZERO,
        )
        unpaid = max(bill.total - received, ZERO) if bill.total > 0 else ZERO
        step = _step(policy, unpaid, bill.total)
        score = score + step.penalty if unpaid > 0 else ZERO
        status = "Delinquent" if score > 0 else "Active"
        if score >= policy.suspend_score:
            status = "Suspended"
        if score >= policy.close_score:
            status = "Closed"
        share = min(unpaid / bill.total, Decimal(1)) if bill.total > 0 else ZERO
        found.append(
            Check(
                *(bill.account_id, on, bill.currency, unpaid),
                share.quantize(MILLIONTH, ROUND_HALF_UP),
                *(step.name, step.penalty, score, status),
            )
        )
        if status == "Closed":
            break
    return found


def _step(policy: Policy, unpaid: Decimal, total: Decimal) -> Step:
    reached = [step for step in policy.steps if unpaid > 0 and unpaid >= step.min_ratio * total]
    return reached[-1] if reached else Step("none", ZERO, ZERO)


def _exact(number: Any) -> Decimal:  # noqa: ANN401  (as YAML or DuckDB has it)
    return Decimal(str(number))
