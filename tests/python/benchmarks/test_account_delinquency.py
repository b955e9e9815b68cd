"""The baseline of bad debts learns from the past alone, and says so when it has nothing to add."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.account_delinquency.__main__ import main
from benchmarks.account_delinquency.data import read_snapshots, ripe_before, split_by_time
from benchmarks.account_delinquency.report import render
from benchmarks.account_delinquency.trial import BEST, RULE, predict, run_trial
from benchmarks.baseline import UnusableError
from benchmarks.page import WIDTH, read_parts
from tests.python.benchmarks.habits import altered, draw

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.account_delinquency.data import Snapshots
    from benchmarks.account_delinquency.trial import Trial

ACCOUNTS, MONTHS = 300, 30
LAST_DAY = np.datetime64("2024-12-31")

# going bad is a habit of the account, which the misses so far tell and the current score does not
HABITS = """
    create schema ml_features;
    create table ml_features.feat_account_delinquency as
    with snapshots as (
        select
            account,
            month,
            cast(date '2022-07-01' + to_months(month::integer) as date) as snapshot_on,
            hash(account, 'habit') % 100 as habit,
            hash(account, month) % 100 < hash(account, 'habit') % 40 as became_bad_debt
        from range({accounts}) as accounts (account), range({months}) as months (month)
    ),
    told as (
        select
            *,
            -- a closing is known after 60 days, that there was none after a year
            snapshot_on + case when became_bad_debt then 60 else 360 end as known_on
        from snapshots
    )
    select
        'A' || account as account_id,
        month + 6 as cycle,
        cast(snapshot_on as date) as snapshot_on,
        'USD' as currency,
        case hash(account, month, 's') % 3 when 0 then 'Active' else 'Delinquent' end
            as delinquency_status,
        cast(habit % 40 as decimal(9, 3)) / 10 as penalty_total_per_cycle,
        cast((hash(account, month, 'score') % 20) + habit % 40 / 4 as decimal(9, 3))
            as penalty_score,
        null::double as avg_delinquent_amount,
        case when known_on <= date '2024-12-31' then became_bad_debt end as became_bad_debt,
        case when known_on <= date '2024-12-31' then cast(known_on as date) end as label_known_on,
        year(snapshot_on) || '-Q' || quarter(snapshot_on) as fold
    from told
"""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("habits") / "habits.duckdb"
    return draw(path, HABITS.format(accounts=ACCOUNTS, months=MONTHS))


@pytest.fixture(scope="module")
def snapshots(warehouse: Path) -> Snapshots:
    return read_snapshots(warehouse)


@pytest.fixture(scope="module")
def trial(snapshots: Snapshots) -> Trial:
    return run_trial("habits", snapshots)


def test_only_numbers_are_features(snapshots: Snapshots) -> None:
    assert snapshots.names == (
        "cycle",
        "penalty_total_per_cycle",
        "penalty_score",
        "avg_delinquent_amount",
    )
    assert snapshots.features.shape == (ACCOUNTS * MONTHS, 4)


def test_training_knows_nothing_of_the_day_testing_begins(snapshots: Snapshots) -> None:
    split = split_by_time(snapshots)
    assert snapshots.known[split.train].max() < split.cut <= snapshots.taken[split.test].min()
    assert len(split.test) >= 0.3 * ripe_before(snapshots, LAST_DAY + 1).sum()
    later = snapshots.known >= split.cut
    flipped = replace(snapshots, is_bad=np.where(later, 1 - snapshots.is_bad, snapshots.is_bad))
    np.testing.assert_array_equal(predict(snapshots, split), predict(flipped, split))
    earlier = replace(snapshots, is_bad=np.where(later, snapshots.is_bad, 1 - snapshots.is_bad))
    assert np.any(predict(snapshots, split) != predict(earlier, split))


def test_no_snapshot_is_used_of_which_only_a_closing_could_be_known(snapshots: Snapshots) -> None:
    """Young snapshots of known outcome are all bad: with them the share of bad ones would be wrong."""
    for day in (LAST_DAY + 1, split_by_time(snapshots).cut):
        young = (snapshots.known < day) & (snapshots.taken > day - 361)
        assert np.all(snapshots.is_bad[young] == 1)
        assert young.sum() > 100
        assert not np.any(ripe_before(snapshots, day) & young)
        old = snapshots.taken < day - 361
        assert np.all(ripe_before(snapshots, day)[old])


def test_history_beats_the_current_score(trial: Trial) -> None:
    best, rule = trial.scores["all"][BEST], trial.scores["all"][RULE]
    assert trial.is_won
    assert best.auc > rule.auc + 0.03
    assert trial.gain[0] == pytest.approx(best.auc - rule.auc)
    assert trial.gain[1] < trial.gain[0] < trial.gain[2]
    assert set(trial.scores) == {"all", "Active", "Delinquent"}


def test_a_score_that_cannot_be_beaten_ends_with_1(warehouse: Path, tmp_path: Path) -> None:
    certain = altered(
        warehouse,
        tmp_path / "certain.duckdb",
        "update ml_features.feat_account_delinquency set penalty_score = became_bad_debt::integer",
    )
    with pytest.raises(SystemExit) as end:
        main([str(certain)])
    assert end.value.code == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update ml_features.feat_account_delinquency set fold = '2024-Q1'", "in 1 folds: too few"),
        (
            "update ml_features.feat_account_delinquency set became_bad_debt = false",
            "not of both outcomes",
        ),
        ("alter table ml_features.feat_account_delinquency drop label_known_on", "label_known_on"),
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


def test_a_missing_warehouse_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="build it first"):
        read_snapshots(tmp_path / "none.duckdb")


def test_the_part_fits_a_terminal_and_is_the_same_every_time(
    warehouse: Path, trial: Trial, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "results.md"
    main([f"habits={warehouse}", "--results", str(page)])
    part = read_parts(page.read_text())["account-delinquency"]
    assert part == render([trial])
    assert part in capsys.readouterr().out
    assert max(map(len, part.splitlines())) <= WIDTH
