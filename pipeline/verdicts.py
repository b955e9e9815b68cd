"""What staging decided about landed rows: accepted, rejected with reasons, or accepted with an alert."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipeline.conflicts import CONFLICT, PLACE, describe_conflicts
from pipeline.opening import open_published
from pipeline.terminal import safe
from pipeline.wording import counted
from seeders.contracts import TABLES
from seeders.extracts.shapes import is_shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    from rich.console import RenderableType

    from seeders.extracts import LoadReport

_UNKNOWN_STATUS = "unknown_status"
_LEDGER = "raw_billing.balance_snapshots"

EXAMPLES = 3
"""Rows named for each reason; the rest are in `data_quality.fct_rejected_rows`."""

WORDS = 5
"""Unknown words for a status named for each raw table; the rest are counted."""

DECIMAL_COMMAS = "decimal commas: `replace(replace(column, '.', ''), ',', '.')`"
THOUSANDS_COMMAS = "thousands commas: `replace(column, ',', '')`"
SIGNS_AROUND = "signs around it: `regexp_replace(column, '[^0-9.-]', '', 'g')`"
_READINGS = (DECIMAL_COMMAS, THOUSANDS_COMMAS, SIGNS_AROUND)
_NUMBER = re.compile(r"[0-9][0-9.,]*")
_READ = frozenset({"not_a_number", "not_an_integer", "unclear_decimal_sign"})

ADVICE = {
    "conflicting_key": "the same key with other content: a copy would be `duplicate_key`",
    "not_a_currency": "write the code of ISO 4217, like USD",
    "not_a_date": "other formats: `strptime(column, '%d.%m.%Y')` in the mapping",
    "not_a_timestamp": "other formats: `strptime(column, '%d.%m.%Y %H:%M')` in the mapping",
    "negative_register": "no register counts below zero: the value is ignored",
    "not_a_measurement": "no value, or more than any meter measures: replaced by an estimate",
    "not_on_the_hour": "say `interval: 30min` (or 15min), or `kind: register`, beside `columns`",
    "not_on_the_interval": "the time is no start or end of the `interval` that the mapping says",
    "number_of_several_accounts": "the number is taken for the meter installed last",
    "unknown_billed": "known are in_advance and in_arrears",
    "unknown_cash_application": "known are open_item and balance_forward",
    "unknown_kind": "known are refund and chargeback",
    "unknown_line_of_business": "known are subscription, utility and trade_credit",
    "unknown_meter": "no accepted row of raw_metering.meters has this number",
    "unknown_operation": "known are c, u and d, and none for a tombstone",
    "values_only_grow": "a register, not the energy of an hour? say `kind: register`",
}
"""What to do about a reason, by its part before the colon, where that is not obvious."""


@dataclass(frozen=True)
class SourceRows:
    """Rows of one raw table: in = accepted + rejected."""

    source_table: str
    rows_in: int
    accepted: int
    rejected: int


@dataclass(frozen=True)
class Finding:
    """One reason or alert in one raw table, with the first rows it was found in.

    `other_words` are unknown words for a status that are not named, together in one finding.
    """

    source_table: str
    what: str
    rows: int
    examples: tuple[str, ...]
    other_words: int = 0

    @property
    def line(self) -> str:
        """What was found, in one line."""
        code, _, word = self.what.partition(":")
        if code == _UNKNOWN_STATUS:
            said = f"`{word}`" if word else "what does not look like a status"
            if self.other_words:
                said = counted(self.other_words, "other word")
            return _unknown_status(self.source_table, said, self.rows)
        return f"{self.rows:,} x {self.what} ({self.source_table})"

    @property
    def advice(self) -> str:
        """What to do about it, empty if that is obvious."""
        code, _, column = self.what.partition(":")
        if code in _READ:
            return _number_advice([self._value(example) for example in self.examples])
        if code == "too_many_decimals":
            return f"round: `round(cast(column as decimal(38,10)), {self._decimals(column)})`"
        return ADVICE.get(code, "")

    def _value(self, example: str) -> str:
        """The value in an example, without the readings that may follow it."""
        value = example.partition(f"{self.what} ")[2] or example.partition(": ")[2]
        value = value.partition(" (")[0]
        return "" if is_shape(value) else value

    def _decimals(self, column: str) -> int:
        types = {known.name: known.type for known in TABLES[self.source_table].columns}
        return int(types[column].rstrip(")").rpartition(",")[2])


@dataclass(frozen=True)
class Verdicts:
    """The decisions of staging on the rows of the last load."""

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
        """Return the same with the values that did not fit their column, where the load has kept them."""
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
        """Return a table of counts and a line for each finding, at most 80 columns wide."""
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
                lines.append(Text(f"  {safe(finding.line)}"))
                lines.extend(Text(f"      {safe(example)}") for example in finding.examples)
                if finding.advice:
                    lines.append(Text(f"      ({finding.advice})"))
        return Group(*lines)


def read_verdicts(database: Path) -> Verdicts:
    """Read the verdicts that the last run of the models left in a file."""
    with open_published(database) as connection:
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
            rejections=tuple(
                _with_both_rows(connection, found) if found.what == CONFLICT else found
                for found in _findings(connection, "fct_rejected_rows", "reasons")
            ),
            alerts=_with_few_words(_findings(connection, "fct_row_alerts", "alert")),
        )


def _with_both_rows(connection: duckdb.DuckDBPyConnection, found: Finding) -> Finding:
    examples = describe_conflicts(connection, found.source_table, found.rows, EXAMPLES)
    return replace(found, examples=examples or found.examples)


def unknown_statuses(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return the unknown words for a status in the sources.

    Args:
        connection: To a file with the marts.

    Returns:
        A sentence for each word, the most frequent first.
    """
    rows = connection.execute(
        f"""
        with codes as (
            select source_table, unnest(string_split(alert, ',')) as code
            from data_quality.fct_row_alerts
            where contains(alert, '{_UNKNOWN_STATUS}')
        )

        select source_table, code, count(*)
        from codes
        where starts_with(code, '{_UNKNOWN_STATUS}')
        group by all
        order by 3 desc, 1, 2
        """  # noqa: S608
    ).fetchall()
    found = tuple(Finding(table, code, count, ()) for table, code, count in rows)
    return tuple(finding.line for finding in _with_few_words(found))


