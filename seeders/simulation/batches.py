"""Monthly extracts: every raw row arrives in the batch of its month and line of business."""

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

_SERIES: Final = ("subscription", "utility", "trade_credit", "metering")
_PER_LINE: Final = 100_000
_MONTHS_PER_YEAR: Final = 12


@dataclass(frozen=True)
class Batches:
    """The batches of one line of business.

    Attributes:
        axis: The simulated months.
        source: Name of the simulated world.
        line_of_business: Whose rows they carry.
        prefix: What their ids begin with.
        series: Which series of numbers they use, if not the one of the line of business.
    """

    axis: MonthAxis
    source: str
    line_of_business: str
    prefix: str
    series: str | None = None

    def batch_id(self, month: int) -> str:
        """Return the id of a month's batch."""
        return f"{self.prefix}-{self.axis.label(month)}"

    def batch_no(self, month: int) -> int:
        """Return the number of a month's batch."""
        return batch_no(self.series or self.line_of_business, self.axis, month)

    def columns(self, months: NDArray[np.int32]) -> dict[str, pa.Array]:
        """Return the columns that say which batch rows arrived in.

        Args:
            months: The month each of n rows arrives in.

        Returns:
            Columns of n values each.
        """
        first = self.batch_no(0)
        return {"_batch_no": pa.array((first + months).astype(np.int32))}

    def row(self, month: int) -> pa.RecordBatch:
        """Return the control row of a month's extract, stamped with the midnight after its last day: no wall clock is read."""
        first, last = (
            np.array([f(month)], np.int32) for f in (self.axis.first_day, self.axis.last_day)
        )
        return pa.record_batch(
            {
                "batch_id": columns.constant(self.batch_id(month), 1),
                "batch_no": columns.constant_number(self.batch_no(month), 1),
                "source": columns.constant(self.source, 1),
                "line_of_business": columns.constant(self.line_of_business, 1),
                "as_of_date": columns.days(last),
                "covers_from": columns.days(first),
                "covers_to": columns.days(last),
                "loaded_at": columns.timestamps((last + 1) * np.int64(SECONDS_PER_DAY)),
            }
        )


def batch_no(series: str, axis: MonthAxis, month: int) -> int:
    """Return the number of a month's extract.

    It depends on the series and the calendar month alone, not on when the simulation began or how often it was
    advanced. Within a series numbers grow with time.

    Args:
        series: A line of business, or `metering`, which is part of one.
        axis: The simulated months.
        month: Number of the month, from 0.

    Returns:
        The number: 100,000 for each series up to this one, plus the months since year 0.

    Raises:
        ValueError: If there is no such series.
    """
    first_day = axis.first_month
    since_year_0 = first_day.year * _MONTHS_PER_YEAR + first_day.month - 1 + month
    return (_SERIES.index(series) + 1) * _PER_LINE + since_year_0
