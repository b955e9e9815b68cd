"""The baseline learns from the past alone, and says so when it has nothing to add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.baseline import UnusableError
from benchmarks.late_payments.__main__ import main
from benchmarks.late_payments.data import read_invoices, split_by_time
from benchmarks.late_payments.report import render
from benchmarks.late_payments.trial import BEST, RULE, Score, lift, predict, run_trial
from benchmarks.page import WIDTH, read_parts
from tests.python.benchmarks.habits import altered, draw

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.late_payments.data import Invoices
    from benchmarks.late_payments.trial import Trial

ACCOUNTS, MONTHS = 80, 24

# late is a habit of the account: all that was seen of it tells more than the last time alone
HABITS = """
    create schema ml_features;
    create schema intermediate;
    create table intermediate.int_as_of_date as select date '2024-12-31' as as_of_date;
    create table ml_features.feat_late_payments as
    with invoices as (
        select
            account,
            month,
            date '2023-01-01' + to_months(month::integer) + to_days(account::integer % 28)
                as invoice_date,
            hash(account, 'habit') % 100 as habit,
            hash(account, month) % 100 < hash(account, 'habit') % 100 as was_late
        from range({accounts}) as accounts (account), range({months}) as months (month)
    ),
    told as (
        select
            *,
            count(*) over before_it as settled_count,
            count(*) filter (where was_late) over before_it as settled_late_count,
            last_value(was_late) over before_it as last_settled_was_late
        from invoices
        window before_it as (
            partition by account order by month rows between unbounded preceding and 2 preceding
        )
    )
    select
        'I' || account || '-' || month as invoice_id,
        'A' || account as account_id,
        if(account % 4 = 0, 'utility', 'trade_credit') as line_of_business,
        'USD' as currency,
        cast(invoice_date as date) as invoice_date,
        cast(10 + account as decimal(18, 2)) as invoice_amount,
        30 as terms_days,
        settled_count,
        settled_late_count,
        settled_late_count / nullif(settled_count, 0) as settled_late_ratio,
        null::decimal(18, 2) as credit_limit_use,
        account % 2 = 0 as is_even,
        last_settled_was_late,
        case
            when invoice_date + to_days(30) < date '2024-12-31' or not was_late then was_late
        end as is_late,
        case when was_late then 10 end as days_late,
        year(invoice_date) || '-Q' || quarter(invoice_date) as fold
    from told
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("habits") / "habits.duckdb"
    return draw(path, HABITS.format(accounts=ACCOUNTS, months=MONTHS))


@pytest.fixture(scope="module")
def invoices(warehouse: Path) -> Invoices:
    return read_invoices(warehouse)


@pytest.fixture(scope="module")
def trial(invoices: Invoices) -> Trial:
    return run_trial("habits", invoices)


# --- what the models see


def test_ids_dates_labels_and_the_fold_are_no_features(invoices: Invoices) -> None:
    assert invoices.names == (
        "line_of_business",
        "currency",
        "invoice_amount",
        "terms_days",
        "settled_count",
        "settled_late_count",
        "settled_late_ratio",
        "credit_limit_use",
        "is_even",
        "last_settled_was_late",
    )
    assert invoices.features.shape == (ACCOUNTS * MONTHS, 10)
    assert set(np.array(invoices.names)[invoices.is_text]) == {"line_of_business", "currency"}


def test_training_ends_before_testing_begins(invoices: Invoices) -> None:
    split = split_by_time(invoices)
    assert invoices.due[split.train].max() < split.cut <= invoices.issued[split.test].min()
    assert not set(invoices.fold[split.train]) & set(invoices.fold[split.test])
    assert invoices.due[split.test].max() < invoices.as_of
    # all that were due before the cut are trained on, and about a third is tested
    assert len(split.train) == np.sum(invoices.due < split.cut)
    # who paid early is not tested before those of the same days who have not paid yet
    assert np.any(invoices.is_late[invoices.due >= invoices.as_of] == 0)
    known = np.sum(invoices.due < invoices.as_of)
    assert 0.3 <= len(split.test) / known < 0.5


def test_an_outcome_of_later_than_the_cut_changes_no_prediction(invoices: Invoices) -> None:
    split = split_by_time(invoices)
    later = invoices.due >= split.cut
    assert np.any(later & ~np.isin(invoices.fold, split.folds)), "some are open at the cut"
    flipped = replace(invoices, is_late=np.where(later, 1 - invoices.is_late, invoices.is_late))
    told, retold = predict(invoices, split), predict(flipped, split_by_time(flipped))
    for model, chances in told.items():
        np.testing.assert_array_equal(chances, retold[model])


def test_an_outcome_from_before_the_cut_changes_predictions(invoices: Invoices) -> None:
    split = split_by_time(invoices)
    flipped = replace(
        invoices,
        is_late=np.where(invoices.due < split.cut, 1 - invoices.is_late, invoices.is_late),
    )
    told, retold = predict(invoices, split), predict(flipped, split)
    assert all(np.any(told[model] != retold[model]) for model in told)


