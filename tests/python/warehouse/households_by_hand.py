"""Three years of a small utility with everything that happens to its bills, as raw rows drawn at random.

Bills come every thirty days, to half of the accounts in the middle of the others' cycle, and repeat what is
unpaid. It holds what the simulated demo need not: bills left out, terms of two cycles, refunds, chargebacks,
credit notes, two currencies on one account, bills that nobody checks any more. Much of it happens on the very
days of checks, so that whoever looks ahead by a day is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from tests.python.warehouse.trading_by_hand import Draw

if TYPE_CHECKING:
    from pipeline.paths import Project

FIRST_DAY = date(2022, 1, 16)
CYCLE_DAYS = 30
CYCLES = 36
ACCOUNTS = 48
# Chances to pay a bill in full, in part, or not at all, by kind of customer.
HABITS = ((0.9, 0.08, 0.02), (0.5, 0.4, 0.1), (0.25, 0.5, 0.25), (0.04, 0.5, 0.46))


@dataclass
class Household:
    """An account, how it pays, and what it owes by currency, as the next bill will print it."""

    account_id: str
    habit: tuple[float, float, float]
    owed: dict[str, Decimal]


def supply(project: Project, root_seed: int) -> None:
    """Add the households to the raw tables of a warehouse."""
    draw = Draw(np.random.default_rng(root_seed))
    for number in range(ACCOUNTS):
        _account(draw, number)
    with duckdb.connect(str(project.warehouse)) as connection:
        for table, rows in draw.rows.items():
            columns = sorted({column for row in rows for column in row})
            connection.executemany(
                f"insert into {table} ({', '.join(columns)})"
                f" values ({', '.join('?' * len(columns))})",
                [[row.get(column) for column in columns] for row in rows],
            )


def _account(draw: Draw, number: int) -> None:
    account_id = f"H{number:03}"
    first_cycle = draw.between(0, CYCLES // 2)
    draw.rows["raw_crm.accounts"].append(
        {
            "account_id": account_id,
            "customer_id": f"V{number // 2:03}",
            "line_of_business": "utility",
            "status": "Active",
            "opened_on": FIRST_DAY + timedelta(days=CYCLE_DAYS * first_cycle),
            "payment_terms_days": CYCLE_DAYS,
            "cash_application": "balance_forward",
            "currency": "USD",
        }
    )
    habit = HABITS[number % len(HABITS)]
    household = Household(account_id, habit, {"USD": Decimal(0), "EUR": Decimal(0)})
    shift = CYCLE_DAYS // 2 * (number // len(HABITS) % 2)
    for cycle in range(first_cycle, CYCLES):
        day = FIRST_DAY + timedelta(days=CYCLE_DAYS * cycle + shift)
        if draw.happens(0.05):
            continue
        currency = "EUR" if number % 9 == 5 and draw.happens(0.3) else "USD"
        _bill(draw, household, day, currency)


def _bill(draw: Draw, household: Household, day: date, currency: str) -> None:
    account_id, owed = household.account_id, household.owed
    charges = Decimal(draw.between(1000, 9000)) / 100 if draw.happens(0.95) else Decimal(0)
    terms = CYCLE_DAYS * (2 if draw.happens(0.03) else 1)
    total = owed[currency] + charges
    invoice_id = draw.add(
        "raw_billing.invoices",
        "invoice_id",
        account_id=account_id,
        invoice_date=day,
        due_date=day + timedelta(days=terms),
        amount=charges,
        statement_amount=None if total == charges and draw.happens(0.5) else total,
        currency=currency if currency == "EUR" or draw.happens(0.5) else None,
    )
    owed[currency] = total
    in_full, in_part, _ = household.habit
    chance = draw.rng.random()
    if chance < in_full + in_part and total > 0:
        share = Decimal(1) if chance < in_full else Decimal(draw.between(1, 99)) / 100
        amount = (total * share).quantize(Decimal("0.01"))
        # on the day of issue, on the day of the check, or in between; seldom later
        late = terms + draw.between(0, 40) if draw.happens(0.1) else draw.between(0, terms)
        on = day + timedelta(days=draw.between(0, 1) * terms if draw.happens(0.15) else late)
        _payment(draw, account_id, on, amount, currency)
        owed[currency] -= amount if on < day + timedelta(days=CYCLE_DAYS) else Decimal(0)
    if draw.happens(0.04):
        draw.add(
            "raw_billing.credit_notes",
            "credit_note_id",
            invoice_id=invoice_id if draw.happens(0.5) else None,
            account_id=account_id,
            credit_date=day + timedelta(days=draw.between(0, CYCLE_DAYS)),
            amount=Decimal(draw.between(100, 3000)) / 100,
        )


def _payment(draw: Draw, account_id: str, day: date, amount: Decimal, currency: str) -> None:
    if amount == 0:
        return
    payment_id = draw.add(
        "raw_payments.payments",
        "payment_id",
        account_id=account_id,
        payment_date=day,
        amount_paid=amount,
        currency=currency,
    )
    if draw.happens(0.08):
        draw.add(
            "raw_payments.refunds",
            "refund_id",
            payment_id=payment_id,
            refund_date=day + timedelta(days=draw.between(0, CYCLE_DAYS)),
            amount=amount,
            kind="chargeback" if draw.happens(0.7) else "refund",
        )
