"""Suggestions for expressions that do not bind, each tried before it is made.

There are few common mistakes: a column named like an SQL keyword or with a space in it needs quotes, text has to be cast
to a number, and a constant needs quotes for YAML and for SQL. Each is corrected here and the result is bound to the
file's columns; only what then works is suggested.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import duckdb
import yaml

from seeders.contracts import DATE, TEXT, TIMESTAMP
from seeders.extracts.currencies import is_currency
from seeders.extracts.expressions import (
    PREFIX,
    ExpressionError,
    as_sql,
    attempted,
    parsed,
    type_of,
)
from seeders.extracts.mapping import DEFAULTABLE
from seeders.extracts.shapes import listed_names
from seeders.extracts.sql import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from seeders.contracts import Column
    from seeders.extracts.sources import Source
    from seeders.extracts.vetting import Tree

_CONDITION_NUMBER: Final = "decimal(18,2)"
_VALUE_NUMBER: Final = "decimal(18,6)"
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN_TEXT: Final = re.compile(r"\w(?:[\w .$€/-]*[\w$€])?")
_LITERAL_OR_NAME: Final = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""
_NAME: Final = re.compile(
    rb'(?:"(?:[^"]|"")*"|[\w\x80-\xff]+)(?:[.](?:"(?:[^"]|"")*"|[\w\x80-\xff]+))*'
)
_TOKEN: Final = re.compile(rb"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|[()]|\s+|[^()'\"\s]+")
_MISTAKES: Final = 5
_DATES: Final = ("DATE", "TIMESTAMP")
_ORDERING: Final = frozenset(
    f"COMPARE_{side}THAN{equal}" for side in ("LESS", "GREATER") for equal in ("", "OREQUALTO")
)


def suggestion(
    con: duckdb.DuckDBPyConnection, source: Source, expression: str, target: Column | None
) -> str | None:
    """Explain what is wrong with an expression that does not bind, and what works instead.

    Args:
        con: The scratch database.
        source: Where its columns come from.
        expression: As written in the mapping.
        target: The column it is for, None for a condition.

    Returns:
        One line, or None if nothing was found that works.
    """
    named = [name for name in source.columns if _needs_quotes(con, name)]
    mended = _with_names_quoted(expression, named)
    if mended != expression and _type(con, source, mended):
        which = ", ".join(f"`{name}`" for name in named if quoted(name) in mended)
        return f"the name {which} needs quotes in SQL: write `{_in_yaml(mended)}`"
    mended = _with_text_cast(con, source, expression, target)
    if mended != expression and _type(con, source, mended):
        return f"what is calculated or compared needs a type: write `{_written(mended)}`"
    if target is not None and _is_constant(source, expression, target):
        constant = f'{target.name}: "{text_literal(expression)}"'
        once = f", or say `{target.name}: {expression}` once under `defaults`"
        return (
            f"column `{expression}` not found; a constant is written `{constant}`"
            f"{once if target.name in DEFAULTABLE else ''}; the file has: {listed_names(source.columns, source.columns)}"
        )
    return None


def numbers_compared_as_text(
    con: duckdb.DuckDBPyConnection, source: Source, expression: str
) -> str | None:
    """Suggest a cast for an expression that compares numbers as text.

    Text is compared alphabetically, so 9 is more than 10. Only the rows can show that this is a mistake, so it is
    reported if the result differs for at least one row; dates in ISO form never differ.

    Args:
        con: The scratch database.
        source: The rows.
        expression: As written in the mapping; it binds.

    Returns:
        One line, or None if the result is right for every row.
    """
    casts = {
        span: _CONDITION_NUMBER
        for pair in _compared_texts(con, source, parsed(con, expression))
        if _is_compared_amiss(con, source, *pair)
        for operand in pair
        if (span := _span(expression, operand))
    }
    if not casts:
        return None
    mended = _with_casts(expression, casts)
    return f"numbers are compared as text, in which 9 is more than 10: write `{_written(mended)}`"


def _compared_texts(
    con: duckdb.DuckDBPyConnection, source: Source, tree: Tree
) -> Iterator[tuple[Tree, Tree]]:
    """Return both sides of every `<`, `>` or `between` on text; an explicit cast to text is intended."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _compared_texts(con, source, branch)
    if not isinstance(tree, dict):
        return
    pairs: list[tuple[Tree, Tree]] = []
    if tree.get("class") == "BETWEEN":
        pairs = [(tree["input"], tree["lower"]), (tree["input"], tree["upper"])]
    elif tree.get("class") == "COMPARISON" and tree["type"] in _ORDERING:
        pairs = [(tree["left"], tree["right"])]
    for pair in pairs:
        is_cast = any(isinstance(side, dict) and side.get("class") == "CAST" for side in pair)
        if not is_cast and all(_type_of_tree(con, source, side) == "VARCHAR" for side in pair):
            yield pair
    for branch in tree.values():
        yield from _compared_texts(con, source, branch)


def _is_compared_amiss(
    con: duckdb.DuckDBPyConnection, source: Source, left: Tree, right: Tree
) -> bool:
    """Return whether two texts that are numbers are in another order than the numbers, in any row."""
    found = con.execute(
        f"""
        select 1
        from (
            select
                {attempted(as_sql(con, left))}.v as one,
                {attempted(as_sql(con, right))}.v as other
            from {source.relation}
        )
        where
            isfinite(try_cast(one as double)) and isfinite(try_cast(other as double))
            and (
                (one < other) != (try_cast(one as double) < try_cast(other as double))
                or (one > other) != (try_cast(one as double) > try_cast(other as double))
            )
        limit 1
        """  # noqa: S608
    ).fetchone()
    return found is not None


