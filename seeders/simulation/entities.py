"""Rows of which the source system keeps only the current state, and their state at a moment.

Every event of a life has its own second: its day, an hour for its kind, minutes and seconds for its
entity. So events of one day have an order, and a row's state at any second is the events up to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation.months import NEVER, SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from seeders.simulation.batches import Batches
    from seeders.writer import Appender

_FIRST_HOUR: Final = 8
SECONDS_PER_HOUR: Final = 3_600
_SPREAD: Final = 7_919
"""A prime: neighbours in number are far apart within the hour."""


@dataclass(frozen=True)
class Entities:
    """n rows of one raw table and the turns of their lives.

    Attributes:
        table: The raw table.
        key: Its key column.
        number: n numbers, telling the entities of all tables under capture apart.
        transitions: The seconds of each kind of turn, n each; the first is the row's creation.
        deleted_at: The n seconds at which rows are deleted, far in the future for those that are not.
        rows_at: Gives the columns of k rows, by position, each at its own second.
        letter: Begins the ids of the events; entities of the same letter differ in number.
    """

    table: str
    key: str
    number: NDArray[np.int64]
    transitions: tuple[NDArray[np.int64], ...]
    deleted_at: NDArray[np.int64]
    rows_at: Callable[[NDArray[np.intp], NDArray[np.int64]], dict[str, pa.Array]]
    letter: str = "E"


def moment(day: NDArray[np.int32], kind: int, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give turns their second.

    Args:
        day: The day of each turn.
        kind: What kind of turn they are; on the same day lower kinds come first.
        number: The entity of each turn.

    Returns:
        Seconds since 1970-01-01, in office hours of that day.
    """
    hour = (_FIRST_HOUR + kind) * SECONDS_PER_HOUR
    return day * np.int64(SECONDS_PER_DAY) + hour + number * _SPREAD % SECONDS_PER_HOUR


def never(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give n entities the second of what never happens to them."""
    return moment(np.full(len(number), NEVER, dtype=np.int32), 0, number)


def last_transition(
    transitions: Sequence[NDArray[np.int64]], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the last turn taken by a moment.

    Args:
        transitions: The seconds of each kind of turn, k values each.
        at: The moment of each.

    Returns:
        k seconds; the first turn's where no other has been taken.
    """
    last = transitions[0]
    for transition in transitions[1:]:
        last = np.where(transition <= at, np.maximum(last, transition), last)
    return last


def write_states(
    appender: Appender,
    batches: Batches,
    these: Entities,
    passed: int,
    months: int,
) -> None:
    """Write rows in their final state, only those that have changed since the months passed.

    Args:
        appender: Where rows go; it also deletes the rows they replace.
        batches: The batches of the line of business.
        these: The rows.
        passed: How many months are written already.
        months: How many months are written afterwards.
    """
    axis = batches.axis
    since = np.int64(axis.first_day(passed) * SECONDS_PER_DAY)
    end = np.int64(axis.first_day(months) * SECONDS_PER_DAY - 1)
    is_there = (these.transitions[0] <= end) & (these.deleted_at > end)
    if passed == 0:
        _append(appender, batches, these, np.flatnonzero(is_there), end)
        return
    changed_at = last_transition(these.transitions, np.full(len(these.number), end))
    was_there = (these.transitions[0] < since) & (these.deleted_at >= since)
    is_changed = (changed_at >= since) & (changed_at <= end)
    stale = np.flatnonzero(was_there & is_changed)
    # the key alone is wanted, and it is the same at any time
    keys = these.rows_at(stale, these.transitions[0][stale])[these.key]
    appender.delete(these.table, pa.table({these.key: keys}))
    _append(appender, batches, these, np.flatnonzero(is_there & is_changed), end)


def _append(
    appender: Appender,
    batches: Batches,
    these: Entities,
    rows: NDArray[np.intp],
    end: np.int64,
) -> None:
    at = np.full(len(rows), end)
    changed_at = last_transition([transition[rows] for transition in these.transitions], at)
    month = batches.axis.month_of((changed_at // SECONDS_PER_DAY).astype(np.int32))
    # what was there before the first month came with its batch
    booked = batches.columns(np.maximum(month, 0))
    appender.add(these.table, pa.record_batch({**these.rows_at(rows, at), **booked}))
