"""What an expression of a mapping may contain, checked on its tree before the database sees it.

An expression is untrusted SQL for one row of a file. It may read the columns of that row and nothing else: no other
table or file, no setting, variable or clock. And the size of its result must be bounded by the size of the row:
DuckDB's memory limit does not cover texts under construction, so that `repeat` could allocate gigabytes a row. The size
is estimated here instead, and an expression without a bound is refused.

Why: DECISIONS.md#an-expression-is-vetted-before-it-is-bound
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from seeders.extracts.conversion import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Tree = dict[str, "Tree"] | list["Tree"] | str | int | float | bool | None
"""A parsed expression, as DuckDB writes it in JSON."""

MOST_BYTES: Final = MAX_TEXT_BYTES
"""How much an expression may add by constants, in bytes a row: no column takes a longer text."""

MOST_TIMES: Final = 64
"""How many times the size of its row the result of an expression may have."""

NOT_ALLOWED: Final = (
    "subqueries, aggregates, windows, `*`, COLUMNS, lambdas and parameters are not allowed here"
)

# functions that depend on anything but the row: the clock, randomness, the session, the database, its log
FORBIDDEN: Final = frozenset(
    (
        *("ago", "col_description", "currval", "error", "gen_random_uuid", "get_block_size"),
        *("get_current_time", "get_current_timestamp", "getenv", "getvariable", "glob"),
        *("in_search_path", "json_deserialize_sql", "json_execute_serialized_sql"),
        *("json_serialize_plan", "json_serialize_sql", "localtime", "localtimestamp", "nextval"),
        *("now", "obj_description", "parse_duckdb_log_message", "query", "query_table", "random"),
        *("session_user", "setseed", "shobj_description", "sleep_ms", "stats", "today"),
        *("transaction_timestamp", "txid_current", "user", "uuid", "uuidv4", "uuidv7", "version"),
        *("which_secret", "write_log"),
    )
)
_FORBIDDEN_STARTS: Final = (
    *("current_", "duckdb_", "pg_", "has_", "inet_", "pragma_", "parquet_", "sniff_"),
    *(
        "read_blob",
        "read_csv",
        "read_duckdb",
        "read_json",
        "read_ndjson",
        "read_parquet",
        "read_text",
    ),
    *("from_substrait", "get_substrait", "iceberg_", "delta_", "sqlite_", "postgres_", "http_"),
)
# SQL keywords that are not functions in the tree, and not columns unless the file has one of that name
_WORDS: Final = frozenset({"user", "session_user", "localtime", "localtimestamp"})
_ANY_LENGTH: Final = frozenset(
    {"range", "generate_series", "generate_subscripts", "list_resize", "array_resize"}
)
_PADDED_TO: Final = frozenset({"repeat", "lpad", "rpad"})
_PADDING: Final = _PADDED_TO | {"bar", "bitstring", "to_base"}
_REPLACING: Final = frozenset({"replace", "regexp_replace"})
_TIMES_EACH_OTHER: Final = frozenset(
    (
        *("aggregate", "array_aggr", "array_aggregate", "array_select", "array_to_string"),
        *("array_to_string_comma_default", "list_aggr", "list_aggregate", "list_select"),
        *("list_string_agg", "regexp_replace", "replace"),
    )
)
_WIDER: Final = {
    **dict.fromkeys(
        (
            *(
                "regexp_extract_all",
                "regexp_split_to_array",
                "split",
                "str_split",
                "str_split_regex",
            ),
            *("string_split", "string_split_regex", "string_to_array"),
        ),
        16,
    ),
    **dict.fromkeys(
        (
            *("base64", "bin", "encode", "hex", "json_quote", "to_base64", "to_binary", "to_hex"),
            *("to_json", "url_encode"),
        ),
        8,
    ),
}
_REFUSED_CLASSES: Final = frozenset(
    {"SUBQUERY", "STAR", "WINDOW", "PARAMETER", "POSITIONAL_REFERENCE", "DEFAULT"}
)
_DECIDING: Final = frozenset({"COMPARISON", "CONJUNCTION", "BETWEEN"})
_PICKING: Final = frozenset(
    ("OPERATOR_COALESCE", "OPERATOR_TRY", "ARRAY_EXTRACT", "ARRAY_SLICE", "STRUCT_EXTRACT")
)
_SHORT: Final = 64
"""The most bytes that a number, date or boolean takes as text."""

Size = tuple[int, int]
"""A factor of the size of the row, and bytes on top of it."""


class NotAllowedError(Exception):
    """Something in an expression is not allowed in a mapping; the message says what."""


def vet(tree: Tree, columns: Collection[str]) -> None:
    """Refuse an expression that reads more than its row, or whose result is not bounded by the row's size.

    Args:
        tree: The expression, as `expressions.parsed` returns it.
        columns: Names of the file's columns.

    Raises:
        NotAllowedError: It does.
    """
    known = {name.casefold() for name in columns}
    for node in _nodes(tree):
        _vet_node(node, known)
    for inner in _inner(tree):
        _size(inner)


def _vet_node(node: dict[str, Tree], known: Collection[str]) -> None:
    kind = node["class"]
    if kind in _REFUSED_CLASSES or (kind == "LAMBDA" and not _is_json_arrow(node)):
        raise NotAllowedError(NOT_ALLOWED)
    if kind == "FUNCTION":
        name = str(node.get("function_name")).lower()
        children = node.get("children")
        only = isinstance(children, list) and len(children) == 1
        if _is_forbidden(name) or (name == "age" and only):
            raise NotAllowedError(_reads_more(name))
    if kind == "COLUMN_REF":
        names = node.get("column_names")
        name = str(names[-1]).casefold() if isinstance(names, list) and len(names) == 1 else ""
        if name not in known and (name in _WORDS or name.startswith("current_")):
            raise NotAllowedError(_reads_more(name))


def _is_forbidden(name: str) -> bool:
    return name in FORBIDDEN or name.startswith(_FORBIDDEN_STARTS)


def _reads_more(name: str) -> str:
    return (
        f"`{name}` is not allowed here: an expression reads the columns of its row and nothing else"
    )


def _is_json_arrow(node: dict[str, Tree]) -> bool:
    """`column -> '$.key'` parses as a lambda, too."""
    right = node.get("expr")
    return isinstance(right, dict) and right.get("class") == "CONSTANT"


def _nodes(tree: Tree) -> Iterator[dict[str, Tree]]:
    """Yield every node of an expression; the parser has limited its depth."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)
    elif isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for branch in tree.values():
            yield from _nodes(branch)


