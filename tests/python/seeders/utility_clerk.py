"""A clerk who keeps the books of utility accounts in plain Python, a fact at a time.

Reads the raw rows alone. Amounts are exact decimals, ratios fractions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

CENT: Final = Decimal("0.01")
NEVER: Final = date.max
GRACE: Final = 30
PROMPT: Final = 7
CYCLE: Final = timedelta(days=30)

Found = dict[str, dict[str, Decimal]]


@dataclass(frozen=True)
class Bill:
    """A bill: its own charges, and the total printed on it."""

    invoice_id: str
    issued: date
    due: date
    period_start: date
    amount: Decimal
    total: Decimal


@dataclass(frozen=True)
class Payment:
    """A payment."""

    payment_id: str
    paid_on: date
    amount: Decimal

    @property
    def invoice_id(self) -> str:
        """The bill it was made for, whose account and cycle its own id repeats."""
        return f"Y{self.payment_id[1:]}"


@dataclass(frozen=True)
class Check:
    """What the ledger says, or should say, about one check."""

    invoice_id: str
    check_date: date
    total_due: Decimal
    due_date: date
    unpaid: Decimal
    ratio: Decimal
    unpaid_before: Decimal
    score_before: Decimal
    kind: str
    penalty: Decimal
    score: Decimal
    status: str
    action: str


@dataclass
class Account:
    """All raw rows of one account, in order."""

    account_id: str
    rate: Decimal
    opened_on: date
    closed_on: date
    bills: list[Bill] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    usages: dict[date, Decimal] = field(default_factory=dict)
    statuses: list[tuple[date, str]] = field(default_factory=list)
    written_off_on: date = NEVER

    def paid_between(self, first: date, end: date) -> Decimal:
        """Money that came in from a day on, before another."""
        return sum((p.amount for p in self.payments if first <= p.paid_on < end), Decimal(0))

    def left_to_pay(self, bill: Bill) -> Decimal:
        """What a customer who gets a bill has not provided for yet.

        That is the printed total without what was going to come in for older bills anyway, from the day of
        issue to the day before the check.
        """
        older = {each.invoice_id for each in self.bills if each.issued < bill.issued}
        provided = [
            payment.amount
            for payment in self.payments
            if payment.invoice_id in older and bill.issued <= payment.paid_on < bill.due
        ]
        return bill.total - sum(provided, Decimal(0))

    def status_on(self, day: date) -> str:
        """How it stood at the end of a day."""
        return [status for on, status in self.statuses if on <= day][-1]


@dataclass(frozen=True)
class Policy:
    """Penalties from shares of the bill on, and the scores that matter."""

    steps: tuple[tuple[str, Fraction, Decimal], ...]
    suspend_score: Decimal
    close_score: Decimal

    def step(self, unpaid: Decimal, total: Decimal) -> tuple[str, Decimal]:
        """The step of a bill, and its penalty."""
        if unpaid <= 0:
            return "none", Decimal(0)
        ratio = Fraction(unpaid) / Fraction(total)
        return [(name, penalty) for name, least, penalty in self.steps if ratio >= least][-1]


ROWS: Final = {
    "accounts": "select a.account_id, rate, opened_on, coalesce(closed_on, date '9999-12-31')"
    " from raw_crm.accounts as a join raw_metering.meters using (account_id)"
    " join raw_billing.tariffs using (rate_schedule) where line_of_business = 'utility'",
    "bills": "select account_id, invoice_id, invoice_date, due_date, period_start, amount,"
    " statement_amount from raw_billing.invoices order by invoice_date",
    "payments": "select account_id, payment_id, payment_date, amount_paid"
    " from raw_payments.payments order by payment_date, payment_id",
    "checks": "select account_id, invoice_id, check_date, total_due, due_date, unpaid_balance,"
    " unpaid_ratio, previous_unpaid_balance, previous_score, delinquency_type, penalty, score,"
    " status, action from raw_billing.balance_snapshots order by check_date",
    "usages": "select account_id, cycle_start, usage_kwh from raw_metering.usages",
    "statuses": "select entity_key, source_ts::date, after ->> 'status' from raw_cdc.change_events"
    " where source_table = 'raw_crm.accounts' order by source_seq",
    "write_offs": "select account_id, written_off_on from raw_billing.write_offs",
    "policy": "select step_name, min_ratio, penalty, suspend_score, close_score"
    " from raw_billing.delinquency_policies order by step_order",
}


def read_accounts(con: duckdb.DuckDBPyConnection) -> dict[str, Account]:
    """Read the raw rows of a world of utility customers."""
    rows = {name: con.execute(query).fetchall() for name, query in ROWS.items()}
    accounts = {name: Account(name, *rest) for name, *rest in rows["accounts"]}
    for name, *bill in rows["bills"]:
        accounts[name].bills.append(Bill(*bill))
    for name, *payment in rows["payments"]:
        accounts[name].payments.append(Payment(*payment))
    for name, *check in rows["checks"]:
        accounts[name].checks.append(Check(*check))
    for name, cycle_start, kwh in rows["usages"]:
        accounts[name].usages[cycle_start] = kwh
    for name, on, status in rows["statuses"]:
        accounts[name].statuses.append((on, status))
    for name, on in rows["write_offs"]:
        accounts[name].written_off_on = on
    return accounts


def read_policy(con: duckdb.DuckDBPyConnection) -> Policy:
    """Read the penalty policy the world says it went by."""
    rows = con.execute(ROWS["policy"]).fetchall()
    steps = tuple((name, Fraction(least), penalty) for name, least, penalty, *_ in rows)
    return Policy(steps, rows[0][3], rows[0][4])


def share_bounds(days_late: int, reliability: Decimal) -> tuple[Decimal, Decimal]:
    """The least and the most that is paid of what is left, by days late, other than all of it."""
    if days_late <= PROMPT:
        return Decimal("0.6"), Decimal("0.9")
    if reliability > Decimal("0.85"):
        return Decimal("0.6"), Decimal(1)
    if reliability > Decimal("0.7"):
        return Decimal("0.3"), Decimal("0.6")
    return Decimal("0.1"), Decimal("0.3")


def charge(account: Account, kwh: Decimal) -> Decimal:
    """What usage costs."""
    return (kwh * account.rate).quantize(CENT, ROUND_HALF_UP)


def expected_checks(account: Account, policy: Policy, until: date) -> Iterator[Check]:
    """Go through an account's bills, and say what the ledger must hold of each that is due."""
    score, unpaid_before, status = Decimal(0), Decimal(0), "Active"
    for bill in account.bills:
        if bill.due > until:
            return
        unpaid = bill.total - account.paid_between(bill.issued, bill.due)
        kind, penalty = policy.step(unpaid, bill.total)
        before, was = score, status
        score = score + penalty if unpaid > 0 else Decimal(0)
        status = "Active"
        if unpaid > 0 and score >= policy.close_score:
            status = "Closed"
        elif unpaid > 0 and score >= policy.suspend_score:
            status = "Suspended"
        action = "penalise" if unpaid > 0 else "clear" if before > 0 else "none"
        if status != was:
            action = {"Active": "reinstate", "Suspended": "suspend", "Closed": "close"}[status]
        # a credit balance is nothing unpaid
        ratio = unpaid / bill.total if unpaid > 0 else Decimal(0)
        yield Check(
            invoice_id=bill.invoice_id,
            check_date=bill.due,
            total_due=bill.total,
            due_date=bill.due,
            unpaid=unpaid,
            ratio=ratio.quantize(Decimal("0.000001"), ROUND_HALF_UP),
            unpaid_before=unpaid_before,
            score_before=before,
            kind=kind,
            penalty=penalty,
            score=score,
            status=status,
            action=action,
        )
        unpaid_before = unpaid


