"""The change feed of captured tables, as log-based change data capture delivers it.

One event per change, with the row before and after it. Sequence numbers are those of a log: they grow with time
within an entity, with gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.months import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.simulation.entities import Entities
    from seeders.simulation.months import MonthAxis

CHANGE_EVENTS: Final = "raw_cdc.change_events"

_CREATED: Final = 0
_ENTITY_DIGITS: Final = 8
_DELIVERY_SECONDS: Final = 300
_SEQUENCE_STEP: Final = 1_000_000_000
_NUMBERS: Final = frozenset(
    {
        "payment_terms_days",
        "credit_limit",
        "billing_day",
        "quantity",
        "unit_price",
        "connected_load_kw",
    }
)


def change_events(
    axis: MonthAxis, captured: Entities, month: int, batch: int
) -> Iterator[pa.RecordBatch]:
    """Return the events of a month; the first month also delivers all earlier ones.

    Args:
        axis: The simulated months.
        captured: Rows of a captured table.
        month: Number of the month.
        batch: Number of the batch the events arrive with.

    Yields:
        Rows of `raw_cdc.change_events`, one batch per kind of change.
    """
    begins = np.int64(axis.first_day(month)) * SECONDS_PER_DAY
    ends = np.int64(axis.first_day(month + 1)) * SECONDS_PER_DAY
    for kind, transition in enumerate(captured.transitions):
        rows = np.flatnonzero((transition < ends) & ((transition >= begins) | (month == 0)))
        if len(rows) > 0:
            yield _events(captured, kind, rows, begins, batch)


@dataclass(frozen=True)
class RowChanges:
    """k changes of rows of one table, all of one kind.

    Attributes:
        table: The raw table.
        key: Its key column.
        event_id: Ids of the events.
        sequence: Numbers below a billion that put the events of one second in order.
        at: The second of each.
        arrived_at: The second each was delivered.
        before: The rows before, None when they are created.
        after: The rows after, None when they are deleted.
    """

    table: str
    key: str
    event_id: pa.Array
    sequence: NDArray[np.int64]
    at: NDArray[np.int64]
    arrived_at: NDArray[np.int64]
    before: dict[str, pa.Array] | None
    after: dict[str, pa.Array] | None

    def rows(self, booked: dict[str, pa.Array]) -> pa.RecordBatch:
        """Write them as rows of `raw_cdc.change_events`, with the columns of their batch."""
        count, before, after = len(self.at), self.before, self.after
        nothing = pa.nulls(count, pa.string())
        operation = "c" if before is None else "d" if after is None else "u"
        return pa.record_batch(
            {
                "event_id": self.event_id,
                "source_table": columns.constant(self.table, count),
                "op": columns.constant(operation, count),
                "entity_key": (after or before or {})[self.key],
                "source_seq": pa.array(self.at * _SEQUENCE_STEP + self.sequence),
                "source_ts": columns.timestamps(self.at),
                "before": nothing if before is None else _as_json(before),
                "after": nothing if after is None else _as_json(after),
                "arrived_at": columns.timestamps(self.arrived_at),
                **booked,
            }
        )


def delivered(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return when changes are delivered: five minutes after they are made."""
    return at + _DELIVERY_SECONDS


def _events(
    captured: Entities, kind: int, rows: NDArray[np.intp], begins: np.int64, batch: int
) -> pa.RecordBatch:
    at, number, count = captured.transitions[kind][rows], captured.number[rows], len(rows)
    # the row one second earlier is the row before this change
    earlier = None if kind == _CREATED else captured.rows_at(rows, at - 1)
    later = (
        None if captured.transitions[kind] is captured.deleted_at else captured.rows_at(rows, at)
    )
    return RowChanges(
        event_id=columns.month_id(captured.letter, columns.digits(number, _ENTITY_DIGITS), kind),
        table=captured.table,
        key=captured.key,
        sequence=number * 10 + kind,
        at=at,
        arrived_at=np.maximum(delivered(at), begins),
        before=earlier,
        after=later,
    ).rows({"_batch_no": columns.constant_number(batch, count)})


def _as_json(row: dict[str, pa.Array]) -> pa.Array:
    """Write rows as JSON objects. No value holds a character that JSON would escape."""
    pieces: list[pa.Array | str] = []
    literal = "{"
    for name, column in row.items():
        value = columns.plain(column).cast(pa.string())
        literal += f'"{name}":'
        quote = "" if name in _NUMBERS else '"'
        if value.null_count == 0:
            pieces += [literal + quote, value]
            literal = f"{quote},"
        else:
            quoted = pc.binary_join_element_wise(quote, value, quote, "")
            pieces += [literal, pc.fill_null(quoted, "null")]
            literal = ","
    return pc.binary_join_element_wise(*pieces, literal.removesuffix(",") + "}", "")
