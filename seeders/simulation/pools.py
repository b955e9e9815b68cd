"""Pools of names and addresses, drawn once and then picked from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from faker import Faker

if TYPE_CHECKING:
    from collections.abc import Callable

    from seeders.streams import Streams

_LOCALE: Final = "en_US"
_NAMES: Final = 400
_STREETS: Final = 600
_CITIES: Final = 250
_COMPANIES: Final = 800


@dataclass(frozen=True)
class Pools:
    """Names and addresses, and the streams by which entities pick theirs.

    A city, its state and its postal code belong together.
    """

    streams: Streams
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    states: tuple[str, ...]
    codes: tuple[str, ...]
    companies: tuple[str, ...]


@lru_cache(maxsize=2)
def draw_pools(streams: Streams) -> Pools:
    """Draw the pools of a world, once for all its lines.

    Args:
        streams: Where the draws come from.

    Returns:
        Pools that depend on the seed alone.
    """
    # weighting would take most of the time, and a pool of distinct names has no use for it
    faker = Faker(_LOCALE, use_weighting=False)
    faker.seed_instance(int(streams.generator("pools").integers(2**32)))
    return Pools(
        streams=streams,
        first_names=_distinct(faker.first_name, _NAMES),
        last_names=_distinct(faker.last_name, _NAMES),
        streets=_distinct(faker.street_name, _STREETS),
        cities=tuple(faker.city() for _ in range(_CITIES)),
        states=tuple(faker.state_abbr(include_territories=False) for _ in range(_CITIES)),
        codes=tuple(faker.postcode() for _ in range(_CITIES)),
        companies=_distinct(faker.company, _COMPANIES),
    )


def _distinct(draw: Callable[[], str], wanted: int) -> tuple[str, ...]:
    """Draw until there are enough, or until no new ones appear: a locale has only so many."""
    found: dict[str, None] = {}
    for _ in range(wanted * 10):
        found.setdefault(draw())
        if len(found) == wanted:
            break
    return tuple(found)
