"""What came out, as text that fits a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.account_delinquency.trial import BEST
from benchmarks.late_payments.trial import RESAMPLES
from benchmarks.page import paragraph, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.account_delinquency.trial import Trial

_NAMES: Final = ("snapshots", "scored by")


def render(trials: Sequence[Trial]) -> str:
    """The part of the page, at most 80 columns wide."""
    parts = [
        "## Account delinquency",
        "",
        *paragraph(
            "How well the features of `ml_features.feat_account_delinquency` tell, at a check, whether"
            " one of the next 12 will close the account as a bad debt. Earlier folds train, later ones"
            " test; a snapshot trains only if its outcome was known before the first tested day, and"
            " none is used of which only the closing could be known yet. `current score` is the naive"
            " rule: the higher the penalty score, the worse. `lift` is the share of bad debts in the"
            " riskiest tenth over that in all."
        ),
    ]
    for trial in trials:
        parts += ["", *_trial_lines(trial)]
    return "\n".join(parts)


def _trial_lines(trial: Trial) -> list[str]:
    split, snapshots = trial.split, trial.snapshots
    gain, low, high = trial.gain
    verdict = "beats" if trial.is_won else "DOES NOT beat"
    return [
        f"### {trial.name}",
        "",
        *paragraph(
            f"Trained on {len(split.train):,} snapshots known before {split.cut},"
            f" {snapshots.is_bad[split.train].mean():.2%} of them bad; tested on"
            f" {len(split.test):,} of {split.folds[0]} to {split.folds[-1]}."
            f" {len(snapshots.names)} features."
        ),
        "",
        *table(
            ("snapshots", "bad", "scored by", "AUC", "lift"),
            [
                (
                    f"{group}, {trial.counts[group][0]:,}",
                    f"{trial.counts[group][1]:.2%}",
                    model,
                    f"{found.auc:.3f}",
                    f"{found.lift:.2f}",
                )
                for group, models in trial.scores.items()
                for model, found in models.items()
            ],
            left=_NAMES,
        ),
        "",
        *paragraph(
            f"Over all snapshots {BEST} {verdict} the current score in AUC and lift. Its AUC is"
            f" {gain:+.3f} away; 95 % of {RESAMPLES} draws of the tested accounts lie between"
            f" {low:+.3f} and {high:+.3f}."
        ),
    ]
