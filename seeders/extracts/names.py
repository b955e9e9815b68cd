"""Names of the loader's own columns, chosen so that they never clash with those of a file.

A file's columns may have any names, by which expressions refer to them. So the loader's own columns begin with
underscores, one more than any column of the file.

Why: DECISIONS.md#names-of-the-loader-are-chosen-after-those-of-the-file
"""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FEWEST: Final = 2
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def folded(name: str) -> str:
    """Return a name as SQL compares it: ASCII letters in either case are equal."""
    return name.translate(_LOWER)


def prefix_beside(columns: Iterable[str]) -> str:
    """Return a prefix that no column of a file has, for the loader's own columns.

    Args:
        columns: Names of the file's columns.

    Returns:
        At least two underscores.
    """
    most = max((len(name) - len(name.lstrip("_")) for name in columns), default=0)
    return "_" * max(most + 1, _FEWEST)


def line_column(columns: Iterable[str]) -> str:
    """Return the name of the column with line numbers, beside these columns."""
    return f"{prefix_beside(columns)}source_line"


def named(fields: Sequence[str]) -> tuple[str, ...]:
    """Return names for the fields of a header: its own, or `column<n>` with n from 1 for a field without one.

    If another field has that name, an underscore is appended.
    """
    taken = {folded(name) for name in fields}
    found = []
    for number, field in enumerate(fields, start=1):
        name = field or f"column{number}"
        while not field and folded(name) in taken:
            name += "_"
        found.append(name)
    return tuple(found)


def named_twice(columns: Iterable[str]) -> list[str]:
    """Return names that SQL cannot distinguish from an earlier one."""
    earlier: set[str] = set()
    twice = []
    for name in columns:
        if folded(name) in earlier:
            twice.append(name)
        earlier.add(folded(name))
    return twice
