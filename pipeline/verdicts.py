"""What became of the rows that landed: accepted, rejected with every reason, or worth a look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from seeders.extracts import LoadReport

EXAMPLES = 3
"""Rows named for each reason; the rest are in `data_quality.fct_rejected_rows`."""

ADVICE = {
    "not_a_date": "other formats: `strptime(column, '%d.%m.%Y')` in the mapping",
    "not_a_number": "decimal commas: `replace(column, ',', '.')` in the mapping",
    "not_a_timestamp": "other formats: `strptime(column, '%d.%m.%Y %H:%M')` in the mapping",
    "not_on_the_hour": "a reading tells the energy of one hour: sum shorter ones before",
    "number_of_several_accounts": "the meter put up last answers for the number",
    "unknown_meter": "no accepted row of raw_metering.meters has this number",
    "unknown_status": "known are Active, Suspended, Disconnected and Replaced",
}
"""What to do about a reason, by its part before the colon, where that is not plain."""


@dataclass(frozen=True)
class SourceRows:
    """Rows of one raw table: in = accepted + rejected."""

    source_table: str
    rows_in: int
    accepted: int
    rejected: int


@dataclass(frozen=True)
class Finding:
    """One reason or alert in one raw table, with the first rows it was found in."""

    source_table: str
    what: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Verdicts:
    """All that staging has to say about the rows of the last load."""

    sources: tuple[SourceRows, ...]
    rejections: tuple[Finding, ...]
    alerts: tuple[Finding, ...]

    @property
    def totals(self) -> SourceRows:
        """The sum over all raw tables."""
        return SourceRows(
            "total",
            sum(source.rows_in for source in self.sources),
            sum(source.accepted for source in self.sources),
            sum(source.rejected for source in self.sources),
        )

    def with_values(self, landed: LoadReport) -> Verdicts:
        """The same, with the values that did not fit their column where the load knows them."""
        known = {
            (table.table, found.reason): found.examples
            for table in landed.tables
            for found in table.reasons
        }
        return replace(
            self,
            rejections=tuple(
                replace(found, examples=known.get((found.source_table, found.what), found.examples))
                for found in self.rejections
            ),
        )

    def render(self) -> RenderableType:
        """A table of counts and a line for each finding, at most 80 columns wide."""
        table = Table(box=None, pad_edge=False)
        table.add_column("raw table")
        for column in ("rows in", "accepted", "rejected"):
            table.add_column(column, justify="right")
        for source in (*self.sources, self.totals):
            counts = (source.rows_in, source.accepted, source.rejected)
            table.add_row(source.source_table, *(f"{count:,}" for count in counts))
        lines: list[RenderableType] = [table]
        for title, findings in (("rejected", self.rejections), ("alerts", self.alerts)):
            if findings:
                lines.append(Text(f"\n{title}"))
            for finding in findings:
                lines.append(Text(f"  {finding.rows:,} x {finding.what} ({finding.source_table})"))
                lines.extend(Text(f"      {example}") for example in finding.examples)
                advice = ADVICE.get(finding.what.partition(":")[0])
                if advice:
                    lines.append(Text(f"      ({advice})"))
        return Group(*lines)


def read_verdicts(database: Path) -> Verdicts:
    """Read the verdicts that the last run of the models left in a file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        sources = connection.execute(
            """
            select
                source_table,
                sum(rows_in)::bigint,
                sum(rows_accepted)::bigint,
                sum(rows_rejected)::bigint
            from data_quality.fct_source_rows
            group by source_table
            having sum(rows_in) > 0
            order by source_table
            """
        ).fetchall()
        return Verdicts(
            sources=tuple(SourceRows(*row) for row in sources),
            rejections=_findings(connection, "fct_rejected_rows", "reasons"),
            alerts=_findings(connection, "fct_row_alerts", "alert"),
        )


def _findings(connection: duckdb.DuckDBPyConnection, mart: str, column: str) -> tuple[Finding, ...]:
    """Count each code of a comma-joined column, most frequent first."""
    # Names come from the two calls above. Keys, not values: a value may identify a person.
    rows = connection.execute(
        f"""
        with codes as (
            select
                source_table,
                unnest(string_split({column}, ',')) as code,
                source_file,
                source_line,
                row_key
            from data_quality.{mart}
        ),

        named as (
            select
                *,
                case
                    when source_file is null then coalesce(row_key, '(no key)')
                    else parse_filename(source_file)
                        || if(source_file like '%.parquet', ' row ', ' line ')
                        || coalesce(source_line::varchar, '?')
                        || coalesce(': ' || left(row_key, 40), '')
                end as example
            from codes
        )

        select
            source_table,
            trim(code),
            count(*),
            list(example order by source_file, source_line, row_key)[1:{EXAMPLES}]
        from named
        group by all
        order by 3 desc, 1, 2
        """  # noqa: S608
    ).fetchall()
    return tuple(
        Finding(table, code, count, tuple(examples)) for table, code, count, examples in rows
    )
