"""Splits the bytes of a delimited file into records, and sets aside the lines that are not valid ones.

Only a quoted field can make a record longer than its line. So lines without a quote are records as they are, found by
NumPy; lines with quotes are matched against the grammar in one vectorised pass; and only those that do not match by
themselves are examined one by one. An opening quote that is never closed costs its own line, not the lines after it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.extracts.bounds import REJECTED_BYTES, Bounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from seeders.extracts.dialect import Dialect

MAX_RECORD_BYTES: Final = 32 << 20
"""A longer line or quoted field is set aside: it comes from a broken export and is not a row."""

KEPT_BYTES: Final = 1 << 20
"""How much of a line that is set aside is kept; the rest can be found by file and line number."""

INVALID_UTF8: Final = "invalid_utf8"
TOO_FEW_COLUMNS: Final = "too_few_columns"
TOO_MANY_COLUMNS: Final = "too_many_columns"
UNTERMINATED_QUOTE: Final = "unterminated_quote"
STRAY_QUOTE: Final = "stray_quote"
LINE_TOO_LONG: Final = "line_too_long"

_NEWLINE: Final = 10
_FIRST_NON_ASCII: Final = 128


@dataclass(frozen=True)
class RejectedLine:
    """A line that did not become a row: its number in the file, its reasons and its text."""

    line: int
    reasons: tuple[str, ...]
    text: str


@dataclass
class Rejects:
    """The lines of one file that have been set aside, at most `most`.

    Further lines, or lines beyond `REJECTED_BYTES` of text, are not kept: the reader checks `are_too_many` after every
    block and stops.
    """

    most: int = Bounds().rejected_lines
    lines: list[RejectedLine] = field(default_factory=list)
    are_too_many: bool = False
    _bytes: int = 0

    def add(self, line: int, reasons: tuple[str, ...], raw: bytes) -> None:
        """Set one line aside; bytes that are not UTF-8 are shown as backslash escapes."""
        if self.are_too_many or len(self.lines) >= self.most or self._bytes > REJECTED_BYTES:
            self.are_too_many = True
            return
        text = raw[:KEPT_BYTES].decode("utf-8", errors="backslashreplace")
        self._bytes += len(text)
        self.lines.append(RejectedLine(line, reasons, text))


@dataclass(frozen=True)
class Records:
    """Valid records of one block: their bytes, including blank lines, and where each starts."""

    data: bytes
    lines: NDArray[np.int64]


def width_reasons(width: int, expected: int) -> tuple[str, ...]:
    """Return why a line of `width` fields is not a row of a file of `expected` columns, if so."""
    if width == expected:
        return ()
    return (TOO_FEW_COLUMNS,) if width < expected else (TOO_MANY_COLUMNS,)


def csv_options(dialect: Dialect) -> dict[str, str | int]:
    """Return the dialect as options of the standard library's csv module."""
    if not dialect.quote:
        return {"delimiter": dialect.delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": dialect.delimiter, "quotechar": dialect.quote}


class Cutter:
    """Splits block after block; an unfinished record at the end of one is continued in the next."""

    def __init__(self, dialect: Dialect, width: int, rejects: Rejects, next_line: int) -> None:
        """Start at line `next_line` of a file of `width` columns; broken lines go to `rejects`."""
        self._dialect = dialect
        self._width = width
        self._rejects = rejects
        self._next_line = next_line
        self._carry = b""
        self._is_skipping = False

    def cut(self, block: bytes, *, is_last: bool) -> Records:
        """Find the valid records that end in this block.

        Args:
            block: UTF-8 text with LF line ends, the bytes that follow the previous block.
            is_last: Whether the file ends here.

        Returns:
            The records in the order of the file.
        """
        data = self._carry + block
        if self._is_skipping:
            data = self._after_skipped_line(data)
        whole = len(data) if is_last else data.rfind(b"\n") + 1
        lines, tail = _Lines(data[:whole]), data[whole:]
        is_tail_too_long = len(tail) > MAX_RECORD_BYTES
        spans = self._spans(lines, is_final=is_last or is_tail_too_long)
        is_kept = self._without_broken(lines, spans)
        records = Records(
            lines.only(spans.first, spans.last, is_kept, spans.end),
            (self._next_line + spans.first[is_kept]).astype(np.int64),
        )
        self._next_line += spans.end
        self._carry = lines.data[lines.starts[spans.end] :] + tail
        if is_tail_too_long:
            self._rejects.add(self._next_line, (LINE_TOO_LONG,), tail)
            self._carry = b""
            self._is_skipping = True
        return records

    def _after_skipped_line(self, data: bytes) -> bytes:
        end = data.find(b"\n")
        if end < 0:
            return b""
        self._is_skipping = False
        self._next_line += 1
        return data[end + 1 :]

    def _spans(self, lines: _Lines, *, is_final: bool) -> _Spans:
        """Return the first and last line of each candidate record; other lines are set aside."""
        is_start = lines.lengths > 0
        for index in np.flatnonzero(lines.lengths > MAX_RECORD_BYTES).tolist():
            is_start[index] = False
            self._reject(lines, index, index, (LINE_TOO_LONG,))
        last = np.arange(lines.count)
        end = lines.count
        if self._dialect.quote and self._dialect.quote.encode() in lines.data:
            resolved = _resolve_quotes(
                lines, is_start, self._dialect, self._width, is_final=is_final
            )
            for opening, closing in resolved.joined:
                is_start[opening + 1 : closing + 1] = False
                last[opening] = closing
            for index, reason in resolved.broken:
                is_start[index] = False
                self._reject(lines, index, index, (reason,))
            end = resolved.end
        first = np.flatnonzero(is_start[:end])
        return _Spans(first, last[first], end)

    def _without_broken(self, lines: _Lines, spans: _Spans) -> NDArray[np.bool_]:
        """Return which candidates are UTF-8; the others are set aside whole."""
        is_kept = np.ones(spans.first.size, np.bool_)
        try:
            lines.data.decode()
        except UnicodeDecodeError:
            for position in _candidates_with_high_bytes(lines, spans):
                first, last = int(spans.first[position]), int(spans.last[position])
                raw = lines.text(first, last)
                try:
                    raw.decode()
                except UnicodeDecodeError:
                    is_kept[position] = False
                    width = _width(raw, self._dialect)
                    reasons = (INVALID_UTF8, *width_reasons(width, self._width))
                    self._reject(lines, first, last, reasons)
        return is_kept

    def _reject(self, lines: _Lines, first: int, last: int, reasons: tuple[str, ...]) -> None:
        self._rejects.add(self._next_line + first, reasons, lines.text(first, last))


@dataclass(frozen=True)
class _Spans:
    """Candidate records as first and last line, among the first `end` lines of a block."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    end: int


class _Lines:
    """The lines of a run of bytes: where each starts (one more for the end) and how long it is."""

    def __init__(self, data: bytes) -> None:
        self.data = data if not data or data.endswith(b"\n") else data + b"\n"
        self.bytes = np.frombuffer(self.data, np.uint8)
        ends = np.flatnonzero(self.bytes == _NEWLINE)
        self.count = ends.size
        self.starts = np.concatenate([np.zeros(1, np.int64), ends + 1])
        self.lengths = np.diff(self.starts) - 1

    def text(self, first: int, last: int) -> bytes:
        """The text from the first line to the last, without the final line end."""
        return self.data[self.starts[first] : self.starts[last + 1] - 1]

    def with_bytes(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lines that these byte positions fall on, each once, in order."""
        on_line = np.searchsorted(self.starts, positions, side="right") - 1
        return on_line[np.diff(on_line, prepend=-1) > 0]

    def only(
        self,
        first: NDArray[np.int64],
        last: NDArray[np.int64],
        is_kept: NDArray[np.bool_],
        end: int,
    ) -> bytes:
        """The bytes of the kept records alone; nothing is copied where all lines are kept."""
        kept_lines = int((last[is_kept] - first[is_kept] + 1).sum())
        blank_lines = int((self.lengths[:end] == 0).sum())
        if kept_lines + blank_lines >= end and is_kept.all() and end == self.count:
            return self.data
        is_in = np.zeros(self.bytes.size + 1, np.int8)
        is_in[self.starts[first[is_kept]]] += 1
        is_in[self.starts[last[is_kept] + 1]] -= 1
        return self.bytes[np.cumsum(is_in[:-1], dtype=np.int8) > 0].tobytes()

    def match(self, chosen: NDArray[np.int64], pattern: str) -> NDArray[np.bool_]:
        """Which of the chosen lines match an RE2 pattern, line end included."""
        lines = pa.Array.from_buffers(
            pa.large_binary(),
            self.count,
            [None, pa.py_buffer(self.starts.astype(np.int64)), pa.py_buffer(self.data)],
        )
        matches = pc.match_substring_regex(lines.take(pa.array(chosen)), pattern)
        matched: NDArray[np.bool_] = matches.to_numpy(zero_copy_only=False).astype(np.bool_)
        return matched


@dataclass(frozen=True)
class _Resolved:
    """What the quotes of a block imply: records over several lines, broken lines, the usable end."""

    joined: list[tuple[int, int]]
    broken: list[tuple[int, str]]
    end: int


class _Grammar:
    """Patterns of a line, from RFC 4180: a quote opens a field only where the field starts."""

    def __init__(self, dialect: Dialect) -> None:
        quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
        inner = f"(?:[^{quote}]|{quote}{quote})*"
        plain = f"[^{quote}{delimiter}\\n][^{delimiter}\\n]*"
        one = f"(?:{quote}{inner}{quote}|{plain})?"
        self.record = f"\\A{one}(?:{delimiter}{one})*\\n\\z"
        # possessive quantifiers: a field of megabytes must not fill the stack with backtracking points
        inner = f"(?:[^{quote}]++|{quote}{quote})*+"
        one = f"(?:{quote}{inner}{quote}|{plain})?+"
        opened = f"{quote}{inner}"
        self.opens = re.compile(f"(?:{one}{delimiter})*+{opened}".encode())
        self.closes = re.compile(f"{inner}{quote}(?:{delimiter}{one})*+\\n?".encode())
        self.stays_open = re.compile(
            f"{inner}(?:{quote}{delimiter}(?:{one}{delimiter})*+{opened})?+".encode()
        )


def _resolve_quotes(
    lines: _Lines, is_start: NDArray[np.bool_], dialect: Dialect, width: int, *, is_final: bool
) -> _Resolved:
    grammar = _Grammar(dialect)
    quoted = lines.with_bytes(np.flatnonzero(lines.bytes == ord(dialect.quote)))
    suspects = quoted[~lines.match(quoted, grammar.record)]
    resolved = _Resolved([], [], lines.count)
    done = -1
    for index in suspects.tolist():
        if index <= done or not is_start[index]:
            continue
        if not grammar.opens.fullmatch(lines.text(index, index)):
            resolved.broken.append((index, STRAY_QUOTE))
            continue
        last, is_open = _closing_line(lines, quoted, index, grammar)
        if is_open and not is_final:
            return _Resolved(resolved.joined, resolved.broken, index)
        # a field opened by mistake ends at the quote of another field, which gives the wrong width
        if last is None or _width(lines.text(index, last), dialect) != width:
            resolved.broken.append((index, UNTERMINATED_QUOTE))
        else:
            resolved.joined.append((index, last))
            done = last
    return resolved


def _closing_line(
    lines: _Lines, quoted: NDArray[np.int64], index: int, grammar: _Grammar
) -> tuple[int | None, bool]:
    """Return the line that closes the field opened on line `index`; if none, whether one may still follow."""
    limit = int(lines.starts[index]) + MAX_RECORD_BYTES
    for position in range(int(np.searchsorted(quoted, index, side="right")), quoted.size):
        candidate = int(quoted[position])
        if lines.starts[candidate + 1] > limit:
            return None, False
        text = lines.text(candidate, candidate)
        if grammar.closes.fullmatch(text):
            return candidate, False
        if not grammar.stays_open.fullmatch(text):
            return None, False
    return None, int(lines.starts[-1]) <= limit


def _candidates_with_high_bytes(lines: _Lines, spans: _Spans) -> Iterable[int]:
    """Return positions of the candidate records with a byte beyond ASCII."""
    high = lines.with_bytes(np.flatnonzero(lines.bytes >= _FIRST_NON_ASCII))
    if not spans.first.size:
        return []
    position = np.searchsorted(spans.first, high, side="right") - 1
    inside = (position >= 0) & (high <= spans.last[np.maximum(position, 0)])
    found: list[int] = np.unique(position[inside]).tolist()
    return found


def _width(raw: bytes, dialect: Dialect) -> int:
    """Count the fields of a record, without the csv module, which limits the length of a field."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    if not quote or quote not in raw:
        return raw.count(delimiter) + 1
    unquoted = re.sub(
        b"(?:(?<=\\A)|(?<=%b))%b(?:[^%b]++|%b%b)*+%b"
        % (re.escape(delimiter), *[re.escape(quote)] * 5),
        b"",
        raw,
    )
    return unquoted.count(delimiter) + 1
