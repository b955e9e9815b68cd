"""Rows of which the source system keeps only the current state: what changes them, and their state at any second.

Every change has its own second: its day, an hour for its kind, minutes and seconds for its entity. That puts the
changes of one day in order, and a row's state at any second follows from the changes up to it.
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
"""A prime, so that consecutive numbers are spread over the hour."""


@dataclass(frozen=True)
class Entities:
    """n rows of one raw table and their changes over time.

    Attributes:
        table: The raw table.
        key: Its key column.
        number: n numbers, unique over the entities of all captured tables.
        transitions: The second of each kind of change, n each; the first is the row's creation.
        deleted_at: The second at which each row is deleted, far in the future for those that are not.
        rows_at: Returns the columns of k rows, by position, each as of its own second.
        letter: First letter of the ids of change events; entities that share it differ in number.
    """

    table: str
    key: str
    number: NDArray[np.int64]
    transitions: tuple[NDArray[np.int64], ...]
    deleted_at: NDArray[np.int64]
    rows_at: Callable[[NDArray[np.intp], NDArray[np.int64]], dict[str, pa.Array]]
    letter: str = "E"


def moment(day: NDArray[np.int32], kind: int, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the second of each change.

    Args:
        day: The day of each change.
        kind: What kind of change they are; on the same day lower kinds come first.
        number: The number of each entity.

    Returns:
        Seconds since 1970-01-01, in office hours of that day.
    """
    hour = (_FIRST_HOUR + kind) * SECONDS_PER_HOUR
    return day * np.int64(SECONDS_PER_DAY) + hour + number * _SPREAD % SECONDS_PER_HOUR


def never(number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return n seconds that no simulation reaches: when these entities change in a way they never do."""
    return moment(np.full(len(number), NEVER, dtype=np.int32), 0, number)


def last_transition(
    transitions: Sequence[NDArray[np.int64]], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the last change up to a second.

    Args:
        transitions: The second of each kind of change, k values each.
        at: The second to look at, of each row.

    Returns:
        k seconds; those of the creation where nothing else has changed yet.
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
    """Write rows in their final state; when advancing, only those that have changed.

    Args:
        appender: Where rows go; it also deletes the rows they replace.
        batches: The batches of the line of business.
        these: The rows.
        passed: How many months have been written already.
        months: How many months there are afterwards.
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
    # only the key is needed, and it never changes
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
    # rows older than the first month arrive with its batch
    booked = batches.columns(np.maximum(month, 0))
    appender.add(these.table, pa.record_batch({**these.rows_at(rows, at), **booked}))
