"""The interface of a line of business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

    from seeders.simulation.months import MonthAxis
    from seeders.writer import Appender


class Line(Protocol):
    """A line of business that can be simulated.

    Months are counted from the line's own first one. All lines of a world end in the same month.
    """

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""

    def check(self, months: int) -> None:
        """Check that the line can span this many months.

        Raises:
            SimulationError: If its ids do not have enough digits.
        """

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report."""

    def delete_rewritten(self, con: duckdb.DuckDBPyConnection) -> None:
        """Delete the facts and truth that `write` is about to write again; it replaces rows of entities itself."""

    def write(
        self, appender: Appender, passed: int, months: int, step: Callable[[str], None]
    ) -> None:
        """Write what arrives in the new months, and the state of entities at the end of the last one.

        Args:
            appender: Where rows go.
            passed: How many months have been written already.
            months: How many months there are afterwards.
            step: Called before each step with a description of it.
        """
