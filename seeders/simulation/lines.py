"""What a world asks of each of its lines of business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from seeders.simulation.months import MonthAxis
    from seeders.writer import Appender


class Line(Protocol):
    """A line of business, written month by month.

    Months are counted from the line's own first one. All lines of a world end together.
    """

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""

    def check(self, months: int) -> None:
        """Make sure that the line can span this many months.

        Raises:
            SimulationError: If ids would not suffice.
        """

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report."""

    def delete_rewritten(self, con: duckdb.DuckDBPyConnection) -> None:
        """Delete what `write` is about to rewrite, except rows that hold a state."""

    def write(
        self, appender: Appender, passed: int, months: int, step: Callable[[str], None]
    ) -> None:
        """Write what arrives after the first months, and the state at the end of the last.

        Args:
            appender: Where rows go.
            passed: How many months are written already.
            months: How many months are written afterwards.
            step: Called before each step with what it is about.
        """
