"""Rows that say something else than the one that stayed under their key: both, and the money left out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline.wording import counted
from seeders.contracts import TABLES

if TYPE_CHECKING:
    import duckdb

CONFLICT = "conflicting_key"
AMOUNTS = ("amount", "amount_paid", "disputed_amount", "closing_balance")
"""Columns of staging that say how much money a row is about."""

PLACE = (
    "parse_filename({file}) || if({file} like '%.parquet', ' row ', ' line ')"
    " || coalesce({line}::varchar, '?')"
)
"""SQL for a file and line as people look for them, from the expressions `file` and `line`."""


@dataclass(frozen=True)
class _Conflict:
    """A row that says something else than the one that stayed under its key."""

    key: str
    place: str
    kept_place: str
    amount: Decimal | None
    kept_amount: Decimal | None
    currency: str | None
    kept_currency: str | None

    def tell(self) -> tuple[str, str]:
        """Both rows, the one that stayed below the other."""
        return (
            f"{self.place}: {self.key[:40]}{_money(self.amount, self.currency)}",
            f"  kept: {self.kept_place}{_money(self.kept_amount, self.kept_currency)}",
        )


def describe_conflicts(
    connection: duckdb.DuckDBPyConnection, source_table: str, rows: int, most: int
) -> tuple[str, ...]:
    """Name the row that stayed beside each one that did not, and the money that is left out.

    Args:
        connection: To a file with the models of staging.
        source_table: The raw table.
        rows: How many of its rows conflict with another.
        most: How many of them to name.

    Returns:
        Two lines for each row named, and one for each currency.
    """
    conflicts = _conflicts(connection, source_table)
    left_out: dict[str, Decimal] = defaultdict(Decimal)
    for conflict in conflicts:
        left_out[conflict.currency or ""] += conflict.amount or 0
    examples = [line for conflict in conflicts[:most] for line in conflict.tell()]
    thing = source_table.partition(".")[2].replace("_", " ").removesuffix("s")
    whose = f"another {thing} hangs on it"
    if rows > 1:
        whose = f"{counted(rows, f'other {thing}')} hangs on them"
    examples += [
        f"{amount:,.2f} {currency}".rstrip() + f" of {whose}"
        for currency, amount in sorted(left_out.items())
        if amount
    ]
    return tuple(examples)


def _conflicts(connection: duckdb.DuckDBPyConnection, source_table: str) -> list[_Conflict]:
    """The rows of a raw table that conflict with one that stayed, in the order of their places."""
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
    if key is None:
        return []
    amount = next((name for name in AMOUNTS if name in columns), "null")
    currency = "currency" if "currency" in columns else "null"
    rows = connection.execute(
        f"""
        with judged as (
            select
                {key} as row_key,
                kept_key,
                rejection_reasons,
                {amount} as amount,
                {currency} as currency,
                source_line,
                {PLACE.format(file="files.source_file", line="source_line")} as place
            from staging.{model}
            left join staging.stg_control__extract_files as files using (file_no)
        )

        select
            conflicts.row_key,
            coalesce(conflicts.place, '(simulated)'),
            coalesce(kept.place, '(simulated)'),
            conflicts.amount,
            kept.amount,
            conflicts.currency,
            kept.currency
        from judged as conflicts
        inner join judged as kept
            on conflicts.kept_key = kept.row_key and kept.kept_key is null
        where conflicts.rejection_reasons like '%{CONFLICT}%'
        order by conflicts.place, conflicts.source_line, conflicts.row_key, conflicts.amount
        """  # noqa: S608
    ).fetchall()
    return [_Conflict(*row) for row in rows]


def _is_made_key(column: str) -> bool:
    return column.endswith("_key") and column != "kept_key"


def _money(amount: Decimal | None, currency: str | None) -> str:
    return "" if amount is None else f", {amount:,.2f} {currency or ''}".rstrip()
