"""Training, testing and measuring on one data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.late_payments.data import split_by_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.late_payments.data import Flags, Invoices, Numbers, Positions, Split

SEED: Final = 1
RESAMPLES: Final = 200
DECILES: Final = 10
LEAST_OF_A_CLASS: Final = 20
"""Fewer late, or fewer punctual, invoices of a line of business say nothing."""

MOST_ROUNDS: Final = 300
VALIDATED: Final = 0.2
"""Share of the training invoices, the latest, that decide how many trees there are."""

MODELS: Final = ("gradient boosting", "logistic regression", "last invoice")
BEST, SIMPLE, RULE = MODELS


@dataclass(frozen=True)
class Score:
    """How well some probabilities did on some invoices.

    Attributes:
        auc: Chance that a late invoice is ranked above a punctual one.
        brier: Mean squared error of the probability.
        lift: Late invoices in the riskiest tenth, as a multiple of those in any tenth.
    """

    auc: float
    brier: float
    lift: float


@dataclass(frozen=True)
class Trial:
    """One data set, trained and tested.

    Attributes:
        scores: By line of business, all together first, then by model.
        counts: Invoices tested and the share of late ones, by line of business.
        skipped: Lines of business with too few invoices of one outcome.
        calibration: For each tenth by predicted risk: invoices, mean prediction, share late.
        gain: By how much the best model's AUC is above the naive rule's, and the bounds of its
            95 % interval when accounts are resampled.
        without_history: Share of tested invoices of which the naive rule knows nothing.
    """

    name: str
    invoices: Invoices
    split: Split
    scores: dict[str, dict[str, Score]]
    counts: dict[str, tuple[int, float]]
    skipped: tuple[str, ...]
    calibration: tuple[tuple[int, float, float], ...]
    gain: tuple[float, float, float]
    without_history: float

    @property
    def is_won(self) -> bool:
        """Whether the best model beats the naive rule in every measure, over all invoices."""
        best, rule = self.scores["all"][BEST], self.scores["all"][RULE]
        return best.auc > rule.auc and best.brier < rule.brier and best.lift > rule.lift


def run_trial(name: str, invoices: Invoices) -> Trial:
    """Train on one side of the cut, test on the other.

    Args:
        name: What to call the data set.
        invoices: Its feature table.

    Raises:
        UnusableError: If it cannot be split.
    """
    split = split_by_time(invoices)
    chances = predict(invoices, split)
    is_late = invoices.is_late[split.test] == 1
    line = invoices.line[split.test]
    groups = {"all": np.ones(len(is_late), dtype=bool)}
    groups |= {str(value): line == value for value in sorted(set(line))}
    usable = {
        group: rows
        for group, rows in groups.items()
        if group == "all" or min(is_late[rows].sum(), (~is_late[rows]).sum()) >= LEAST_OF_A_CLASS
    }
    best, rule = chances[BEST], chances[RULE]
    return Trial(
        name=name,
        invoices=invoices,
        split=split,
        scores={
            group: {model: score(is_late[rows], chances[model][rows]) for model in MODELS}
            for group, rows in usable.items()
        },
        counts={
            group: (int(rows.sum()), float(is_late[rows].mean())) for group, rows in usable.items()
        },
        skipped=tuple(group for group in groups if group not in usable),
        calibration=calibrate(is_late, best),
        gain=gain_in_auc(is_late, best, rule, invoices.account[split.test]),
        without_history=float(np.isnan(invoices.last_was_late[split.test]).mean()),
    )


def predict(invoices: Invoices, split: Split) -> dict[str, Numbers]:
    """Train the models and the rule, and score the tested invoices.

    Returns:
        By model, the chance of each tested invoice to be paid late.
    """
    train, test = split.train, split.test
    is_late = invoices.is_late[train] == 1
    seen = known_texts(invoices, split)
    # without any value there is nothing to learn from, and nothing to fill gaps with
    is_empty = np.isnan(seen[train]).all(axis=0)
    seen, is_text = seen[:, ~is_empty], invoices.is_text[~is_empty]
    chances = {}
    # one thread: at these sizes more of them wait for each other, and sums do not depend on how many
    with threadpool_limits(1):
        boosting = make_boosting(is_text, choose_rounds(seen[train], is_late, is_text))
        for model, fitted in ((BEST, boosting), (SIMPLE, _logistic(is_text))):
            fitted.fit(seen[train], is_late)
            chances[model] = fitted.predict_proba(seen[test])[:, 1]
    chances[RULE] = _same_as_last(invoices.last_was_late[train], is_late)[
        _answers(invoices.last_was_late[test])
    ]
    return chances


def known_texts(invoices: Invoices, split: Split) -> Numbers:
    """The features, with texts that training never saw taken for unknown."""
    features = invoices.features.copy()
    for column in np.flatnonzero(invoices.is_text):
        codes = features[:, column]
        codes[~np.isin(codes, codes[split.train])] = np.nan
        # as few codes as there are texts in training: boosting takes no more than 255
        kept, codes[~np.isnan(codes)] = np.unique(codes[~np.isnan(codes)], return_inverse=True)
        codes[codes >= min(len(kept), 255)] = np.nan
    return features


def score(is_late: Flags, chance: Numbers) -> Score:
    """Measure probabilities against what happened.

    Args:
        is_late: n outcomes, not all the same.
        chance: n probabilities.
    """
    return Score(
        auc=float(roc_auc_score(is_late, chance)),
        brier=float(brier_score_loss(is_late, chance)),
        lift=lift(is_late, chance),
    )


def lift(is_late: Flags, chance: Numbers) -> float:
    """Late invoices in the riskiest tenth, as a multiple of those in any tenth.

    Of invoices of equal risk that only in part fit into the tenth, the same part of the late ones
    counts: a rule of three answers gains nothing from the order of rows.

    Args:
        is_late: n outcomes.
        chance: n probabilities.
    """
    size = len(is_late) / DECILES
    edge = np.sort(chance)[::-1][max(int(np.ceil(size)) - 1, 0)]
    above, at = chance > edge, chance == edge
    found = is_late[above].sum() + is_late[at].mean() * (size - above.sum())
    return float(found / size / is_late.mean())


def calibrate(is_late: Flags, chance: Numbers) -> tuple[tuple[int, float, float], ...]:
    """Compare what was predicted with what happened, from the least risky tenth to the riskiest.

    Returns:
        For each tenth: invoices, mean prediction, share late.
    """
    tenths = np.array_split(np.argsort(chance, kind="stable"), DECILES)
    return tuple(
        (len(rows), float(chance[rows].mean()), float(is_late[rows].mean()))
        for rows in tenths
        if len(rows)
    )


def choose_rounds(seen: Numbers, is_late: Flags, is_text: Flags) -> int:
    """After how many trees the latest part of the training invoices is predicted best.

    Where history predicts nothing, even the first trees fit noise; a fixed number of trees would be
    confident of it.

    Args:
        seen: Features of the training invoices, in order of issue.
        is_late: Their outcomes.
        is_text: Which features are codes.

    Returns:
        A number of trees, at least 1.
    """
    earlier = int(len(seen) * (1 - VALIDATED))
    if len(np.unique(is_late[:earlier])) == 1:
        return 1
    trial = make_boosting(is_text, MOST_ROUNDS, is_stopping=True)
    trial.fit(seen[:earlier], is_late[:earlier], X_val=seen[earlier:], y_val=is_late[earlier:])
    return max(int(np.argmax(trial.validation_score_)), 1)


def make_boosting(is_text: Flags, rounds: int, *, is_stopping: bool = False) -> Any:  # noqa: ANN401
    """The better model, not yet trained."""
    return HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=rounds,
        max_leaf_nodes=15,
        min_samples_leaf=20,
        l2_regularization=1.0,
        early_stopping=is_stopping,
        n_iter_no_change=20,
        categorical_features=is_text,
        random_state=SEED,
    )


def _logistic(is_text: Flags) -> Any:  # noqa: ANN401  (scikit-learn's pipelines are not typed)
    """The simple model: amounts and counts on a log scale, gaps filled and flagged."""
    numbers = make_pipeline(
        FunctionTransformer(_log_scale),
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
    )
    texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        ColumnTransformer(
            [
                ("numbers", numbers, np.flatnonzero(~is_text)),
                ("texts", texts, np.flatnonzero(is_text)),
            ]
        ),
        LogisticRegression(max_iter=2_000, random_state=SEED),
    )


def _log_scale(values: Numbers) -> Numbers:
    scaled: Numbers = np.sign(values) * np.log1p(np.abs(values))
    return scaled


def _answers(last_was_late: Numbers) -> Positions:
    """The naive rule's three answers as positions: 0 punctual, 1 late, 2 no history."""
    return np.where(np.isnan(last_was_late), 2, last_was_late).astype(np.intp)


