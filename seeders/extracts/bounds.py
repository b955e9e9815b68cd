"""What one load may read, and how much of it: every limit with its default and its reason.

Defaults are large enough for a company of two million customers, and stop files that are not extracts: an archive that
unpacks to a thousand times its size, a wrong delimiter that breaks every line. Each can be raised for one load.

Why: DECISIONS.md#limits-have-defaults-and-are-raised-one-by-one
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RATIO_FROM_BYTES: Final = 64 << 20
"""Up to this many unpacked bytes the compression ratio is not limited."""

REJECTED_BYTES: Final = 256 << 20
"""Text of rejected lines that is held in memory while a file is read."""

_MEMORY: Final = "3GB"


class BoundsError(ValueError):
    """A limit that does not exist, or an invalid value for one."""


class LimitExceededError(Exception):
    """More of something than a load may read; the message says what, the limit, and how to raise it."""

    def __init__(self, limit: int, what: str, name: str) -> None:
        """Say what is too much.

        Args:
            limit: How much is allowed.
            what: What there is too much of, as it follows `more than 100 `.
            name: Name of the limit for `--limit`.
        """
        super().__init__(
            f"more than {limit:,} {what}: if that is right, say --limit {name}=NUMBER with a larger one"
        )


@dataclass(frozen=True)
class Bounds:
    """Where a load may read, and how much.

    Attributes:
        directories: Directories other than the mapping's own that files may be in.
        memory: Memory that DuckDB may use for the files as delivered, in its notation; the rest goes to disk.
        files: Files of one pattern.
        columns: Columns of one file.
        rows: Rows of all files together.
        unpacked_bytes: Bytes of all files together, unpacked.
        unpacked_ratio: How many times its own size a packed file may unpack to.
        rejected_lines: Lines of all files together that are not rows.
        mapping_bytes: Size of mapping.yml.
        mapping_values: Values in mapping.yml, with every alias expanded.
        mapping_depth: Levels of mapping.yml.
    """

    directories: tuple[Path, ...] = ()
    memory: str = _MEMORY
    files: int = 10_000
    columns: int = 2_000
    rows: int = 100_000_000
    unpacked_bytes: int = 100_000_000_000
    unpacked_ratio: int = 200
    rejected_lines: int = 100_000
    mapping_bytes: int = 1 << 20
    mapping_values: int = 100_000
    mapping_depth: int = 20

    def with_limits(self, given: Iterable[str]) -> Bounds:
        """Return the same bounds with other limits.

        Args:
            given: Limits as `rows=500_000_000`.

        Raises:
            BoundsError: One is not the name of a limit, or not a whole number of at least 1.
        """
        known = [field.name for field in fields(self) if field.type == "int"]
        chosen: dict[str, int] = {}
        for text in given:
            name, _, number = text.partition("=")
            if name not in known:
                message = f"--limit {text}: there is no such limit; known are {', '.join(known)}"
                raise BoundsError(message)
            try:
                chosen[name] = int(number)
            except ValueError:
                chosen[name] = 0
            if chosen[name] < 1:
                message = f"--limit {text}: write a whole number, as in {name}=500_000_000"
                raise BoundsError(message)
        return replace(self, **chosen)  # type: ignore[arg-type]


class Tally:
    """How much of its bounds a load has used so far."""

    def __init__(self, bounds: Bounds) -> None:
        """Start with nothing used."""
        self.bounds = bounds
        self._rows = 0
        self._bytes = 0
        self._rejected = 0

    def take_rows(self, rows: int) -> None:
        """Count rows.

        Raises:
            LimitExceededError: They are too many.
        """
        self._rows += rows
        if self._rows > self.bounds.rows:
            raise LimitExceededError(self.bounds.rows, "rows in all files together", "rows")

    def take_bytes(self, size: int) -> None:
        """Count unpacked bytes.

        Raises:
            LimitExceededError: They are too many.
        """
        self._bytes += size
        limit = self.bounds.unpacked_bytes
        if self._bytes > limit:
            raise LimitExceededError(limit, "bytes in all files together", "unpacked_bytes")

    def check_ratio(self, unpacked: int, packed: int) -> None:
        """Compare the size of a file with what it has unpacked to so far.

        Raises:
            LimitExceededError: It unpacks to too much.
        """
        limit = self.bounds.unpacked_ratio
        if unpacked > max(RATIO_FROM_BYTES, limit * packed):
            raise LimitExceededError(limit, "times its own size when unpacked", "unpacked_ratio")

    def check_columns(self, columns: int) -> None:
        """Check the width of a file.

        Raises:
            LimitExceededError: It is too wide.
        """
        if columns > self.bounds.columns:
            raise LimitExceededError(self.bounds.columns, "columns", "columns")

    @property
    def rejected_left(self) -> int:
        """How many more lines may be rejected."""
        return self.bounds.rejected_lines - self._rejected

    def take_rejected(self, lines: int) -> None:
        """Count lines that are not rows, of a file that has been read.

        Raises:
            LimitExceededError: They are too many.
        """
        self._rejected += lines
        if self._rejected > self.bounds.rejected_lines:
            what = "lines that are not rows (is the `delimiter` right?)"
            raise LimitExceededError(self.bounds.rejected_lines, what, "rejected_lines")