def test_folds_that_overlap_in_time_are_refused(warehouse: Path, tmp_path: Path) -> None:
    mixed = altered(
        warehouse,
        tmp_path / "mixed.duckdb",
        "update ml_features.feat_late_payments set fold = 'odd' where right(invoice_id, 1) = '1'",
    )
    with pytest.raises(UnusableError, match="folds must follow in time"):
        split_by_time(read_invoices(mixed))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update ml_features.feat_late_payments set fold = '2024'", "only one fold"),
        ("update ml_features.feat_late_payments set is_late = true", "not of both outcomes"),
        ("alter table ml_features.feat_late_payments drop fold", "has no fold"),
    ],
)
def test_what_cannot_be_tested_ends_with_2_and_its_reason(
    warehouse: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: str,
    reason: str,
) -> None:
    broken = altered(warehouse, tmp_path / "broken.duckdb", change)
    with pytest.raises(SystemExit) as end:
        main([str(broken)])
    assert end.value.code == 2
    assert reason in capsys.readouterr().err


# --- how well they do


def test_history_beats_the_last_invoice(trial: Trial) -> None:
    best, rule = trial.scores["all"][BEST], trial.scores["all"][RULE]
    assert trial.is_won
    assert best.auc > rule.auc + 0.05
    assert trial.gain[0] == pytest.approx(best.auc - rule.auc)
    assert trial.gain[1] < trial.gain[0] < trial.gain[2]
    assert set(trial.scores) == {"all", "utility", "trade_credit"}


@pytest.mark.parametrize(
    "worse",
    [Score(0.7, 0.1, 3.0), Score(0.8, 0.2, 3.0), Score(0.8, 0.1, 2.0)],
    ids=["ranks", "probabilities", "riskiest tenth"],
)
def test_to_win_is_to_be_better_in_every_measure(trial: Trial, worse: Score) -> None:
    rule = Score(auc=0.7, brier=0.2, lift=2.0)
    won = replace(trial, scores={"all": {BEST: Score(0.8, 0.1, 3.0), RULE: rule}})
    lost = replace(trial, scores={"all": {BEST: worse, RULE: rule}})
    assert won.is_won
    assert not lost.is_won


def test_predicted_risks_come_true(trial: Trial) -> None:
    assert sum(count for count, _, _ in trial.calibration) == len(trial.split.test)
    riskiest, safest = trial.calibration[-1], trial.calibration[0]
    assert riskiest[2] > 0.75
    assert safest[2] < 0.25
    assert riskiest[1] == pytest.approx(riskiest[2], abs=0.12)


def test_a_rule_that_cannot_be_beaten_ends_with_1(warehouse: Path, tmp_path: Path) -> None:
    certain = altered(
        warehouse,
        tmp_path / "certain.duckdb",
        "update ml_features.feat_late_payments set last_settled_was_late = is_late",
    )
    with pytest.raises(SystemExit) as end:
        main([str(certain)])
    assert end.value.code == 1


def test_without_history_the_rule_gives_the_base_rate(invoices: Invoices) -> None:
    split = split_by_time(invoices)
    forgotten = replace(invoices, last_was_late=invoices.last_was_late.copy())
    forgotten.last_was_late[split.test[0]] = np.nan
    chances = predict(forgotten, split)[RULE]
    assert chances[0] == invoices.is_late[split.train].mean()
    assert len(np.unique(chances)) == 3


def test_lift_counts_ties_in_part() -> None:
    is_late = np.arange(100) < 20
    assert lift(is_late, np.full(100, 0.3)) == pytest.approx(1.0)
    assert lift(is_late, -np.arange(100.0)) == pytest.approx(5.0)
    # four of the five riskiest are late, and a tenth of the equal rest
    chance = np.where(np.arange(100) < 4, 0.9, 0.1)
    chance[99] = 0.9
    assert lift(is_late, chance) == pytest.approx((4 + 5 * 16 / 95) / 10 / 0.2)


# --- and what is told


def test_the_part_fits_a_terminal_and_is_the_same_every_time(
    warehouse: Path, trial: Trial, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "results.md"
    main([f"habits={warehouse}", "--results", str(page)])
    part = read_parts(page.read_text())["late-payments"]
    assert part == render([trial])
    assert part in capsys.readouterr().out
    assert max(map(len, part.splitlines())) <= WIDTH


def test_a_line_of_business_with_one_outcome_is_named_and_not_scored(invoices: Invoices) -> None:
    punctual = replace(
        invoices, is_late=np.where(invoices.line == "utility", 0.0, invoices.is_late)
    )
    trial = run_trial("habits", punctual)
    assert trial.skipped == ("utility",)
    assert "Too few of one outcome to score alone: utility." in render([trial]).replace("\n", " ")
