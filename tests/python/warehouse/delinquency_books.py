"""The features of account delinquency once more, in plain Python, snapshot by snapshot, from docs and checks.

Nothing here knows the models' SQL: for every snapshot the account's checks and bills are gone through from
the first one on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

ZERO = Decimal(0)
MISSES = ("minor", "partial", "major", "full")
PER_CYCLE = (
    *("bill_count", "billed_amount", "penalty_count", "penalty_total", "suspension_count"),
    *("streak_1_count", "streak_2_3_count", "streak_4_plus_count"),
    *(f"{miss}_count" for miss in MISSES),
    "delinquent_amount",
)


@dataclass(frozen=True)
class Check:
    """One delinquency check of an account, with what it left behind.

    Attributes:
        unpaid: What was unpaid of the bill, and `ratio` its share.
        miss: How much that was: none, minor, partial, major or full.
        score: The score after the check.
        status: Active, Delinquent, Suspended or Closed after the check.
    """

    account_id: str
    on: date
    currency: str
    unpaid: Decimal
    ratio: Decimal
    miss: str
    penalty: Decimal
    score: Decimal
    status: str


@dataclass(frozen=True)
class Bill:
    """One bill, with its own charges."""

    account_id: str
    currency: str
    issued_on: date
    charges: Decimal


@dataclass(frozen=True)
class Rhythm:
    """When snapshots are taken, and how many checks the label looks ahead."""

    first: int = 6
    every: int = 3
    ahead: int = 12


def features_by_hand(
    checks: Iterable[Check],
    bills: Iterable[Bill],
    lines: Mapping[str, str],
    rhythm: Rhythm,
) -> dict[tuple[str, int], dict[str, Any]]:
    """Every column of `ml_features.feat_account_delinquency`, by account and cycle.

    Args:
        checks: All checks, in any order; those of an account have days of their own.
        bills: All bills, in any order.
        lines: Line of business by account.
        rhythm: When snapshots are taken.
    """
    checked: dict[str, list[Check]] = defaultdict(list)
    for check in sorted(checks, key=lambda check: check.on):
        checked[check.account_id].append(check)
    billed: dict[tuple[str, str], list[Bill]] = defaultdict(list)
    for bill in bills:
        billed[bill.account_id, bill.currency].append(bill)
    return {
        (account_id, cycle): {
            "snapshot_on": now.on,
            "currency": now.currency,
            "line_of_business": lines[account_id],
            **_look_back(of_account[:cycle], billed[account_id, now.currency]),
            **_look_ahead(of_account[cycle : cycle + rhythm.ahead], rhythm.ahead),
            "fold": f"{now.on.year}-Q{(now.on.month + 2) // 3}",
        }
        for account_id, of_account in checked.items()
        for cycle, now in enumerate(of_account, start=1)
        if cycle in range(rhythm.first, cycle + 1, rhythm.every) and now.status != "Closed"
    }


def _look_back(checks: Sequence[Check], bills: Iterable[Bill]) -> dict[str, Any]:
    now = checks[-1]
    known = [bill for bill in bills if bill.issued_on < now.on]
    runs = [len(list(run)) for is_missed, run in groupby(checks, _is_missed) if is_missed]
    unpaid = [
        check.unpaid for check in checks if check.unpaid > 0 and check.currency == now.currency
    ]
    statuses = ["Active", *(check.status for check in checks)]
    totals: dict[str, Decimal | int] = {
        "bill_count": len(known),
        "billed_amount": sum((bill.charges for bill in known), ZERO),
        "penalty_count": sum(check.penalty > 0 for check in checks),
        "penalty_total": sum((check.penalty for check in checks), ZERO),
        "suspension_count": sum(
            after == "Suspended" != before for before, after in pairwise(statuses)
        ),
        "streak_1_count": runs.count(1),
        "streak_2_3_count": runs.count(2) + runs.count(3),
        "streak_4_plus_count": sum(length >= 4 for length in runs),
        **{f"{miss}_count": sum(check.miss == miss for check in checks) for miss in MISSES},
        "delinquent_amount": sum(unpaid, ZERO),
    }
    return {
        **totals,
        **{f"{name}_per_cycle": float(totals[name]) / len(checks) for name in PER_CYCLE},
        "avg_score_3c": _mean([check.score for check in checks[-3:]]),
        "avg_score_6c": _mean([check.score for check in checks[-6:]]),
        "penalty_3c": sum((check.penalty for check in checks[-3:]), ZERO),
        "penalty_6c": sum((check.penalty for check in checks[-6:]), ZERO),
        "max_score_12c": max(check.score for check in checks[-12:]),
        "avg_delinquent_amount": _mean(unpaid),
        "max_delinquent_amount": max(unpaid, default=ZERO),
        "unpaid_amount": now.unpaid,
        "unpaid_ratio": now.ratio,
        "penalty_score": now.score,
        "delinquency_status": now.status,
        "unpaid_streak": runs[-1] if _is_missed(now) else 0,
    }


def _look_ahead(coming: Sequence[Check], ahead: int) -> dict[str, Any]:
    closing = next((check for check in coming if check.status == "Closed"), None)
    if closing is not None:
        return {"became_bad_debt": closing.unpaid > 0, "label_known_on": closing.on}
    if len(coming) == ahead:
        return {"became_bad_debt": False, "label_known_on": coming[-1].on}
    return {"became_bad_debt": None, "label_known_on": None}


def _is_missed(check: Check) -> bool:
    return check.unpaid > 0


def _mean(numbers: Sequence[Decimal]) -> float | None:
    return float(sum(numbers, ZERO)) / len(numbers) if numbers else None
