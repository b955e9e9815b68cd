"""What stops a load whose files can be read: an impossible date, a loss of history, missing rows.

None of these is an error of a single row, and each may be intended. So each is reported in one line with both figures
and the option that permits it; nothing is written until then.

Why: DECISIONS.md#load-counts-deliveries-the-build-counts-accepted-rows
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from seeders.contracts import TABLES
from seeders.writer import has_table, held_sources, recorded_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    import duckdb

MAX_SHRINK_SHARE: Final = 0.5
"""The default where `vars.snapshot_max_shrink_share` of dbt_project.yml is not passed."""

_LANDED: Final = """
    with landed as (
        select _file_no as file_no, count(*) as delivered
        from {table}
        group by all
    )
    select coalesce(source_file, ''), cast(sum(delivered) as bigint)
    from landed
    left join raw_control.extract_files using (file_no)
    group by all
"""
_NOT_LANDED: Final = """
    select target_table, coalesce(source_file, ''), count(*)
    from raw_control.rejected_rows
    group by all
"""

Delivered = dict[str, dict[str, int]]
"""Rows by table and file, whether they landed or not."""


@dataclass(frozen=True)
class Allowance:
    """What the user permits in a load.

    Attributes:
        latest: The last day extracts may be as of; None for any.
        drop_history: Whether recorded history that does not fit the load may be dropped.
        shrink: Tables that may have fewer rows than before.
        max_shrink_share: A table that lost this share of its rows or more stops the load.
    """

    latest: date | None = None
    drop_history: bool = False
    shrink: frozenset[str] = frozenset()
    max_shrink_share: float = MAX_SHRINK_SHARE


@dataclass(frozen=True)
class Delivery:
    """What a load delivered of one table, compared with the previous load.

    `before` is None if there was no previous load, or it had no rows of the table or only changes.
    """

    table: str
    is_delta: bool
    is_mapped: bool
    now: Mapping[str, int]
    before: Mapping[str, int] | None
    may_shrink: bool

    @property
    def rows(self) -> int:
        """Rows delivered."""
        return sum(self.now.values())

    @property
    def rows_before(self) -> int | None:
        """Rows delivered by the previous load."""
        return None if self.before is None else sum(self.before.values())


def delivered_rows(con: duckdb.DuckDBPyConnection, source: str) -> Delivered:
    """Count the rows delivered to the raw tables.

    Args:
        con: Connection to the warehouse, before a load replaces what it holds or after it has written.
        source: The source to count; deliveries of other sources are not comparable.

    Returns:
        Rows that landed and lines that were rejected; tables without any are left out.
    """
    if held_sources(con) != {source}:
        return {}
    delivered: Delivered = {}
    for name in _countable(con):
        for file, rows in con.execute(_LANDED.format(table=name)).fetchall():
            _count(delivered, name, file, rows)
    if has_table(con, "raw_control.rejected_rows"):
        for name, file, rows in con.execute(_NOT_LANDED).fetchall():
            _count(delivered, name, file, rows)
    return delivered


def rows_before(con: duckdb.DuckDBPyConnection, source: str) -> Delivered:
    """Count the rows delivered by the previous load, where they can be compared.

    Args:
        con: Connection to the warehouse, before a load replaces what it holds.
        source: The source to count.

    Returns:
        As `delivered_rows`, without the tables of which only changes were delivered.
    """
    delivered = delivered_rows(con, source)
    if has_table(con, "raw_control.deliveries"):
        deltas = con.execute(
            "select target_table from raw_control.deliveries where delivery = 'delta'"
        ).fetchall()
        for (table,) in deltas:
            delivered.pop(table, None)
    return delivered


def compare(
    now: Delivered,
    before: Delivered,
    mapped: Collection[str],
    deltas: Collection[str],
    may_shrink: Collection[str],
) -> tuple[Delivery, ...]:
    """Compare what was delivered with what was delivered before.

    Args:
        now: As `delivered_rows` counts it after the load.
        before: The same before it.
        mapped: Tables that the mapping names.
        deltas: Those of them that deliver only changes.
        may_shrink: Tables that may have fewer rows.

    Returns:
        One delivery a table, in order of their names.
    """
    return tuple(
        Delivery(
            table=table,
            is_delta=table in deltas,
            is_mapped=table in mapped,
            now=now.get(table, {}),
            before=before.get(table),
            may_shrink=table in may_shrink,
        )
        for table in sorted({*mapped, *before})
    )


def losses(deliveries: tuple[Delivery, ...], allowance: Allowance) -> list[str]:
    """Report the tables with too many missing rows, one line each."""
    return [
        f"{found.table}: {reason}; if that is right, say --allow-shrink {found.table}"
        + ("" if found.is_mapped is False else ", or `delivery: delta` where only changes come")
        for found in deliveries
        if not found.is_delta and not found.may_shrink
        for reason in [_loss(found, allowance.max_shrink_share)]
        if reason
    ]


def lost_history(
    con: duckdb.DuckDBPyConnection, source: str, as_of: date, allowance: Allowance
) -> list[str]:
    """Report the recorded history that a load would drop, in one line, unless that is permitted."""
    if allowance.drop_history:
        return []
    others = held_sources(con) - {source}
    lost, last = recorded_versions(con, None if others else as_of)
    if lost == 0:
        return []
    if others:
        reason = (
            f"the file holds the history of {', '.join(sorted(others))}, and this load would drop all of"
            f" it ({_counted(lost, 'version')}): name another file in WAREHOUSE_PATH, or say --drop-history"
        )
    else:
        reason = (
            f"as_of {as_of} is earlier than the recorded history, which extends to {last}: this load would drop"
            f" {_counted(lost, 'version')} of customers, accounts, subscriptions and meters; correct the date, or say"
            " --drop-history if the later one was wrong"
        )
    return [reason]


def impossible_dates(as_of: date, allowance: Allowance) -> list[str]:
    """Report an as-of date in the future, in one line, unless that is permitted.

    No option permits the last representable day: the mapping is refused for it.
    """
    if allowance.latest is None or as_of <= allowance.latest or as_of == as_of.max:
        return []
    return [
        f"as_of {as_of} is after tomorrow, {allowance.latest}: correct the date, or say --allow-future"
    ]


def _loss(found: Delivery, share: float) -> str:
    before = found.rows_before or 0
    if _is_lost(found.rows, before, share):
        reason = (
            f"{_counted(found.rows, 'row')} now"
            if found.is_mapped
            else "not in mapping.yml any more"
        )
        return f"{reason}, {before:,} in the load before"
    files = [
        f"{file} has {_counted(rows, 'row')} now, {was:,} in the load before"
        for file, rows, was in _same_files(found)
        if _is_lost(rows, was, share)
    ]
    return " and ".join(files)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _same_files(found: Delivery) -> Iterator[tuple[str, int, int]]:
    """Return the files of both loads, with their rows now and before; names may contain a date."""
    for file, was in sorted((found.before or {}).items()):
        if file in found.now:
            yield file, found.now[file], was


def _is_lost(now: int, before: int, share: float) -> bool:
    return before > 0 and now <= before * (1 - share)


def _countable(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return raw tables whose rows name their file; a warehouse of an earlier version may have others."""
    found = con.execute(
        "select schema_name || '.' || table_name from duckdb_columns()"
        " where column_name = '_file_no' and database_name = current_database() order by 1"
    ).fetchall()
    known = [name for (name,) in found if name in TABLES and TABLES[name].loadable]
    return known if has_table(con, "raw_control.extract_files") else []


def _count(delivered: Delivered, table: str, file: str, rows: int) -> None:
    files = delivered.setdefault(table, {})
    files[file] = files.get(file, 0) + rows
