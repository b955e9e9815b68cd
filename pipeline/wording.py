"""Numbers in sentences."""

from __future__ import annotations


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: `1 month`, `1,204 rows`, `2 batches`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"
