"""Separators that an expression strips from a number, and the other way of reading the text.

`replace(Total, ',', '')` is right for 1,200.00 and turns 118,99 into 11,899.00. A file does not say which sign
separates thousands, but its texts show it: digits after a thousands separator come in threes. So the expression is
evaluated twice, as written, and with the last separator as decimal sign in every text without such groups. Where the
two differ, the number is ambiguous.

What a function strips is not parsed but tried, on samples such as 1,234.

Why: DECISIONS.md#a-stripped-separator-must-separate-thousands
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from seeders.extracts.conversion import SEPARATORS
from seeders.extracts.expressions import ExpressionError, as_sql, parsed, type_of

if TYPE_CHECKING:
    from seeders.extracts.sources import Source
    from seeders.extracts.vetting import Tree

_REPLACING: Final = frozenset({"replace", "regexp_replace", "translate"})
_PASSING: Final = frozenset({"trim", "ltrim", "rtrim", "upper", "lower"})
_SCALING: Final = frozenset({"*", "/", "//"})


def other_reading(con: duckdb.DuckDBPyConnection, source: Source, expression: str) -> str | None:
    """Return the expression with every text read the other way whose separators are not those of thousands.

    Args:
        con: The scratch database, with the macros of `conversion`.
        source: Where the expression's columns come from.
        expression: As written in the mapping, for a column of numbers; it binds.

    Returns:
        SQL that equals the expression where its texts have groups of thousands; None if it strips no separator.
    """
    tree = parsed(con, expression)
    found = _Stripping(con, scales=_has_function(tree, _SCALING))
    rewritten = found.rewritten(tree)
    if not found.is_any:
        return None
    try:
        sql = as_sql(con, rewritten)
        type_of(con, source, sql)
    except (ExpressionError, duckdb.Error):
        return None
    return sql


class _Stripping:
    """Finds the functions that strip separators, and wraps them in the other reading."""

    def __init__(self, con: duckdb.DuckDBPyConnection, *, scales: bool) -> None:
        self.is_any = False
        self._con = con
        self._scales = scales

    def rewritten(self, tree: Tree) -> Tree:
        """Return the tree with every function that strips a separator wrapped in `read_otherwise`."""
        if isinstance(tree, list):
            return [self.rewritten(branch) for branch in tree]
        if not isinstance(tree, dict):
            return tree
        if _name(tree) in _REPLACING:
            text = _innermost(tree)
            stripped, decimal = self._tried(tree, text)
            # an expression that strips every sign and divides by 100 is intended
            if stripped and (decimal or not self._scales):
                self.is_any = True
                number, groups = _patterns(stripped, decimal)
                constants = [_text(p) for p in (number, f"[{stripped}]", groups)]
                return tree | {
                    "function_name": "read_otherwise",
                    "children": [tree, text, *constants],
                }
        return {key: self.rewritten(branch) for key, branch in tree.items()}

    def _tried(self, node: Tree, text: Tree) -> tuple[str, str]:
        """Return the separators that the function strips, and those it keeps or turns into a decimal point."""
        stripped = decimal = ""
        for separator in SEPARATORS:
            given = _with_innermost(node, text, _text(f"1{separator}234"))
            try:
                row = self._con.execute(f"select {as_sql(self._con, given)}").fetchone()
            except duckdb.Error:
                # another argument is not a constant
                return "", ""
            if row == ("1234",):
                stripped += separator
            elif row == ("1.234",):
                decimal += separator
        return stripped, decimal


def _patterns(stripped: str, decimal: str) -> tuple[str, str]:
    """Return patterns of the number in a text, and of one whose stripped separators group its digits.

    Groups of two before the last three are the notation of lakh and crore. A leading zero is not a group of thousands
    unless a decimal sign follows.
    """
    signs = "".join(sign for sign in stripped + decimal if not sign.isspace())
    number = f"[{signs}]*[0-9](?:(?s:.*)[0-9])?[{signs}]*" if signs else "[0-9](?:(?s:.*)[0-9])?"
    forms = []
    for sign in stripped:
        following = f"(?:[{sign}][0-9]{{3}})+"
        lakhs = f"(?:[{sign}][0-9]{{2}})+[{sign}][0-9]{{3}}"
        if decimal:
            forms.append(f"(?:[0-9]{{1,3}}{following}|[0-9]{{1,2}}{lakhs})[{decimal}][0-9]*")
        forms.append(f"[1-9](?:[0-9]{{0,2}}{following}|[0-9]?{lakhs})")
        forms.append(f"[0-9]+[{sign}]")
    return number, "|".join(forms)


def _name(node: Tree) -> str:
    is_function = isinstance(node, dict) and node.get("class") == "FUNCTION"
    return str(node.get("function_name")).lower() if isinstance(node, dict) and is_function else ""


def _innermost(node: Tree) -> Tree:
    """Return the innermost argument of nested text functions."""
    while isinstance(node, dict) and _name(node) in _REPLACING | _PASSING:
        children = node["children"]
        if not isinstance(children, list) or not children:
            break
        node = children[0]
    return node


def _with_innermost(node: Tree, innermost: Tree, given: Tree) -> Tree:
    """Return the same functions applied to something else."""
    if node is innermost or not isinstance(node, dict):
        return given
    first, *others = node["children"]  # type: ignore[misc]
    return node | {"children": [_with_innermost(first, innermost, given), *others]}


def _has_function(tree: Tree, names: frozenset[str]) -> bool:
    if isinstance(tree, dict):
        return _name(tree) in names or any(_has_function(branch, names) for branch in tree.values())
    return isinstance(tree, list) and any(_has_function(branch, names) for branch in tree)


def _text(text: str) -> Tree:
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "query_location": 0,
        "value": {
            "type": {"id": "VARCHAR", "type_info": None},
            "is_null": False,
            "value": text,
        },
    }
