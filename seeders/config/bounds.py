"""The values a configuration field may have, stated next to its default."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any


class ConfigError(ValueError):
    """A configuration that cannot be simulated; the message is one line for the user."""


@dataclass(frozen=True)
class Bounds:
    """The closed interval a number has to lie in."""

    low: float
    high: float


def bounds_of(section: type[Any]) -> dict[str, Bounds]:
    """The bounds that a section states for its fields.

    Args:
        section: One of the section classes below.

    Returns:
        Bounds by field name; fields without bounds are left out.
    """
    return {f.name: f.metadata["bounds"] for f in fields(section) if "bounds" in f.metadata}


def days_of(section: type[Any]) -> frozenset[str]:
    """The fields of a section that are written as a day, YYYY-MM-DD, and not as a month.

    Args:
        section: One of the section classes below.

    Returns:
        Names of fields.
    """
    return frozenset(f.name for f in fields(section) if f.metadata.get("is_day", False))


def stated_by(section: type[Any]) -> tuple[str, ...]:
    """The fields of a section that have no default.

    Args:
        section: One of the section classes below.

    Returns:
        Names of fields.
    """
    return tuple(
        f.name for f in fields(section) if f.default is MISSING and f.default_factory is MISSING
    )


def number(default: float, low: float, high: float) -> Any:  # noqa: ANN401
    """A number between two bounds."""
    # a default is written to JSON in the same way as a value that was read
    return field(default=float(default), metadata={"bounds": Bounds(low, high)})


def stated(low: float, high: float) -> Any:  # noqa: ANN401
    """A number between two bounds that has no default."""
    return field(metadata={"bounds": Bounds(low, high)})


def share(default: float, *, below_one: bool = False) -> Any:  # noqa: ANN401
    """A number from 0 to 1, or to just below."""
    high = 0.999 if below_one else 1.0
    return field(default=default, metadata={"bounds": Bounds(0.0, high)})


def count(default: int, low: int, high: int) -> Any:  # noqa: ANN401
    """A whole number between two bounds."""
    return field(default=default, metadata={"bounds": Bounds(low, high)})
