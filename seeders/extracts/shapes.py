"""Values of a file in messages: shown if they look like values of their column, otherwise only described.

A row that has lost a field has names, addresses and telephone numbers in its columns of amounts and dates. So what a
value looks like decides, not the column it is in; the value itself can be found by file and line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from seeders.contracts import (
    BIGINT,
    BOOLEAN,
    DATE,
    ENERGY,
    INTEGER,
    MONEY,
    QUANTITY,
    RATE,
    TIMESTAMP,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST: Final = 40
_CURRENCY: Final = r"(?:[A-Z]{3}|[A-Z]{0,2}[$€£¥₹₨]|Rs\.?)"
_AMOUNT: Final = re.compile(
    rf"""
    [-+(]? [ ]? (?:{_CURRENCY} [ ]?)? [-+]?
    (?:
        (?:0|[1-9][0-9]{{0,8}}) |                                     # more digits are a number of something
        [0-9]{{0,15}} [.,] [0-9]{{0,10}} |
        [1-9][0-9]{{0,2}} (?:[.,'\u2019_ \u00a0\u2009\u202f][0-9]{{2,3}})* [.,'\u2019_ \u00a0\u2009\u202f][0-9]{{3}}
            (?:[.,][0-9]{{1,10}})? |
        [1-9][0-9]{{0,2}} (?:[.,'\u2019_ \u00a0\u2009\u202f][0-9]{{3}})* [.,'\u2019] [0-9]{{2}} |
        [0-9](?:[.][0-9]+)?[eE][+-]?[0-9]{{1,3}}
    )
    [ ]? (?:{_CURRENCY}|%)? [-)]?
    """,
    re.VERBOSE,
)
_NO_NUMBER: Final = re.compile(r"[-+]?(?:nan|inf|infinity)|n/?a|null|none|-+", re.IGNORECASE)
_MONTH: Final = r"(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]{0,6}\.?"
_CLOCK: Final = (
    r"(?:[T ]\s?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?\s?"
    r"(?:[AaPp]\.?[Mm]\.?|Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_DAY: Final = re.compile(
    rf"(?:(?:[0-9]{{4}}|[0-9]{{1,2}})([-/. ])[0-9]{{1,2}}\1(?:[0-9]{{4}}|[0-9]{{1,2}})|(?:19|20)[0-9]{{6}}"
    rf"|[0-9]{{1,2}}[-. ]{{0,2}}{_MONTH}[-. ]{{0,2}}[0-9]{{2,4}}|{_MONTH} ?[0-9]{{1,2}},? ?[0-9]{{4}}"
    rf"|infinity|epoch|null|n/?a){_CLOCK}",
    re.IGNORECASE,
)
# telephone and card numbers consist of digits alone, too
_IDENTIFIER: Final = re.compile(
    r"(?=.*[0-9])(?![0-9./-]{10,}$)[A-Za-z0-9]+(?:[-_/.:#][A-Za-z0-9]+)*"
)
_TELEPHONE: Final = re.compile(r"\+?[0-9][0-9 ()/.-]{5,}")
_NUMBERS: Final = frozenset({MONEY, ENERGY, QUANTITY, RATE, INTEGER, BIGINT})


def shown(text: str, column_type: str) -> str:
    """Return a value as a message may show it.

    Args:
        text: The text in the file.
        column_type: Type of the column it was read for.

    Returns:
        The text on one line, if it looks like an amount, a day or an identifier as its column has them and is at
        most 40 characters long; otherwise `text of 21 characters`. Empty for empty text.
    """
    one_line = " ".join(text.split())
    if not one_line or (len(one_line) <= _MOST and _looks_like(one_line, column_type)):
        return one_line
    return f"text of {len(text):,} characters"


def is_shape(text: str) -> bool:
    """Return whether a text is what `shown` returns instead of a value."""
    return bool(re.fullmatch(r"text of [0-9,]+ characters", text))


def listed_names(names: Iterable[str], among: Iterable[str]) -> str:
    """Return names of columns for a message; not if the file has no header and begins with a row.

    Args:
        names: The names to list.
        among: All names of the file.

    Returns:
        The names, or that they are not names.
    """
    if any(map(_looks_like_data, among)):
        return "(its first line looks like a row, not like the names of columns)"
    return ", ".join(names)


def _looks_like_data(name: str) -> bool:
    is_number = bool(_AMOUNT.fullmatch(name)) and not name.isdigit()
    return "@" in name or is_number or bool(_DAY.fullmatch(name) or _TELEPHONE.fullmatch(name))


def _looks_like(text: str, column_type: str) -> bool:
    if column_type in _NUMBERS:
        return bool(_AMOUNT.fullmatch(text) or _NO_NUMBER.fullmatch(text))
    if column_type in {DATE, TIMESTAMP}:
        return bool(_DAY.fullmatch(text))
    return column_type != BOOLEAN and bool(_IDENTIFIER.fullmatch(text))
