"""The feature table of a built warehouse, and its split by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.baseline import UnusableError, opened

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.late_payments.data import Flags, Numbers, Positions

MART: Final = "ml_features.feat_account_delinquency"
LABEL: Final = "became_bad_debt"
KNOWN_ON: Final = "label_known_on"
SCORE: Final = "penalty_score"
PROMISED: Final = frozenset(
    {"account_id", "snapshot_on", "delinquency_status", SCORE, LABEL, KNOWN_ON, "fold"}
)

TEST_SHARE: Final = 0.3
"""At least this share of the snapshots with a ripe outcome is tested: the latest folds."""


@dataclass(frozen=True)
class Snapshots:
    """The feature table, n snapshots in order of day and account.

    Attributes:
        features: n x p numbers, NaN where unknown.
        names: p names of the columns.
        is_bad: The label, NaN where it is not known yet.
        score: The penalty score at the snapshot, the naive rule's answer.
        taken: Days of the snapshots.
        known: Days on which the labels became known, NaT where they are not.
        fold: Name of each snapshot's fold.
        status: The account's status at the snapshot.
        account: The account.
    """

    features: Numbers
    names: tuple[str, ...]
    is_bad: Numbers
    score: Numbers
    taken: NDArray[np.datetime64]
    known: NDArray[np.datetime64]
    fold: NDArray[np.object_]
    status: NDArray[np.object_]
    account: NDArray[np.object_]


@dataclass(frozen=True)
class Split:
    """Which snapshots are trained on and which tested.

    Attributes:
        cut: The first tested day; all that training knows was known before it.
        folds: Names of the tested folds.
    """

    train: Positions
    test: Positions
    cut: np.datetime64
    folds: tuple[str, ...]


def read_snapshots(warehouse: Path) -> Snapshots:
    """Read the feature table of a built warehouse.

    Features are all columns of numbers but the label.

    Args:
        warehouse: A DuckDB file.

    Raises:
        UnusableError: If there is no such file, or its table lacks a promised column.
    """
    with opened(warehouse, MART, PROMISED) as (connection, types):
        names = tuple(
            name
            for name, kind in types.items()
            if kind.startswith(("INTEGER", "BIGINT", "DECIMAL", "DOUBLE"))
        )
        chosen = ", ".join(f"cast({name} as double) as {name}" for name in names)
        columns = connection.execute(
            f"""
            select
                {chosen},
                cast({LABEL} as double) as label,
                account_id as account,
                delinquency_status as status,
                snapshot_on as taken,
                {KNOWN_ON} as known,
                fold as fold_name
            from {MART}
            order by snapshot_on, account_id
            """  # noqa: S608  (names of the table's own columns)
        ).fetchnumpy()
    return Snapshots(
        features=np.column_stack([_numbers(columns[name]) for name in names]),
        names=names,
        is_bad=_numbers(columns["label"]),
        score=_numbers(columns[SCORE]),
        taken=_days(columns["taken"]),
        known=_days(columns["known"]),
        fold=np.asarray(columns["fold_name"], dtype=object),
        status=np.asarray(columns["status"], dtype=object),
        account=np.asarray(columns["account"], dtype=object),
    )


def ripe_before(snapshots: Snapshots, day: np.datetime64) -> Flags:
    """Snapshots whose outcome was known before a day, and would have been whichever it was.

    A closing is known at once, that nothing came of it only when all checks have passed. So snapshots
    younger than the youngest of which nothing came are left out: only their closings are known.

    Args:
        snapshots: The feature table.
        day: What was known before it counts.

    Returns:
        n flags.
    """
    known = snapshots.known < day
    nothing = snapshots.taken[known & (snapshots.is_bad == 0)]
    if not nothing.size:
        return np.zeros(len(snapshots.taken), dtype=bool)
    ripe: Flags = known & (snapshots.taken <= nothing.max())
    return ripe


def split_by_time(snapshots: Snapshots) -> Split:
    """Test the latest folds; train on what was known before the first of them began.

    Args:
        snapshots: The feature table.

    Raises:
        UnusableError: If one side of the cut is empty or knows one outcome only.
    """
    ripe = ripe_before(snapshots, np.datetime64("9999-12-31"))
    fold = snapshots.fold.astype(str)
    # folds are quarters: their names sort by time
    names = np.unique(fold)
    shares = np.array([np.sum(ripe & (fold == name)) for name in names]) / max(ripe.sum(), 1)
    later = np.cumsum(shares[::-1])[::-1]
    # the latest folds that together hold enough, and never all
    first = max(int(np.sum(later >= TEST_SHARE)) - 1, 1)
    tested = ripe & np.isin(fold, names[first:])
    if not tested.any():
        message = f"{int(ripe.sum())} snapshots of known outcome in {len(names)} folds: too few"
        raise UnusableError(message)
    cut = snapshots.taken[tested].min()
    train = np.flatnonzero(ripe_before(snapshots, cut))
    test = np.flatnonzero(tested)
    for side, rows in (("before", train), ("after", test)):
        if len(np.unique(snapshots.is_bad[rows])) < 2:  # noqa: PLR2004
            message = f"{len(rows)} snapshots {side} {cut}, not of both outcomes: too few"
            raise UnusableError(message)
    return Split(train, test, cut, tuple(str(name) for name in np.unique(fold[test])))


def _numbers(column: Any) -> Numbers:  # noqa: ANN401  (plain or masked)
    return np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)


def _days(column: Any) -> NDArray[np.datetime64]:  # noqa: ANN401
    return np.ma.asarray(column).filled(np.datetime64("NaT")).astype("datetime64[D]")
