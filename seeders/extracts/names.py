"""Names of the loader beside the names of a file's columns, chosen so that the two never meet.

A file's columns are called whatever its maker liked, and an expression calls them by these names. So what the loader
keeps beside them begins with underscores, one more than any column of the file begins with.

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
    """A name as SQL compares it: the capitals of ASCII do not count, any other character does."""
    return name.translate(_LOWER)


def prefix_beside(columns: Iterable[str]) -> str:
    """What no column of a file begins with, and every name of the loader beside them does.

    Args:
        columns: Names of the file's columns.

    Returns:
        Underscores, two at least.
    """
    most = max((len(name) - len(name.lstrip("_")) for name in columns), default=0)
    return "_" * max(most + 1, _FEWEST)


def line_column(columns: Iterable[str]) -> str:
    """The name under which the number of a row's line stands beside these columns."""
    return f"{prefix_beside(columns)}source_line"


def named(fields: Sequence[str]) -> tuple[str, ...]:
    """Names for the fields of a header: its own, and `column<n>` with n from 1 for a field without one.

    Where another field is called that, an underscore follows.
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
    """Names that SQL cannot tell from an earlier one."""
    earlier: set[str] = set()
    twice = []
    for name in columns:
        if folded(name) in earlier:
            twice.append(name)
        earlier.add(folded(name))
    return twice