def _inner(tree: Tree) -> Iterator[dict[str, Tree]]:
    """Return the topmost nodes of a tree."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _inner(branch)
    elif isinstance(tree, dict):
        if "class" in tree:
            yield tree
            return
        for branch in tree.values():
            yield from _inner(branch)


def _size(node: dict[str, Tree]) -> Size:
    """Return how large the result of a node can be.

    Raises:
        NotAllowedError: It is larger than any column takes, or has no bound.
    """
    inner = [_size(child) for branch in node.values() for child in _inner(branch)]
    kind, form = str(node["class"]), str(node.get("type"))
    times, size = _sum(inner)
    if kind == "FUNCTION":
        name = str(node.get("function_name")).lower()
        return _bounded(name, _size_of_function(name, node, inner))
    if kind == "CONSTANT":
        return 0, len(_constant(node).encode(errors="surrogateescape"))
    if kind in {"CASE", "LAMBDA"} or form in _PICKING:
        return _largest(inner)
    if kind in _DECIDING or (kind == "OPERATOR" and form != "ARRAY_CONSTRUCTOR"):
        return 0, _SHORT
    return times + (kind == "COLUMN_REF"), size + (_SHORT if kind == "CAST" else 0)


def _size_of_function(name: str, node: dict[str, Tree], inner: list[Size]) -> Size:
    children = node.get("children")
    arguments = (
        [child for child in children if isinstance(child, dict)]
        if isinstance(children, list)
        else []
    )
    times, size = _sum(inner)
    if name in _ANY_LENGTH:
        message = f"`{name}` is not allowed here: it makes lists of any length"
        raise NotAllowedError(message)
    if name in _PADDING:
        lengths = [_whole_number(argument) for argument in arguments[1:]]
        asked = lengths[:1] if name in _PADDED_TO else lengths
        if not asked or None in asked:
            message = f"`{name}` needs its length as a number, so that the result has a bound"
            raise NotAllowedError(message)
        length = max(number for number in asked if number is not None)
        return (times * length, size * length) if name == "repeat" else (times, size + length)
    if name in {"format", "printf"}:
        return times, size + _width(name, arguments)
    if name in _TIMES_EACH_OTHER and len(inner) > 1:
        return _product(name, arguments, inner)
    if name == "concat_ws" and inner:
        return times + inner[0][0] * len(inner), size + inner[0][1] * len(inner)
    wider = _WIDER.get(name, 1)
    return times * wider, size * wider


def _product(name: str, arguments: list[dict[str, Tree]], inner: list[Size]) -> Size:
    """Check a function that inserts a text between pieces of another, or replaces them."""
    (times, size), place = inner[0], 2 if name in _REPLACING else len(inner) - 1
    put_times, put = inner[place] if place < len(inner) else (0, 0)
    if times and put_times:
        message = f"`{name}` needs what it puts in as a constant, so that the result has a bound"
        raise NotAllowedError(message)
    sought = len(_constant(arguments[1]).encode(errors="surrogateescape"))
    factor = max(1, -(-put // sought)) if name == "replace" and sought else 1 + put
    return times * factor + size * put_times, size * factor


def _width(name: str, arguments: list[dict[str, Tree]]) -> int:
    """Return the widths in a format."""
    template = (
        _constant(arguments[0]) if arguments and arguments[0]["class"] == "CONSTANT" else None
    )
    if template is None or "*" in template or re.search(r"\{[^}]*\{[^{]", template):
        message = f"`{name}` needs its format, and the widths in it, as a constant"
        raise NotAllowedError(message)
    return sum(int(number) for number in re.findall("[0-9]+", template))


def _bounded(name: str, size: Size) -> Size:
    if size[0] > MOST_TIMES or size[1] > MOST_BYTES:
        message = (
            f"`{name}` could make more than {MOST_BYTES:,} characters, or {MOST_TIMES} times its row:"
            " no column takes that"
        )
        raise NotAllowedError(message)
    return size


def _constant(node: dict[str, Tree]) -> str:
    value = node.get("value")
    given = value.get("value") if isinstance(value, dict) else None
    return "" if given is None else str(given)


def _whole_number(node: dict[str, Tree]) -> int | None:
    if node["class"] != "CONSTANT":
        return None
    try:
        return max(int(_constant(node)), 0)
    except ValueError:
        return None


def _sum(sizes: list[Size]) -> Size:
    return sum(times for times, _ in sizes), sum(size for _, size in sizes)


def _largest(sizes: list[Size]) -> Size:
    return max((times for times, _ in sizes), default=0), max(
        (size for _, size in sizes), default=0
    )