def unpaid_bills(accounts: dict[str, Account], day: date, grace: int = GRACE) -> Found:
    """Open the books of a day from nothing: zombies and leaky buckets, with what is open of each."""
    found: Found = {"zombie": {}, "leaky_bucket": {}}
    for account in accounts.values():
        if account.opened_on > day or account.written_off_on <= day:
            continue
        left = sum((p.amount for p in account.payments if p.paid_on <= day), Decimal(0))
        for bill in account.bills:
            if bill.issued > day:
                break
            paid = min(left, bill.amount)
            left -= paid
            past_due = (day - bill.due).days
            if paid == bill.amount or past_due <= 0:
                continue
            if paid > 0:
                found["leaky_bucket"][bill.invoice_id] = bill.amount - paid
            elif past_due > grace and account.status_on(day) == "Active":
                found["zombie"][bill.invoice_id] = bill.amount
    return found


def told(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """All recorded faults of unpaid bills."""
    return con.execute(
        "select rule, entity_id, amount, observable_from, coalesce(ends_on, date '9999-12-31')"
        " from ground_truth.faults where rule in ('zombie', 'leaky_bucket')"
    ).fetchall()


def told_on(faults: list[tuple[Any, ...]], day: date) -> Found:
    """Those that last on a day."""
    found: Found = defaultdict(dict, {"zombie": {}, "leaky_bucket": {}})
    for rule, entity, amount, begins, ends in faults:
        if begins <= day < ends:
            assert entity not in found[rule], "spells overlap"
            found[rule][entity] = amount
    return dict(found)
