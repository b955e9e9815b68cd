"""NumPy arrays as Arrow columns, without a Python object per row.

Ids are fixed-width text, composed as a matrix of bytes that Arrow uses as it is. They have at most 12 bytes,
which DuckDB stores inline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BASE_36: Final = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)
"""One character for each number up to 35."""

_ZERO: Final = ord("0")
_MONTH_DIGITS: Final = 3
_MONEY_DIGITS: Final = 18


def digits(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Write whole numbers in decimal, padded with zeros.

    Args:
        numbers: n non-negative numbers of at most `width` digits.
        width: Digits to write.

    Returns:
        An n x width matrix of ASCII bytes.
    """
    written = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        written[:, place] = digit + _ZERO
    return written


def base_36(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Write whole numbers in base 36, padded with zeros: an n x width matrix of ASCII bytes."""
    written = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, len(BASE_36))
        written[:, place] = BASE_36[digit]
    return written


def text(rows: NDArray[np.uint8]) -> pa.StringArray:
    """Make text of fixed width.

    Args:
        rows: An n x width matrix of ASCII bytes.

    Returns:
        n strings.
    """
    count, width = rows.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))
    )


def around(before: str, middle: NDArray[np.uint8], after: str = "") -> pa.StringArray:
    """Put the same text around the digits of each row.

    Args:
        before: What each string begins with, ASCII.
        middle: An n x width matrix of ASCII bytes.
        after: What each string ends with, ASCII.

    Returns:
        n strings.
    """
    count, width = middle.shape
    rows = np.empty((count, len(before) + width + len(after)), dtype=np.uint8)
    rows[:, : len(before)] = np.frombuffer(before.encode("ascii"), dtype=np.uint8)
    rows[:, len(before) : len(before) + width] = middle
    rows[:, len(before) + width :] = np.frombuffer(after.encode("ascii"), dtype=np.uint8)
    return text(rows)


def month_id(
    letter: str | NDArray[np.uint8], entity: NDArray[np.uint8], months: NDArray[np.int32] | int
) -> pa.StringArray:
    """Return ids of things that exist once per entity and month.

    Args:
        letter: The kind of thing, the same for all rows or one ASCII code per row.
        entity: An n x 8 matrix, the digits of the subscription.
        months: Number of each row's month, or of all of them.

    Returns:
        n strings of 12 characters.
    """
    rows = np.empty((len(entity), 1 + entity.shape[1] + _MONTH_DIGITS), dtype=np.uint8)
    rows[:, 0] = ord(letter) if isinstance(letter, str) else letter
    rows[:, 1:-_MONTH_DIGITS] = entity
    # there are few months: each is written once, then looked up
    written = digits(np.arange(np.max(months, initial=0) + 1), _MONTH_DIGITS)
    rows[:, -_MONTH_DIGITS:] = written[months]
    return text(rows)


def days(values: NDArray[np.int32]) -> pa.Array:
    """Make dates of day numbers; `NEVER` becomes null.

    Args:
        values: n day numbers.

    Returns:
        n dates.
    """
    values = np.ascontiguousarray(values, dtype=np.int32)
    if np.max(values, initial=0) < NEVER:
        return pa.Array.from_buffers(pa.date32(), len(values), [None, pa.py_buffer(values)])
    return pa.array(values, mask=values >= NEVER).cast(pa.date32())


def timestamps(seconds: NDArray[np.int64]) -> pa.Array:
    """Make UTC timestamps of seconds since 1970-01-01.

    Args:
        seconds: n numbers of seconds.

    Returns:
        n timestamps without a zone.
    """
    return pa.array(seconds).cast(pa.timestamp("s"))


def money(cents: NDArray[np.int64], mask: NDArray[np.bool_] | None = None) -> pa.Array:
    """Make exact decimals of cents.

    Args:
        cents: n amounts, none negative: the upper half of the 128 bits stays zero.
        mask: Where true the amount is null.

    Returns:
        n values of decimal(18, 2).
    """
    words = np.zeros((len(cents), 2), dtype=np.int64)
    words[:, 0] = cents
    kind = pa.decimal128(_MONEY_DIGITS, 2)
    column = pa.Array.from_buffers(kind, len(cents), [None, pa.py_buffer(words)])
    if mask is None:
        return column
    return pc.if_else(pa.array(mask), pa.scalar(None, kind), column)


def decimals(units: NDArray[np.int64], places: int) -> pa.Array:
    """Make exact decimals of whole numbers, without widening them.

    Args:
        units: n numbers of cents, thousandths or the like.
        places: How many of their digits are decimals.

    Returns:
        n values of decimal(18, places).
    """
    values = np.ascontiguousarray(units, dtype=np.int64)
    kind = pa.decimal64(_MONEY_DIGITS, places)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def constant(value: str, count: int) -> pa.Array:
    """Repeat one text.

    Args:
        value: The text.
        count: How often.

    Returns:
        `count` strings that are stored once.
    """
    # batches of a table are joined, each with a value of its own: more than a byte can distinguish
    return choice([value], np.zeros(count, dtype=np.int16))


def constant_number(value: int, count: int) -> pa.Array:
    """Repeat one whole number.

    Args:
        value: The number, of at most 32 bits.
        count: How often.

    Returns:
        `count` integers.
    """
    return pa.array(np.full(count, value, dtype=np.int32))


def choice(values: Sequence[str], index: NDArray[np.integer]) -> pa.Array:
    """Pick from a short list of texts.

    Args:
        values: The texts to pick from.
        index: n positions in it.

    Returns:
        n strings, each stored once.
    """
    return pa.DictionaryArray.from_arrays(pa.array(index), pa.array(values))


def plain(column: pa.Array) -> pa.Array:
    """Decode a dictionary column, for functions that cannot work on one.

    Args:
        column: Any column.

    Returns:
        The same values, one per row.
    """
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
