"""The penalty score, bill by bill, in plain Python from the definitions page.

No formula is shared with the models: the score walks from check to check and remembers, where they
add up between clearings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Amounts are whole cents, days count from the first day of the history.


@dataclass(frozen=True)
class Bill:
    """A bill with its own charges and, where it repeats earlier ones, its printed total."""

    invoice_id: str
    account_id: str
    issued: int
    due: int
    amount: int
    statement: int | None
    currency: str

    @property
    def total(self) -> int:
        """What the bill asks for."""
        return self.amount if self.statement is None else self.statement


@dataclass(frozen=True)
class Money:
    """A payment or, where `kind` says so, a credit note."""

    money_id: str
    account_id: str
    day: int
    amount: int
    currency: str
    kind: str = "payment"


@dataclass(frozen=True)
class TakenBack:
    """A refund or chargeback; nothing goes back before it came in."""

    refund_id: str
    payment_id: str
    day: int
    amount: int
    kind: str = "chargeback"


@dataclass(frozen=True)
class Step:
    """A row of a policy; without a penalty it is no step of the score. Both days belong to it."""

    policy_id: str
    line_of_business: str
    step_name: str
    min_ratio: Fraction
    penalty: Fraction | None
    suspend_score: Fraction
    close_score: Fraction
    first_day: int | None
    last_day: int | None

    def holds_on(self, day: int) -> bool:
        """Whether the step is in force."""
        begun = self.first_day is None or self.first_day <= day
        return begun and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True)
class Life:
    """Everything that happened to some accounts; `lines` is the line of business of each."""

    lines: Mapping[str, str]
    bills: tuple[Bill, ...]
    money: tuple[Money, ...]
    taken_back: tuple[TakenBack, ...]
    steps: tuple[Step, ...]

    def until(self, day: int) -> Life:
        """What had happened by the end of a day; accounts and policies are always known."""
        return replace(
            self,
            bills=tuple(bill for bill in self.bills if bill.issued <= day),
            money=tuple(fact for fact in self.money if fact.day <= day),
            taken_back=tuple(fact for fact in self.taken_back if fact.day <= day),
        )


@dataclass(frozen=True)
class Check:
    """What the check of a day found, and what it made of the account."""

    account_id: str
    day: int
    number: int
    invoice_id: str
    currency: str
    total: int
    unpaid: int
    miss_type: str
    penalty: Fraction
    score: Fraction
    status: str
    streak: int
    is_suspension: bool


def checks_of(life: Life, stated: Iterable[Step], as_of: int) -> list[Check]:
    """Every check up to a day.

    Args:
        life: Bills, money and policies.
        stated: The project's own policy, for lines that have no steps of their own.
        as_of: The last day.

    Returns:
        Checks in the order of account and day.
    """
    own = [step for step in life.steps if step.penalty is not None]
    own_lines = {step.line_of_business for step in own}
    steps = own + [step for step in stated if step.line_of_business not in own_lines]
    found: list[Check] = []
    for account_id, line in sorted(life.lines.items()):
        found += _walk(account_id, [step for step in steps if step.line_of_business == line], life)
    return [check for check in found if check.day <= as_of]


def _walk(account_id: str, steps: list[Step], life: Life) -> list[Check]:
    bills = [bill for bill in life.bills if bill.account_id == account_id]
    checks: list[Check] = []
    score, streak, status = Fraction(0), 0, "Active"
    for day in sorted({max(bill.due, bill.issued) for bill in bills}):
        holding = [step for step in steps if step.holds_on(day)]
        if not holding or status == "Closed":
            continue
        bill = max(
            (bill for bill in bills if max(bill.due, bill.issued) == day),
            key=lambda bill: (bill.issued, bill.invoice_id),
        )
        unpaid = _unpaid(bill, day, life)
        miss_type, penalty = _graded(bill, unpaid, holding)
        was = status
        score = score + penalty if unpaid else Fraction(0)
        streak = streak + 1 if unpaid else 0
        latest = max(holding, key=_recency)
        if score >= latest.close_score:
            status = "Closed"
        elif score >= latest.suspend_score:
            status = "Suspended"
        else:
            status = "Delinquent" if score else "Active"
        turned = status == "Suspended" != was
        checks.append(
            Check(
                account_id,
                day,
                len(checks) + 1,
                bill.invoice_id,
                bill.currency,
                bill.total,
                unpaid,
                miss_type,
                penalty,
                score,
                status,
                streak,
                turned,
            )
        )
    return checks


def _recency(step: Step) -> tuple[int, str]:
    return (-1 if step.first_day is None else step.first_day, step.policy_id)


def _unpaid(bill: Bill, day: int, life: Life) -> int:
    """What of the bill no money dated from its issue until the day before the check has met."""
    if bill.total <= 0:
        return 0
    of_account = [
        fact
        for fact in life.money
        if (fact.account_id, fact.currency) == (bill.account_id, bill.currency)
    ]
    came_in = {fact.money_id: fact.day for fact in of_account if fact.kind == "payment"}
    received = sum(fact.amount for fact in of_account if bill.issued <= fact.day < day)
    gone = sum(
        fact.amount
        for fact in life.taken_back
        # who was given money back has paid all the same
        if fact.kind == "chargeback"
        and fact.payment_id in came_in
        and bill.issued <= max(fact.day, came_in[fact.payment_id]) < day
    )
    return max(bill.total - received + gone, 0)


def _graded(bill: Bill, unpaid: int, holding: list[Step]) -> tuple[str, Fraction]:
    if not unpaid:
        return "none", Fraction(0)
    newest: dict[str, Step] = {}
    for step in sorted(holding, key=_recency):
        newest[step.step_name] = step
    reached = [step for step in newest.values() if step.min_ratio <= Fraction(unpaid, bill.total)]
    if not reached:
        return "none", Fraction(0)
    highest = max(reached, key=lambda step: (step.min_ratio, step.penalty or 0, step.step_name))
    return highest.step_name, highest.penalty or Fraction(0)