def _unknown_status(source_table: str, said: str, rows: int) -> str:
    """Return what rows with an unknown word for a status count as, and how to translate it."""
    noun = source_table.rpartition(".")[2].removesuffix("s").replace("_", " ")
    meaning = "not compared" if source_table == _LEDGER else "counted as Active"
    return (
        f"{counted(rows, noun)} {'says' if rows == 1 else 'say'} {said}: {meaning}; translate it under"
        " `statuses:` in mapping.yml"
    )


def _with_few_words(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the same with only the most frequent unknown words of each table; the others are combined."""
    few: list[Finding] = []
    words: Counter[str] = Counter()
    rest: Counter[str] = Counter()
    for finding in findings:
        table, (code, _, word) = finding.source_table, finding.what.partition(":")
        if code == _UNKNOWN_STATUS and word:
            words[table] += 1
            if words[table] > WORDS:
                rest[table] += finding.rows
                continue
        few.append(finding)
    few += [
        Finding(table, _UNKNOWN_STATUS, rows, (), other_words=words[table] - WORDS)
        for table, rows in rest.items()
    ]
    return tuple(few)


def _number_advice(texts: Sequence[str]) -> str:
    """Return how to read numbers like these; empty if none has a digit."""
    readings = {
        _reading(found[0].rstrip("., ")) for text in texts if (found := _NUMBER.search(text))
    }
    return next((advice for advice in _READINGS if advice in readings), "")


def _reading(number: str) -> str:
    """Take the last separator for the decimal sign, unless it is a comma before three digits, or repeated."""
    last = max(number.rfind(","), number.rfind("."))
    if "," not in number and number.count(".") < 2:  # noqa: PLR2004
        return SIGNS_AROUND
    if number[last] == ".":
        return THOUSANDS_COMMAS if "," in number else DECIMAL_COMMAS
    is_thousands = "." not in number and re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+", number)
    return THOUSANDS_COMMAS if is_thousands else DECIMAL_COMMAS


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
                    else {PLACE.format(file="source_file", line="source_line")}
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
