"""The page of results: parts that are measured apart, and text that fits a terminal."""

from __future__ import annotations

import os
import platform
import re
import textwrap
from typing import TYPE_CHECKING, Final

import duckdb
from dbt.version import __version__ as dbt_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WIDTH: Final = 80
NAME_WIDTH: Final = 28

PARTS: Final = (
    "building",
    "utility",
    "metering",
    "receivables",
    "late-payments",
    "account-delinquency",
)
"""Names of the parts as they follow each other; the last two have commands of their own."""

_TITLE: Final = "# Benchmark"
_MARK: Final = re.compile(r"^<!-- part: ([a-z-]+) -->$", re.MULTILINE)


def read_parts(page: str) -> dict[str, str]:
    """Take a page apart.

    Args:
        page: What `join_parts` made, or nothing.

    Returns:
        The text of each part by name, in the order of the page.
    """
    _, *pieces = _MARK.split(page)
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def join_parts(
    parts: Mapping[str, str], *, title: str = _TITLE, order: Sequence[str] = PARTS
) -> str:
    """Make one page of parts, in their order."""
    names = sorted(parts, key=order.index)
    marked = [f"<!-- part: {name} -->\n\n{parts[name].strip()}\n" for name in names]
    return "\n".join([f"{title}\n", *marked])


def write_part(
    path: Path, name: str, text: str, *, title: str = _TITLE, order: Sequence[str] = PARTS
) -> None:
    """Put one part into a page, in place of what the part said before; the others stay.

    Args:
        path: The page, which need not exist.
        name: One of `order`.
        text: What was measured, as Markdown.
        title: What the page begins with.
        order: Names of the parts as they follow each other.
    """
    before = read_parts(path.read_text(encoding="utf-8")) if path.exists() else {}
    page = join_parts({**before, name: text}, title=title, order=order)
    replace_text(path, page)


def replace_text(path: Path, text: str) -> None:
    """Write a page in one step: whoever interrupts it loses nothing."""
    written = path.with_name(f"{path.name}.tmp")
    written.write_text(text, encoding="utf-8")
    written.replace(path)


def setting() -> str:
    """What the figures were measured on."""
    cores = os.cpu_count() or 1
    return (
        f"{cores} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__},"
        f" dbt {dbt_version}."
    )


def paragraph(text: str) -> list[str]:
    """Lines of at most `WIDTH` characters."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[str]) -> list[str]:
    """A Markdown table whose columns are aligned as text, too.

    Args:
        header: Names of the columns.
        rows: Cells, as many a row as there are columns.
        left: Names of the columns that hold names; all others hold numbers and are right-aligned.
    """
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    aligned = [
        [
            cell.ljust(width) if name in left else cell.rjust(width)
            for cell, width, name in zip(row, widths, header, strict=True)
        ]
        for row in (header, *rows)
    ]
    rule = [
        "-" * width if name in left else "-" * (width - 1) + ":"
        for width, name in zip(widths, header, strict=True)
    ]
    lines = [aligned[0], rule, *aligned[1:]]
    return ["| " + " | ".join(line) + " |" for line in lines]


def size(count: int) -> str:
    """Bytes, in MB."""
    return f"{count / 2**20:,.0f} MB"


def ratio(after: float, before: float) -> str:
    """How many times as much, where there was anything before."""
    return f"{after / before:.1f}" if before else "-"
