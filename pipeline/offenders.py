"""Which rows made a build fail: their keys, and the lines of the extracts they came from.

A test that fails returns rows, and a contract names the column or the check it was broken in. Whatever
key these rows carry is looked up in staging, where every row knows its file and line. Keys and places
only: other values may identify a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duckdb

from pipeline.conflicts import PLACE
from pipeline.errors import WarehouseError
from pipeline.opening import open_published
from pipeline.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

MOST_ROWS: Final = 3
"""Rows named for each failure, and places named for each of their keys."""

MOST_RULES: Final = 10
"""Broken rules of one model that are named with their rows."""

ORIGINS: Final[Mapping[str, tuple[str, ...]]] = {
    "line_item_id": ("stg_billing__invoice_line_items",),
    "allocation_id": ("stg_payments__payment_allocations",),
    "refund_id": ("stg_payments__refunds",),
    "dispute_id": ("stg_payments__disputes",),
    "credit_note_id": ("stg_billing__credit_notes",),
    "write_off_id": ("stg_billing__write_offs",),
    "payment_id": ("stg_payments__payments",),
    "invoice_id": ("stg_billing__invoices",),
    "usage_id": ("stg_metering__usages",),
    "event_id": ("stg_metering__meter_events", "stg_cdc__change_events"),
    "outage_id": ("stg_metering__outages",),
    "policy_id": ("stg_billing__delinquency_policies",),
    "contract_id": ("stg_billing__contracts",),
    "subscription_id": ("stg_billing__subscriptions", "stg_billing__invoices"),
    "meter_id": ("stg_metering__meters",),
    "meter_number": ("stg_metering__meters", "stg_metering__usages"),
    "feeder": ("stg_metering__meters", "stg_metering__outages"),
    "sku_id": ("stg_billing__skus", "stg_billing__invoice_line_items"),
    "plan_id": ("stg_billing__plans", "stg_billing__subscriptions"),
    "rate_schedule": ("stg_billing__tariffs",),
    "account_id": (
        *("stg_crm__accounts", "stg_billing__invoices", "stg_billing__subscriptions"),
        *("stg_payments__payments", "stg_billing__credit_notes", "stg_metering__usages"),
    ),
    "customer_id": ("stg_crm__customers", "stg_crm__accounts"),
}
"""Keys a row may carry, the narrowest first, and where their rows come from: the first that knows the key."""

ENTITIES: Final[Mapping[str, str]] = {
    "invoice": "invoice_id",
    "invoice_line": "line_item_id",
    "payment": "payment_id",
    "subscription": "subscription_id",
    "account": "account_id",
    "meter": "meter_id",
}
"""The key that `entity_id` holds, by `entity_type`."""

_NULL: Final = re.compile(r"NOT NULL constraint failed: [^.\s]+\.(\w+)")
_CHECK: Final = re.compile(r"CHECK constraint failed on table \S+ with expression CHECK\((.+)\)")


@dataclass(frozen=True)
class FailedNode:
    """What dbt says of a model or test that failed.

    Attributes:
        sql: Its compiled query: the rows of a model, or those a test objects to.
        reason: What the database said.
        is_test: Whether the query's rows are the offenders themselves.
        column: The column a test is about, where it is about one.
        relation: The table that column is of.
    """

    sql: str
    reason: str
    is_test: bool
    column: str | None = None
    relation: str | None = None


def name_offenders(database: Path, failed: Sequence[FailedNode]) -> list[str]:
    """Name a few rows for each node, in the order of the nodes.

    Args:
        database: The file the nodes failed on; nobody else has it open.
        failed: The nodes.

    Returns:
        A phrase for each node, empty where its rows cannot be told.
    """
    if not database.exists():
        return ["" for _ in failed]
    try:
        connection = open_published(database)
    except WarehouseError:
        return ["" for _ in failed]
    with connection:
        return [_name(connection, node) for node in failed]


def _name(connection: duckdb.DuckDBPyConnection, node: FailedNode) -> str:
    try:
        rows = _offending_rows(connection, node)
        rules: dict[str, list[dict[str, object]]] = {}
        for row in rows:
            rules.setdefault(_rule(row), []).append(row)
        return "; ".join(filter(None, (_say(connection, *rule) for rule in rules.items())))
    except duckdb.Error:
        # an explanation of a failure is no place to fail
        return ""


def _rule(row: Mapping[str, object]) -> str:
    """The rule of its model that a row breaks, in words, and how many rows do; empty for any other test."""
    if row.get("broken_rule") is None:
        return ""
    words = str(row["broken_rule"]).replace("_", " ")
    return f"{words} ({counted(int(str(row['broken_rows'])), 'row')})"


def _say(
    connection: duckdb.DuckDBPyConnection, rule: str, rows: Sequence[Mapping[str, object]]
) -> str:
    """The rule, if there is one, and the rows that break it."""
    found = (_describe(connection, row) for row in rows[:MOST_ROWS])
    named = "; ".join(dict.fromkeys(filter(None, found)))
    return ": ".join(filter(None, (rule, named)))


def _offending_rows(
    connection: duckdb.DuckDBPyConnection, node: FailedNode
) -> list[dict[str, object]]:
    if node.is_test:
        rows = _fetch(connection, _few(f"({node.sql}\n) as failed", most=MOST_ROWS * MOST_RULES))
        if not any("broken_rule" in row for row in rows):
            rows = rows[:MOST_ROWS]
        if node.relation is None or node.column is None or any(map(_keys, rows)):
            return rows
        # a test of one column returns its values under other names, and no keys
        values = [next(iter(row.values())) for row in rows]
        marks = ", ".join("?" * len(values))
        return _fetch(connection, _few(node.relation, f"{node.column} in ({marks})"), values)
    broken = _NULL.search(node.reason), _CHECK.search(node.reason)
    if broken[0]:
        condition = f"{broken[0][1]} is null"
    elif broken[1]:
        condition = f"not ({broken[1][1]})"
    else:
        return []
    return _fetch(connection, _few(f"({node.sql}\n) as made", condition))


def _describe(connection: duckdb.DuckDBPyConnection, row: Mapping[str, object]) -> str:
    """The narrowest key of a row that staging knows, and where its rows came from, if from a file.

    A test that is about no row says its `finding` in words; it is the project's own, without values.
    """
    if row.get("finding") is not None:
        return str(row["finding"])
    for key, value in _keys(row):
        found = _places(connection, key, value)
        if found:
            places = ", ".join(filter(None, found))
            return f"{key} {str(value)[:40]}" + (f" ({places})" if places else "")
    return next((f"{key} {str(value)[:40]}" for key, value in _keys(row)), "")


def _keys(row: Mapping[str, object]) -> list[tuple[str, object]]:
    named = dict(row)
    entity = ENTITIES.get(str(row.get("entity_type")))
    if entity is not None:
        named = {**named, entity: row.get("entity_id")}
    return [(key, named[key]) for key in ORIGINS if named.get(key) is not None]


def _places(connection: duckdb.DuckDBPyConnection, key: str, value: object) -> list[str | None]:
    """Where the accepted rows with a key came from, null for a simulated one; empty if there is none."""
    for model in ORIGINS[key]:
        place = PLACE.format(file="files.source_file", line="judged.source_line")
        found = connection.execute(
            f"""
            select {place}
            from staging.{model} as judged
            left join staging.stg_control__extract_files as files using (file_no)
            where judged.{key} = ? and judged.is_accepted
            order by files.source_file, judged.source_line
            limit {MOST_ROWS}
            """,  # noqa: S608
            [value],
        ).fetchall()
        if found:
            return [text for (text,) in found]
    return []


def _few(relation: str, condition: str = "true", most: int = MOST_ROWS) -> str:
    """A query of the first rows; what it is put together from is the project's own."""
    return f"select * from {relation} where {condition} limit {most}"  # noqa: S608


def _fetch(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Iterable[object] = ()
) -> list[dict[str, object]]:
    found = connection.execute(sql, list(values))
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
