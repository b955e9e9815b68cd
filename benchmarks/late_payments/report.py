"""What came out, as text that fits a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benchmarks.late_payments.trial import BEST, RESAMPLES
from benchmarks.page import paragraph, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.late_payments.trial import Score, Trial

_NAMES: Final = ("invoices", "scored by")


def render(trials: Sequence[Trial]) -> str:
    """The part of the page, at most 80 columns wide."""
    parts = [
        "## Late payments",
        "",
        *paragraph(
            "How well the features of `ml_features.feat_late_payments` tell, on the day an invoice is"
            " issued, whether it will be paid late. Earlier folds train, later ones test; an invoice"
            " trains only if it was due before the first tested one was issued, so that its outcome"
            " was known by then (a chargeback that came later may have changed it since). `last"
            " invoice` is the naive rule: as the account's last settled invoice, so this one, with the"
            " share late that training saw after each answer; without history, the share late of"
            " all. `lift` is the share of late invoices in the riskiest tenth over that in all."
            " Both models have the same settings for every data set; the number of trees is the one"
            " that tells the latest fifth of the training invoices best."
        ),
    ]
    for trial in trials:
        parts += ["", *_trial_lines(trial)]
    return "\n".join(parts)


def _trial_lines(trial: Trial) -> list[str]:
    split, invoices = trial.split, trial.invoices
    gain, low, high = trial.gain
    verdict = "beats" if trial.is_won else "DOES NOT beat"
    skipped = (
        f" Too few of one outcome to score alone: {', '.join(trial.skipped)}."
        if trial.skipped
        else ""
    )
    return [
        f"### {trial.name}",
        "",
        *paragraph(
            f"Trained on {len(split.train):,} invoices due before {split.cut},"
            f" {invoices.is_late[split.train].mean():.1%} of them late; tested on"
            f" {len(split.test):,} of {', '.join(split.folds)}, as of {invoices.as_of}."
            f" {len(invoices.names)} features. The naive rule knows nothing of"
            f" {trial.without_history:.1%} of the tested invoices.{skipped}"
        ),
        "",
        *table(
            ("invoices", "late", "scored by", "AUC", "Brier", "lift"),
            [
                _score_row(trial, group, model, found)
                for group, models in trial.scores.items()
                for model, found in models.items()
            ],
            left=_NAMES,
        ),
        "",
        *paragraph(
            f"Over all invoices {BEST} {verdict} the naive rule in AUC, Brier score and lift. Its AUC"
            f" is {gain:+.3f} away; 95 % of {RESAMPLES} draws of the tested accounts lie between"
            f" {low:+.3f} and {high:+.3f}."
        ),
        "",
        f"Calibration of {BEST}, tenths by predicted risk:",
        "",
        *table(
            ("tenth", "invoices", "predicted", "late"),
            [
                (str(number), f"{count:,}", f"{predicted:.1%}", f"{late:.1%}")
                for number, (count, predicted, late) in enumerate(trial.calibration, start=1)
            ],
            left=(),
        ),
    ]


def _score_row(trial: Trial, group: str, model: str, found: Score) -> tuple[str, ...]:
    count, share = trial.counts[group]
    measures = (f"{found.auc:.3f}", f"{found.brier:.4f}", f"{found.lift:.2f}")
    return (f"{group}, {count:,}", f"{share:.1%}", model, *measures)
