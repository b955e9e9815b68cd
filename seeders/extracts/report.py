"""The report of a load: counts per table, reasons, and example lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from datetime import date

    from rich.console import RenderableType


@dataclass(frozen=True)
class ReasonReport:
    """A reason, the number of rows or lines it applies to, and the first few of them."""

    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class TableReport:
    """One raw table. `rows_in` is always `landed` + `rejected_lines`.

    `unread_rows`, whose source text was kept, always equals `landed_with_reasons`.
    """

    table: str
    files: tuple[str, ...]
    rows_in: int
    landed: int
    landed_with_reasons: int
    unread_rows: int
    rejected_lines: int
    not_selected: int
    reasons: tuple[ReasonReport, ...]


@dataclass(frozen=True)
class LoadReport:
    """A whole load; `notes` report what is not an error but may be unexpected."""

    as_of: date
    batch_id: str
    tables: tuple[TableReport, ...]
    notes: tuple[str, ...]

    def table(self, name: str) -> TableReport:
        """The report of one table, by its schema-qualified name."""
        return next(table for table in self.tables if table.table == name)

    def render(self) -> RenderableType:
        """Format the report for a terminal of 80 columns."""
        counts = Table(title=f"Loaded as of {self.as_of}", title_justify="left", pad_edge=False)
        counts.add_column("table", no_wrap=True)
        for heading in ("rows in", "landed", "flagged", "rejected"):
            counts.add_column(heading, justify="right", no_wrap=True)
        for table in self.tables:
            counts.add_row(
                table.table,
                f"{table.rows_in:,}",
                f"{table.landed:,}",
                f"{table.landed_with_reasons:,}",
                f"{table.rejected_lines:,}",
            )
        return Group(counts, *(Text(line) for line in self._lines()))

    def _lines(self) -> list[str]:
        lines = [
            f"  {example}" if example else f"{table.table}: {found.count:,} x {found.reason}"
            for table in self.tables
            for found in table.reasons
            for example in ("", *found.examples)
        ]
        if any(table.landed_with_reasons for table in self.tables):
            lines.append("flagged: a value did not fit its column; the build rejects these rows")
        return [*lines, *self.notes]
