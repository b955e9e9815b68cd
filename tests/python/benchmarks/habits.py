"""Warehouses of one feature mart, drawn by SQL, for the tests of the baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path


def draw(path: Path, sql: str) -> Path:
    """A new warehouse that holds what the statements make."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)
    return path


def altered(warehouse: Path, copy: Path, change: str) -> Path:
    """A copy of a warehouse, with a change made to it."""
    copy.write_bytes(warehouse.read_bytes())
    return draw(copy, change)