def _needs_quotes(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    if not _PLAIN_NAME.fullmatch(name):
        return True
    row = con.execute(
        "select count(*) from duckdb_keywords()"
        " where keyword_name = lower(?) and keyword_category != 'unreserved'",
        [name],
    ).fetchone()
    return row != (0,)


def _with_names_quoted(expression: str, names: list[str]) -> str:
    """Return the expression with these names quoted, wherever they are not yet."""
    if not names:
        return expression
    bare = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    known = {name.casefold(): name for name in names}
    return re.sub(
        rf"{_LITERAL_OR_NAME}|(?<!\w)(?P<bare>{bare})(?!\w)",
        lambda found: quoted(known[found["bare"].casefold()]) if found["bare"] else found[0],
        expression,
        flags=re.IGNORECASE,
    )


def _with_text_cast(
    con: duckdb.DuckDBPyConnection, source: Source, expression: str, target: Column | None
) -> str:
    """Return the expression with a cast around each text used in a calculation or comparison."""
    number = _CONDITION_NUMBER if target is None else _VALUE_NUMBER
    is_date = target is not None and target.type in {DATE, TIMESTAMP}
    for _ in range(_MISTAKES):
        try:
            failing = list(_failing(con, source, parsed(con, expression)))
        except ExpressionError:
            return expression
        casts: dict[tuple[int, int], str] = {}
        for operands in failing:
            types = [_type_of_tree(con, source, operand) or "" for operand in operands]
            has_date = is_date or any(found.startswith(_DATES) for found in types)
            for operand, found in zip(operands, types, strict=True):
                span = _span(expression, operand)
                if span and found == "VARCHAR":
                    casts[span] = "date" if has_date else number
                elif span and found.startswith("TIMESTAMP"):
                    casts[span] = "date"
        if not casts:
            return expression
        expression = _with_casts(expression, casts)
    return expression


def _with_casts(expression: str, casts: Mapping[tuple[int, int], str]) -> str:
    """Return the expression with a cast around each span of bytes."""
    text = expression.encode()
    for (start, end), kind in sorted(casts.items(), reverse=True):
        cast = b"cast(%b as %b)" % (text[start:end], kind.encode())
        text = text[:start] + cast + text[end:]
    return text.decode()


def _failing(con: duckdb.DuckDBPyConnection, source: Source, tree: Tree) -> Iterator[list[Tree]]:
    """Return the operands of every part that does not bind although each of its operands does."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _failing(con, source, branch)
    if not isinstance(tree, dict):
        return
    operands = _operands(tree)
    if operands and _type_of_tree(con, source, tree) is None:
        types = [_type_of_tree(con, source, operand) for operand in operands]
        if None not in types:
            yield operands
            return
    for branch in tree.values():
        yield from _failing(con, source, branch)


def _operands(node: dict[str, Tree]) -> list[Tree]:
    kind, children = node.get("class"), node.get("children")
    if kind in {"FUNCTION", "OPERATOR"} and isinstance(children, list):
        return children
    if kind == "COMPARISON":
        return [node["left"], node["right"]]
    return [node["input"], node["lower"], node["upper"]] if kind == "BETWEEN" else []


def _type(con: duckdb.DuckDBPyConnection, source: Source, expression: str) -> str | None:
    try:
        return type_of(con, source, expression)
    except ExpressionError:
        return None


def _type_of_tree(con: duckdb.DuckDBPyConnection, source: Source, tree: Tree) -> str | None:
    try:
        return type_of(con, source, as_sql(con, tree))
    except (ExpressionError, duckdb.Error):
        return None


def _span(expression: str, operand: Tree) -> tuple[int, int] | None:
    """Return the position of a column or a function in the expression, in bytes; None for anything else."""
    if not isinstance(operand, dict) or operand.get("is_operator"):
        return None
    location = operand.get("query_location")
    if not isinstance(location, int) or operand.get("class") not in {"COLUMN_REF", "FUNCTION"}:
        return None
    start = location - len(PREFIX)
    text = expression.encode()
    name = _NAME.match(text, start)
    if name is None:
        return None
    if operand["class"] == "COLUMN_REF":
        return name.span()
    depth = 0
    for token in _TOKEN.finditer(text, name.end()):
        depth += {b"(": 1, b")": -1}.get(token[0], 0)
        if depth == 0:
            return start, token.end()
    return None


def _is_constant(source: Source, expression: str, target: Column) -> bool:
    """Return whether an expression is plain text that the target could hold, and not a column of the file."""
    columns = {name.casefold() for name in source.columns}
    could_hold = target.type == TEXT and (target.name != "currency" or is_currency(expression))
    is_plain = bool(_PLAIN_TEXT.fullmatch(expression))
    return could_hold and is_plain and expression.casefold() not in columns


def _in_yaml(expression: str) -> str:
    """Return a quoted YAML value."""
    return text_literal(expression)


def _written(expression: str) -> str:
    """Return a YAML value, quoted if necessary."""
    try:
        is_plain = yaml.safe_load(f"key: {expression}") == {"key": expression}
    except yaml.YAMLError:
        is_plain = False
    return expression if is_plain else _in_yaml(expression)
