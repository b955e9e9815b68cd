"""The delinquency features agree with a count by hand on random lives, and never look ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.python.warehouse.compiled_delinquency_features import build, connect
from tests.python.warehouse.delinquency_books import Bill, Check, Rhythm, features_by_hand

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from tests.python.workshop import Workshop

FIRST_DAY = date(2024, 1, 1)
# Another rhythm than the project's: lives of a dozen checks then meet every branch.
RHYTHM = Rhythm(first=2, every=2, ahead=3)
LABELS = ("became_bad_debt", "label_known_on")
LINES = {"a": "utility", "b": "trade_credit"}
PENALTIES = {
    miss: Decimal(halves) / 2
    for halves, miss in enumerate(("none", "minor", "partial", "major", "full"))
}


@dataclass(frozen=True)
class Lives:
    """What happened to all accounts."""

    checks: tuple[Check, ...]
    bills: tuple[Bill, ...]


@st.composite
def lives(draw: st.DrawFn) -> Lives:
    """Checks with scores that add up, and bills that know nothing of them."""
    currencies = st.sampled_from(["USD", "USD", "USD", "EUR"])
    checks: list[Check] = []
    for account_id in LINES:
        day, score = FIRST_DAY + timedelta(days=draw(st.integers(0, 3))), Decimal(0)
        for miss, cents, currency, pause, is_odd in draw(
            st.lists(
                st.tuples(
                    *(st.sampled_from(["none", *PENALTIES]), st.integers(1, 500), currencies),
                    *(st.integers(1, 3), st.integers(0, 7).map(lambda one: one == 0)),
                ),
                # many are long enough to leave the longest window
                min_size=draw(st.sampled_from([0, 14])),
                max_size=18,
            )
        ):
            # odd are a share too small for any step, a step that costs nothing, a closing without balance
            unpaid = Decimal(0) if miss == "none" and not is_odd else Decimal(cents) / 100
            penalty = Decimal(0) if is_odd else PENALTIES[miss]
            score = Decimal(0) if unpaid == 0 else score + penalty
            status = _status(score, is_odd=is_odd)
            checks.append(
                Check(
                    *(account_id, day, currency),
                    unpaid=Decimal(0) if status == "Closed" and cents % 3 == 0 else unpaid,
                    ratio=unpaid / 8,
                    miss=miss,
                    penalty=penalty,
                    score=score,
                    status=status,
                )
            )
            if status == "Closed":
                break
            day += timedelta(days=pause)
    bills = draw(
        st.lists(
            st.tuples(st.sampled_from("ab"), currencies, st.integers(0, 40), st.integers(0, 900)),
            max_size=30,
        )
    )
    return Lives(
        tuple(checks),
        tuple(
            Bill(account_id, currency, FIRST_DAY + timedelta(days=day), Decimal(cents) / 100)
            for account_id, currency, day, cents in bills
        ),
    )


def _status(score: Decimal, *, is_odd: bool) -> str:
    if score >= 12 or (score >= 3 and is_odd):
        return "Closed"
    if score >= 3:
        return "Suspended"
    return "Delinquent" if score > 0 else "Active"


@pytest.fixture(scope="module")
def features(workshop: Workshop) -> duckdb.DuckDBPyConnection:
    return connect(workshop, RHYTHM)


often = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@often
@given(life=lives())
def test_every_feature_is_what_plain_python_finds(
    features: duckdb.DuckDBPyConnection, life: Lives
) -> None:
    found = build(features, life.checks, life.bills, LINES)
    assert found == features_by_hand(life.checks, life.bills, LINES, RHYTHM)


@often
@given(life=lives(), days=st.integers(0, 30))
def test_what_is_dated_later_changes_no_feature_and_no_known_label(
    features: duckdb.DuckDBPyConnection, life: Lives, days: int
) -> None:
    day = FIRST_DAY + timedelta(days=days)
    now = build(features, life.checks, life.bills, LINES)
    then = build(
        features,
        [check for check in life.checks if check.on <= day],
        [bill for bill in life.bills if bill.issued_on < day],
        LINES,
    )
    assert _without_labels(then) == _without_labels(
        {key: row for key, row in now.items() if row["snapshot_on"] <= day}
    )
    for key, row in then.items():
        known_now = now[key]["label_known_on"]
        if known_now is not None and known_now <= day:
            assert [row[label] for label in LABELS] == [now[key][label] for label in LABELS]
        else:
            assert [row[label] for label in LABELS] == [None, None]


def _without_labels(
    rows: Mapping[tuple[str, int], Mapping[str, Any]],
) -> dict[tuple[str, int], dict[str, Any]]:
    return {
        key: {column: value for column, value in row.items() if column not in LABELS}
        for key, row in rows.items()
    }
