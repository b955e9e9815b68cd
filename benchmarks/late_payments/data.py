"""The feature table of a built warehouse, and its split by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.baseline import UnusableError, opened

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Positions = NDArray[np.intp]

MART: Final = "ml_features.feat_late_payments"
LABELS: Final = frozenset({"is_late", "days_late"})
FOLD: Final = "fold"
NAIVE: Final = "last_settled_was_late"

TEST_SHARE: Final = 0.3
"""At least this share of the invoices with a known outcome is tested: the latest folds."""


@dataclass(frozen=True)
class Invoices:
    """The feature table, n invoices in order of date and id.

    Attributes:
        features: n x p numbers, NaN where unknown; flags are 0 and 1, texts are codes.
        names: p names of the columns.
        is_text: Which of the p columns are codes of texts.
        is_late: The label, NaN where it is not known yet.
        last_was_late: The naive rule's answer, NaN without history.
        issued: Issue days.
        due: Due days.
        fold: Name of each invoice's fold.
        line: Its line of business.
        account: Its account.
        as_of: The day the labels are of.
    """

    features: Numbers
    names: tuple[str, ...]
    is_text: Flags
    is_late: Numbers
    last_was_late: Numbers
    issued: NDArray[np.datetime64]
    due: NDArray[np.datetime64]
    fold: NDArray[np.object_]
    line: NDArray[np.object_]
    account: NDArray[np.object_]
    as_of: np.datetime64


@dataclass(frozen=True)
class Split:
    """Which invoices are trained on and which tested.

    Attributes:
        cut: The day the first tested invoice was issued; all that training knows is older.
        folds: Names of the tested folds.
    """

    train: Positions
    test: Positions
    cut: np.datetime64
    folds: tuple[str, ...]


def read_invoices(warehouse: Path) -> Invoices:
    """Read the feature table of a built warehouse.

    Features are all columns but ids, dates, labels and the fold.

    Args:
        warehouse: A DuckDB file.

    Raises:
        UnusableError: If there is no such file, or its table lacks a promised column.
    """
    needed = {"invoice_id", "account_id", "line_of_business", "invoice_date", "terms_days"}
    with opened(warehouse, MART, needed | LABELS | {FOLD, NAIVE}) as (connection, types):
        names = feature_names(types)
        chosen = ", ".join(
            name if _is_text(types[name]) else f"cast({name} as double) as {name}" for name in names
        )
        columns = connection.execute(
            f"""
            select
                {chosen},
                cast(is_late as double) as label,
                cast({NAIVE} as double) as naive,
                cast({FOLD} as varchar) as fold_name,
                line_of_business as line,
                account_id as account,
                invoice_date as issued,
                cast(invoice_date + cast(terms_days as integer) as date) as due
            from {MART}
            order by invoice_date, invoice_id
            """  # noqa: S608  (names of the table's own columns)
        ).fetchnumpy()
        as_of = connection.execute(
            "select max(as_of_date) from intermediate.int_as_of_date"
        ).fetchone()
    is_text = np.array([_is_text(types[name]) for name in names], dtype=bool)
    features = [
        _codes(columns[name]) if text else _numbers(columns[name])
        for name, text in zip(names, is_text, strict=True)
    ]
    return Invoices(
        features=np.column_stack(features),
        names=names,
        is_text=is_text,
        is_late=_numbers(columns["label"]),
        last_was_late=_numbers(columns["naive"]),
        issued=_days(columns["issued"]),
        due=_days(columns["due"]),
        fold=_texts(columns["fold_name"]),
        line=_texts(columns["line"]),
        account=_texts(columns["account"]),
        as_of=np.datetime64(as_of[0] if as_of else None, "D"),
    )


def feature_names(types: Mapping[str, str]) -> tuple[str, ...]:
    """Choose the columns a model may see.

    Args:
        types: DuckDB type by column.

    Returns:
        All columns but ids, dates, labels and the fold.
    """
    return tuple(
        name
        for name, kind in types.items()
        if not name.endswith(("_id", "_key"))
        and not kind.startswith(("DATE", "TIMESTAMP"))
        and name not in LABELS | {FOLD}
    )


def split_by_time(invoices: Invoices) -> Split:
    """Test the latest folds; train on what was known the day before the first of them began.

    Whether an invoice is late is known once its due date is past. So it is trained on only if it was
    due before the cut, and tested only if it was due before the as-of date: those paid early are not
    taken before those of the same days that are still open.

    Args:
        invoices: The feature table.

    Raises:
        UnusableError: If folds overlap in time, or one side of the cut is empty or knows one outcome
            only.
    """
    known = ~np.isnan(invoices.is_late) & (invoices.due < invoices.as_of)
    names, first_seen = np.unique(invoices.fold.astype(str), return_index=True)
    in_time = names[np.argsort(first_seen)]
    fold = invoices.fold.astype(str)
    issued_last = None
    for name in in_time:
        issued = invoices.issued[fold == name]
        if issued_last is not None and issued.min() <= issued_last:
            message = f"fold {name} begins before an earlier one ends: folds must follow in time"
            raise UnusableError(message)
        issued_last = issued.max()
    shares = np.array([np.sum(known & (fold == name)) for name in in_time]) / max(known.sum(), 1)
    later = np.cumsum(shares[::-1])[::-1]
    # the latest folds that together hold enough, and never all
    tested = in_time[max(int(np.sum(later >= TEST_SHARE)) - 1, 1) :]
    is_tested = np.isin(fold, tested)
    if not is_tested.any():
        message = f"there is only one fold, {', '.join(in_time)}: nothing to train on before it"
        raise UnusableError(message)
    cut = invoices.issued[is_tested].min()
    train = np.flatnonzero(known & ~is_tested & (invoices.due < cut))
    test = np.flatnonzero(known & is_tested)
    for side, rows in (("before", train), ("after", test)):
        if len(np.unique(invoices.is_late[rows])) < 2:  # noqa: PLR2004
            message = f"{len(rows)} invoices {side} {cut}, not of both outcomes: too few"
            raise UnusableError(message)
    return Split(train, test, cut, tuple(str(name) for name in tested))


def _is_text(kind: str) -> bool:
    return kind.startswith(("VARCHAR", "ENUM"))


def _numbers(column: Any) -> Numbers:  # noqa: ANN401  (plain, masked, or of objects)
    return np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)


def _texts(column: Any) -> NDArray[np.object_]:  # noqa: ANN401
    return np.asarray(np.ma.filled(np.ma.asarray(column).astype(object), "(none)"), dtype=object)


def _codes(column: Any) -> Numbers:  # noqa: ANN401
    """Texts as numbers in alphabetical order; a missing one is a text of its own."""
    _, codes = np.unique(_texts(column).astype(str), return_inverse=True)
    return codes.astype(np.float64)


def _days(column: Any) -> NDArray[np.datetime64]:  # noqa: ANN401
    return np.ma.asarray(column).filled(np.datetime64("NaT")).astype("datetime64[D]")
