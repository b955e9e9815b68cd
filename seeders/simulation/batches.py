"""Numbers of the monthly extracts, by which rows name the batch they arrived with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from seeders.simulation.months import MonthAxis

_LINES: Final = ("subscription", "utility", "trade_credit")
_PER_LINE: Final = 100_000
_MONTHS_PER_YEAR: Final = 12


def batch_no(line_of_business: str, axis: MonthAxis, month: int) -> int:
    """Number a month's extract of a line of business.

    A function of the line and the calendar month alone, whenever the simulation began and however its
    months were reached. Within a line numbers grow with time.

    Args:
        line_of_business: As in `raw_control.extract_batches`.
        axis: The simulated months.
        month: Number of the month, from 0.

    Returns:
        The number: 100,000 for each line up to this one, and the months since year 0.

    Raises:
        ValueError: If no such line is simulated.
    """
    first_day = axis.first_month
    since_year_0 = first_day.year * _MONTHS_PER_YEAR + first_day.month - 1 + month
    return (_LINES.index(line_of_business) + 1) * _PER_LINE + since_year_0
