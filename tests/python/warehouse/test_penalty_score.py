"""The penalty score agrees with a walk from bill to bill, and with itself on every earlier day."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.paths import CHECKOUT
from tests.python.warehouse.compiled_checks import checks_by_models, compile_models
from tests.python.warehouse.penalty_books import Bill, Life, Money, Step, TakenBack, checks_of

if TYPE_CHECKING:
    from tests.python.warehouse.compiled_models import Bench
    from tests.python.workshop import Workshop

LAST_DAY = 16
LINES = {"a": "utility", "b": "utility", "s": "subscription"}

# Few days, and cents that meet the shares of the steps exactly or miss them by one.
DAYS = st.integers(0, LAST_DAY)
TOTALS = st.sampled_from([-5, 0, 1, 3, 100, 100, 100, 101, 102, 10000])
PARTS = st.sampled_from([1, 2, 32, 33, 34, 66, 67, 68, 99, 100, 200, 3300, 6700])
CURRENCIES = st.sampled_from(["USD", "USD", "USD", "USD", "EUR"])
ACCOUNTS = st.sampled_from(["a", "a", "a", "b", "s"])
SCORES = st.sampled_from(["0.5", "1", "2", "5", "10"]).map(Fraction)


@st.composite
def bills(draw: st.DrawFn) -> list[Bill]:
    """Bills, some of one day, some due on one day, some due before they are issued."""
    facts = draw(
        st.lists(
            st.tuples(ACCOUNTS, DAYS, st.integers(-1, 4), TOTALS, st.none() | TOTALS, CURRENCIES),
            max_size=14,
        )
    )
    order = draw(st.permutations(range(len(facts))))
    return [
        Bill(f"i{order[n]:02}", account, issued, issued + terms, max(amount, 0), total, currency)
        for n, (account, issued, terms, amount, total, currency) in enumerate(facts)
    ]


@st.composite
def policies(draw: st.DrawFn) -> list[Step]:
    """Rows of policies, in no order, with gaps and overlaps; or none at all."""
    shares = st.sampled_from(["0", "0", "0.1", "0.33", "0.5", "0.67", "1"]).map(Fraction)
    penalties = st.sampled_from(["0", "0.5", "1", "1.5", "2"]).map(Fraction)
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["utility", "utility", "utility", "subscription"]),
                st.sampled_from(["minor", "partial", "major", "full"]),
                *(shares, st.none() | penalties | penalties | penalties, SCORES, SCORES),
                *(st.none() | DAYS, st.none() | st.none() | DAYS),
            ),
            max_size=6,
        )
    )
    return [Step(f"p{n}", *row) for n, row in enumerate(rows)]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Accounts of two lines of business, with bills and with money that comes and goes."""
    money = [
        Money(f"m{n}", *fact)
        for n, fact in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        *(ACCOUNTS, DAYS, PARTS, CURRENCIES),
                        st.sampled_from(["payment", "payment", "credit_note"]),
                    ),
                    max_size=12,
                )
            )
        )
    ]
    taken_back: list[TakenBack] = []
    for n, (payment, day, kind) in enumerate(
        draw(
            st.lists(
                st.tuples(st.sampled_from(money), DAYS, st.sampled_from(["refund", "chargeback"])),
                max_size=3,
                unique_by=lambda fact: fact[0].money_id,
            )
        )
        if money
        else []
    ):
        if payment.kind == "payment":
            taken_back.append(TakenBack(f"r{n}", payment.money_id, day, payment.amount, kind))
    steps = draw(st.just([]) | policies())
    return Life(LINES, tuple(draw(bills())), tuple(money), tuple(taken_back), tuple(steps))


@pytest.fixture(scope="module")
def bench(workshop: Workshop) -> Bench:
    """The compiled models."""
    return compile_models(workshop)


@pytest.fixture(scope="module")
def stated() -> list[Step]:
    """The policy that dbt_project.yml states."""
    project = yaml.safe_load((CHECKOUT / "dbt_project.yml").read_text(encoding="utf-8"))
    policy: dict[str, Any] = project["vars"]["penalty_policy"]
    return [
        Step(
            *("project", line, step["step_name"]),
            *(Fraction(str(step["min_ratio"])), Fraction(str(step["penalty"]))),
            *(Fraction(str(policy["suspend_score"])), Fraction(str(policy["close_score"]))),
            *(None, None),
        )
        for line in policy["lines_of_business"]
        for step in policy["steps"]
    ]


REPEATABLE = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(life=lives())
@REPEATABLE
def test_the_models_agree_with_a_walk_from_bill_to_bill(
    bench: Bench, stated: list[Step], life: Life
) -> None:
    assert checks_by_models(bench, life, LAST_DAY) == checks_of(life, stated, LAST_DAY)


@given(life=lives(), day=st.integers(0, LAST_DAY - 1))
@settings(REPEATABLE, max_examples=75)
def test_later_facts_leave_earlier_checks_as_they_were(
    bench: Bench, stated: list[Step], life: Life, day: int
) -> None:
    then = checks_by_models(bench, life, day)
    assert then == checks_by_models(bench, life.until(day), day)
    assert then == checks_of(life.until(day), stated, day)
    assert then == [check for check in checks_by_models(bench, life, LAST_DAY) if check.day <= day]


def test_a_life_of_non_payment_passes_through_everything(bench: Bench, stated: list[Step]) -> None:
    """The project's own steps, one after the other, down to the end."""
    shares = [100, 32, 0, 33, 67, 100, 99, 100, 100, 100, 100]
    life = Life(
        LINES,
        tuple(Bill(f"i{n:02}", "a", n, n + 1, 1, 100, "USD") for n in range(len(shares))),
        tuple(Money(f"m{n}", "a", n, 100 - unpaid, "USD") for n, unpaid in enumerate(shares)),
        (),
        (),
    )
    checks = checks_by_models(bench, life, LAST_DAY)
    assert checks == checks_of(life, stated, LAST_DAY)
    assert [check.score for check in checks] == [
        *map(Fraction, ("2", "2.5", "0", "1", "2.5", "4.5", "6", "8", "10"))
    ]
    assert {check.status for check in checks} == {"Active", "Delinquent", "Suspended", "Closed"}
    assert {check.miss_type for check in checks} == {"none", "minor", "partial", "major", "full"}
