"""Rejected rows whose content differs from the accepted row of the same key: both, and the money left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.wording import counted
from seeders.contracts import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    import duckdb

CONFLICT = "conflicting_key"
AMOUNTS = ("amount", "amount_paid", "disputed_amount", "closing_balance", "kwh")
"""Columns of staging with the money or energy of a row."""

UNITS: Mapping[str, str] = {"kwh": "'kWh'"}
"""SQL for the unit of an amount, by its column, where there is no column for it."""

READING_KEY = "concat_ws(' ', meter_number, cast(read_at as varchar))"
"""SQL for the key of readings, as in the macro `reading_key`."""

PLACE = (
    "parse_filename({file}) || if({file} like '%.parquet', ' row ', ' line ')"
    " || coalesce({line}::varchar, '?')"
)
"""SQL for a readable file and line, from the expressions `file` and `line`."""


@dataclass(frozen=True)
class _Conflict:
    """A rejected row whose content differs from the accepted row of the same key."""

    key: str
    place: str
    kept_place: str
    amount: Decimal | None
    kept_amount: Decimal | None
    unit: str | None
    kept_unit: str | None

    def lines(self) -> tuple[str, str]:
        """Return a line for each row, the accepted one second."""
        return (
            f"{self.place}: {self.key[:40]}{_counted(self.amount, self.unit)}",
            f"  kept: {self.kept_place}{_counted(self.kept_amount, self.kept_unit)}",
        )


def describe_conflicts(
    connection: duckdb.DuckDBPyConnection, source_table: str, rows: int, most: int
) -> tuple[str, ...]:
    """Describe the accepted row with each rejected one, and the money or energy that is left out.

    Args:
        connection: To a file with the models of staging.
        source_table: The raw table.
        rows: How many of its rows conflict with another.
        most: How many of them to name.

    Returns:
        Two lines for each row named, and one for each currency.
    """
    conflicts = _conflicts_of(connection, source_table)
    if conflicts is None:
        return ()
    named = connection.execute(
        f"""
        select row_key, place, kept_place, amount, kept_amount, unit, kept_unit
        from ({conflicts})
        order by place, source_line, row_key, amount
        limit {most}
        """  # noqa: S608
    ).fetchall()
    left_out = connection.execute(
        f"""
        select coalesce(unit, '') as counted_in, sum(amount)
        from ({conflicts})
        group by counted_in
        having sum(amount) != 0
        order by counted_in
        """  # noqa: S608
    ).fetchall()
    examples = [line for row in named for line in _Conflict(*row).lines()]
    thing = source_table.partition(".")[2].replace("_", " ").removesuffix("s")
    whose = f"another {thing} hangs on it"
    if rows > 1:
        whose = f"{counted(rows, f'other {thing}')} hangs on them"
    examples += [f"{amount:,} {unit}".rstrip() + f" of {whose}" for unit, amount in left_out]
    return tuple(examples)


def _conflicts_of(connection: duckdb.DuckDBPyConnection, source_table: str) -> str | None:
    """SQL for the rows of a raw table that conflict with one that stayed, none where rows have no key."""
    system, _, table = source_table.removeprefix("raw_").partition(".")
    model = f"stg_{system}__{table}"
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns()"
            " where schema_name = 'staging' and table_name = ? order by column_index",
            [model],
        ).fetchall()
    ]
    own = TABLES[source_table].key
    # a table without a key of its own has one made of what its rows are about
    key = own[0] if own else next((name for name in columns if _is_made_key(name)), None)
    if key is None and "read_at" in columns:
        key = READING_KEY
    if key is None:
        return None
    amount = next((name for name in AMOUNTS if name in columns), "null")
    unit = UNITS.get(amount, "currency" if "currency" in columns else "null")
    # readings are many, and those that have others beside them are known
    which = "is_repeated" if "is_repeated" in columns else "true"
    return f"""
        with judged as (
            select
                {key} as row_key,
                kept_key,
                rejection_reasons,
                {amount} as amount,
                {unit}::varchar as unit,
                source_line,
                {PLACE.format(file="files.source_file", line="source_line")} as place
            from staging.{model}
            left join staging.stg_control__extract_files as files using (file_no)
            where {which}
        )

        select
            conflicts.row_key,
            coalesce(conflicts.place, '(simulated)') as place,
            coalesce(kept.place, '(simulated)') as kept_place,
            conflicts.amount,
            kept.amount as kept_amount,
            conflicts.unit,
            kept.unit as kept_unit,
            conflicts.source_line
        from judged as conflicts
        inner join judged as kept
            on conflicts.kept_key = kept.row_key and kept.kept_key is null
        where conflicts.rejection_reasons like '%{CONFLICT}%'
        """  # noqa: S608


def _is_made_key(column: str) -> bool:
    return column.endswith("_key") and column != "kept_key"


def _counted(amount: Decimal | None, unit: str | None) -> str:
    return "" if amount is None else f", {amount:,} {unit or ''}".rstrip()
