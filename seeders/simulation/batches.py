"""The extracts rows arrive with: one a month for each line of business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.months import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.months import MonthAxis

BATCHES: Final = "raw_control.extract_batches"


@dataclass(frozen=True)
class Batches:
    """The batches of a line of business. `prefix` begins their ids, `source` names the world."""

    axis: MonthAxis
    source: str
    line_of_business: str
    prefix: str

    def batch_id(self, month: int) -> str:
        """Name the batch of a month."""
        return f"{self.prefix}-{self.axis.label(month)}"

    def columns(self, months: NDArray[np.int32]) -> dict[str, pa.Array]:
        """Give the bookkeeping of rows.

        Args:
            months: The month each of n rows arrives in.

        Returns:
            The columns that say so, n values each.
        """
        names = [self.batch_id(month) for month in range(int(np.max(months, initial=0)) + 1)]
        return {"_batch_id": columns.choice(names, months)}

    def row(self, month: int) -> pa.RecordBatch:
        """Book a month's extract. It is drawn the night after: no wall clock, same bits."""
        first, last = (
            np.array([f(month)], np.int32) for f in (self.axis.first_day, self.axis.last_day)
        )
        return pa.record_batch(
            {
                "batch_id": columns.constant(self.batch_id(month), 1),
                "source": columns.constant(self.source, 1),
                "line_of_business": columns.constant(self.line_of_business, 1),
                "as_of_date": columns.days(last),
                "covers_from": columns.days(first),
                "covers_to": columns.days(last),
                "loaded_at": columns.timestamps((last + 1) * np.int64(SECONDS_PER_DAY)),
            }
        )