def _same_as_last(last_was_late: Numbers, is_late: Flags) -> Numbers:
    """Share late after each answer, as training saw it; the base rate where it never was given."""
    answers = _answers(last_was_late)
    base = is_late.mean()
    shares = [
        is_late[answers == answer].mean() if (answers == answer).any() else base
        for answer in (0, 1)
    ]
    return np.array([*shares, base])


def gain_in_auc(
    is_late: Flags, best: Numbers, rule: Numbers, account: NDArray[np.object_]
) -> tuple[float, float, float]:
    """The difference of two AUCs, and its interval when whole accounts are resampled."""
    rng = np.random.default_rng(SEED)
    _, number = np.unique(account.astype(str), return_inverse=True)
    accounts = number.max() + 1
    gains = []
    for _ in range(RESAMPLES):
        weight = rng.multinomial(accounts, np.full(accounts, 1 / accounts))[number]
        if weight[is_late].sum() and weight[~is_late].sum():
            gains.append(
                roc_auc_score(is_late, best, sample_weight=weight)
                - roc_auc_score(is_late, rule, sample_weight=weight)
            )
    low, high = np.quantile(gains, [0.025, 0.975])
    measured = roc_auc_score(is_late, best) - roc_auc_score(is_late, rule)
    return float(measured), float(low), float(high)
