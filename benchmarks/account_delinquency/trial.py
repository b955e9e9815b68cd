"""Training, testing and measuring on one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from benchmarks.account_delinquency.data import split_by_time
from benchmarks.late_payments.trial import choose_rounds, gain_in_auc, lift, make_boosting

if TYPE_CHECKING:
    from benchmarks.account_delinquency.data import Snapshots, Split
    from benchmarks.late_payments.data import Numbers

LEAST_OF_A_CLASS: Final = 20
"""Fewer snapshots of one outcome say nothing of a status."""

MODELS: Final = ("gradient boosting", "current score")
BEST, RULE = MODELS


@dataclass(frozen=True)
class Score:
    """How well a ranking did.

    Attributes:
        auc: Chance that a later bad debt is ranked above another account.
        lift: Bad debts in the riskiest tenth, as a multiple of those in any tenth.
    """

    auc: float
    lift: float


@dataclass(frozen=True)
class Trial:
    """One data set, trained and tested.

    Attributes:
        scores: By status at the snapshot, all together first, then by model.
        counts: Snapshots tested and the share that went bad, by status.
        gain: By how much the model's AUC is above the rule's, and the bounds of its 95 % interval when
            accounts are resampled.
    """

    name: str
    snapshots: Snapshots
    split: Split
    scores: dict[str, dict[str, Score]]
    counts: dict[str, tuple[int, float]]
    gain: tuple[float, float, float]

    @property
    def is_won(self) -> bool:
        """Whether the model beats the current score in both measures, over all snapshots."""
        best, rule = self.scores["all"][BEST], self.scores["all"][RULE]
        return best.auc > rule.auc and best.lift > rule.lift


def run_trial(name: str, snapshots: Snapshots) -> Trial:
    """Train on one side of the cut, test on the other.

    Args:
        name: What to call the data set.
        snapshots: Its feature table.

    Raises:
        UnusableError: If it cannot be split.
    """
    split = split_by_time(snapshots)
    chances = {BEST: predict(snapshots, split), RULE: snapshots.score[split.test]}
    is_bad = snapshots.is_bad[split.test] == 1
    status = snapshots.status[split.test]
    groups = {"all": np.ones(len(is_bad), dtype=bool)}
    groups |= {str(value): status == value for value in sorted(set(status))}
    scored = {
        group: rows
        for group, rows in groups.items()
        if group == "all" or min(is_bad[rows].sum(), (~is_bad[rows]).sum()) >= LEAST_OF_A_CLASS
    }
    return Trial(
        name=name,
        snapshots=snapshots,
        split=split,
        scores={
            group: {
                model: Score(
                    auc=float(roc_auc_score(is_bad[rows], chance[rows])),
                    lift=lift(is_bad[rows], chance[rows]),
                )
                for model, chance in chances.items()
            }
            for group, rows in scored.items()
        },
        counts={
            group: (int(rows.sum()), float(is_bad[rows].mean())) for group, rows in scored.items()
        },
        gain=gain_in_auc(is_bad, chances[BEST], chances[RULE], snapshots.account[split.test]),
    )


def predict(snapshots: Snapshots, split: Split) -> Numbers:
    """Train the model, and score the tested snapshots.

    Returns:
        The chance of each tested snapshot's account to become a bad debt.
    """
    is_bad = snapshots.is_bad[split.train] == 1
    seen = snapshots.features[split.train]
    kept = ~np.isnan(seen).all(axis=0)
    is_text = np.zeros(int(kept.sum()), dtype=bool)
    # one thread: sums then do not depend on how many there are
    with threadpool_limits(1):
        rounds = choose_rounds(seen[:, kept], is_bad, is_text)
        model = make_boosting(is_text, rounds)
        model.fit(seen[:, kept], is_bad)
        chances: Numbers = model.predict_proba(snapshots.features[split.test][:, kept])[:, 1]
    return chances
