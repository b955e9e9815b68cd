"""The mapping's SQL expressions: checked one by one, then evaluated row by row without failing.

Each runs inside DuckDB's TRY, so that a value it cannot compute is lost, but not the load. What is not allowed in a
mapping, such as subqueries, aggregates and windows, is refused beforehand: see `vetting`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import duckdb

from seeders.extracts.shapes import listed_names
from seeders.extracts.sources import first_line, types_of
from seeders.extracts.sql import quoted
from seeders.extracts.vetting import NOT_ALLOWED, NotAllowedError, vet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeders.extracts.sources import Source
    from seeders.extracts.vetting import Tree

PREFIX: Final = "select (\n"
"""The text before an expression when it is parsed; the location of a node includes its bytes."""

_NESTED: Final = ("STRUCT", "MAP", "UNION", "LIST", "VARIANT")
_MAX_DEPTH: Final = 300
"""Levels of a tree, two for each nested operator or call; Python's stack allows three times as many."""

_TOO_DEEP: Final = "is nested too deeply"


class ExpressionError(Exception):
    """An expression that is not valid SQL over the file's columns; the message says why."""


def attempted(expression: str) -> str:
    """Return SQL that is null where the expression fails on a row, and otherwise a struct of its value."""
    # the line ends keep a comment at the end of the expression from swallowing what follows
    return f"try(struct_pack(v := (\n{expression}\n)))"


def type_of(con: duckdb.DuckDBPyConnection, source: Source, expression: str) -> str:
    """Bind an expression to a source's columns.

    Args:
        con: The scratch database.
        source: Where its columns come from.
        expression: As written in the mapping.

    Returns:
        Its DuckDB type.

    Raises:
        ExpressionError: It does not parse or bind, reads more than its row, or does not return a single value.
    """
    try:
        vet(parsed(con, expression), source.columns)
    except NotAllowedError as error:
        raise ExpressionError(str(error)) from None
    try:
        query = (
            f"select a.v as value from (select {attempted(expression)} as a"  # noqa: S608
            f" from {source.file_rows})"
        )
        bound = types_of(con, query)["value"]
    except duckdb.Error as error:
        raise ExpressionError(_reason(error, source)) from error
    if bound.endswith("]") or bound.startswith(_NESTED):
        message = f"gives a {bound}, not a single value"
        raise ExpressionError(message)
    return bound


def inputs_of(con: duckdb.DuckDBPyConnection, source: Source, expression: str) -> str:
    """Return SQL for the text that an expression reads: evidence if it fails.

    Args:
        con: The scratch database.
        source: Where its columns come from.
        expression: As written in the mapping; it binds.

    Returns:
        The text of the one column it names, or `name=text` for each of several.
    """
    named = {name.casefold() for name in _column_names(parsed(con, expression))}
    columns = [quoted(name) for name in source.columns if name.casefold() in named]
    if len(columns) == 1:
        return f"cast({columns[0]} as varchar)"
    parts = [
        f"'{name.replace(chr(39), chr(39) * 2)}=' || coalesce(cast({name} as varchar), '')"
        for name in columns
    ]
    return f"concat_ws(', ', {', '.join(parts)})" if parts else "cast(null as varchar)"


def parsed(con: duckdb.DuckDBPyConnection, expression: str) -> Tree:
    """Parse an expression, so that `a), (b` is not taken for one value.

    Args:
        con: The scratch database.
        expression: As written in the mapping.

    Returns:
        Its tree.

    Raises:
        ExpressionError: It does not parse, or is not a single expression.
    """
    if not expression.strip():
        message = "is empty"
        raise ExpressionError(message)
    row = con.execute("select json_serialize_sql(?)", [f"{PREFIX}{expression}\n)"]).fetchone()
    try:
        read = json.loads(row[0]) if row else {"error": True}
    except RecursionError:
        raise ExpressionError(_TOO_DEEP) from None
    if read["error"]:
        raise ExpressionError(str(read.get("error_message", "does not parse")))
    statements = read["statements"]
    selected = statements[0]["node"].get("select_list", [])
    if len(statements) != 1 or len(selected) != 1 or _is_more_than_a_value(statements[0]["node"]):
        message = "is not a single SQL expression"
        raise ExpressionError(message)
    if _is_deeper(selected[0], _MAX_DEPTH):
        raise ExpressionError(_TOO_DEEP)
    return _with_methods_resolved(selected[0])


def as_sql(con: duckdb.DuckDBPyConnection, tree: Tree) -> str:
    """Convert a tree back to SQL.

    Args:
        con: The scratch database.
        tree: The result of `parsed`, changed or not.

    Returns:
        The expression.
    """
    row = con.execute("select json_serialize_sql('select 1')").fetchone()
    query = json.loads(row[0]) if row else {}
    query["statements"][0]["node"]["select_list"] = [tree]
    written = con.execute("select json_deserialize_sql(?::json)", [json.dumps(query)]).fetchone()
    return str(written[0]).removeprefix("SELECT ") if written else ""


def _with_methods_resolved(tree: Tree) -> Tree:
    """Convert `column.replace(…)`, which parses as a function of a schema, to a function of the column."""
    if isinstance(tree, list):
        return [_with_methods_resolved(branch) for branch in tree]
    if not isinstance(tree, dict):
        return tree
    node = {key: _with_methods_resolved(branch) for key, branch in tree.items()}
    children, schema = node.get("children"), node.get("schema")
    if node.get("class") != "FUNCTION" or schema in {"", "main"} or not isinstance(children, list):
        return node
    named: list[Tree] = [name for name in (node.get("catalog"), schema) if name]
    column: Tree = {
        "class": "COLUMN_REF",
        "type": "COLUMN_REF",
        "alias": "",
        "query_location": 0,
        "column_names": named,
    }
    return node | {"schema": "", "catalog": "", "children": [column, *children]}


def _is_deeper(tree: Tree, levels: int) -> bool:
    """Return whether a tree has more levels than given, without recursion."""
    level = [tree]
    while level and levels >= 0:
        levels -= 1
        level = [
            branch
            for node in level
            if isinstance(node, (dict, list))
            for branch in (node.values() if isinstance(node, dict) else node)
        ]
    return bool(level)


def _is_more_than_a_value(node: dict[str, object]) -> bool:
    origin = node.get("from_table")
    is_from = isinstance(origin, dict) and origin.get("type") != "EMPTY"
    return node.get("type") != "SELECT_NODE" or is_from or bool(node.get("where_clause"))


def _column_names(tree: Tree) -> Iterator[str]:
    if isinstance(tree, dict):
        if tree.get("class") == "COLUMN_REF":
            names = tree["column_names"]
            yield from map(str, names if isinstance(names, list) else [])
        for branch in tree.values():
            yield from _column_names(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _column_names(branch)


def _reason(error: duckdb.Error, source: Source) -> str:
    line = first_line(error)
    if "TRY" in line or "WINDOW" in line or "UNNEST" in line:
        return NOT_ALLOWED
    reason = line.replace(" in FROM clause!", "").rstrip("!")
    if "not found" not in reason or "olumn" not in reason:
        return reason
    columns = listed_names(source.columns, source.columns)
    only = source.columns[0] if len(source.columns) == 1 else ""
    other = next((mark for mark in (";", "\t", "|", ",") if mark in only), None)
    hint = (
        f"; it looks separated by {other!r}: say `delimiter: {json.dumps(other)}`" if other else ""
    )
    return f"{reason}; the file has: {columns}{hint}"
