"""Consumer types and the tariff: the rows of `seeders/config/metering_catalogue.yml` as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FEEDER_TYPE: Final = "feeder"
"""The consumer type of meters that measure the energy fed into a feeder."""

MICROS: Final = 1_000_000
"""Rates are held in millionths of a rupee."""

_HOURS: Final = 24


@dataclass(frozen=True)
class Slab:
    """A slab of kWh and its rate in millionths; the last slab of a schedule has no width."""

    width_kwh: int | None
    rate: int


@dataclass(frozen=True)
class Fixed:
    """A fixed charge: millionths per month or per kW, for loads of at least `from_watts` and below `to_watts`."""

    rate: int
    unit: str
    from_watts: int | None = None
    to_watts: int | None = None


@dataclass(frozen=True)
class Schedule:
    """A rate schedule."""

    name: str
    slabs: tuple[Slab, ...]
    fixed: tuple[Fixed, ...]


@dataclass(frozen=True)
class Catalogue:
    """T consumer types and the schedules they are charged by.

    Attributes:
        names: Names of the types.
        segments: The segments of customers that there are.
        schedule: Position of each type's schedule.
        segment: Position of each type's segment.
        is_occupied: Whether a type's places are homes or businesses, which may fall vacant or change hands.
        has_solar_shape: Whether a type's load shape already includes solar panels.
        is_three_phase: Whether a type is supplied by three phases.
        min_watts: Least connected load of a type.
        max_watts: Most of it.
        cumulative: Cumulative share of meters, ending with 1.
        utilisation: Share of the load in use on average.
        shape: T x 24, the load of each hour of the day relative to its mean.
        weekend: Increase of the load at weekends.
        summer: Increase of the load at midsummer.
        winter: Increase of the load at midwinter.
        theft: Share of places that steal.
        schedules: The rate schedules.
        moves: Position of the schedule that each schedule may change to.
        charges: Millionths of percent, or of rupees a month, by kind of charge.
    """

    names: tuple[str, ...]
    segments: tuple[str, ...]
    schedule: NDArray[np.int8]
    segment: NDArray[np.int8]
    is_occupied: NDArray[np.bool_]
    has_solar_shape: NDArray[np.bool_]
    is_three_phase: NDArray[np.bool_]
    min_watts: NDArray[np.int64]
    max_watts: NDArray[np.int64]
    cumulative: NDArray[np.float64]
    utilisation: NDArray[np.float64]
    shape: NDArray[np.float64]
    weekend: NDArray[np.float64]
    summer: NDArray[np.float64]
    winter: NDArray[np.float64]
    theft: NDArray[np.float64]
    schedules: tuple[Schedule, ...]
    moves: NDArray[np.int8]
    charges: Mapping[str, int]

    @property
    def schedule_names(self) -> tuple[str, ...]:
        """Names of the rate schedules."""
        return tuple(schedule.name for schedule in self.schedules)


@lru_cache(maxsize=1)
def read_catalogue() -> Catalogue:
    """Read the catalogue that ships with the simulator."""
    text = files("seeders.config").joinpath("metering_catalogue.yml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    types, schedules = content["types"], content["schedules"]
    order = list(schedules)
    segments = tuple(dict.fromkeys(kind["segment"] for kind in types))

    def numbers(key: str) -> NDArray[np.float64]:
        return np.array([kind[key] for kind in types], dtype=np.float64)

    weight = np.cumsum(numbers("weight"))
    shape = np.array([content["shapes"][kind["shape"]] for kind in types], dtype=np.float64)
    return Catalogue(
        names=tuple(kind["name"] for kind in types),
        segments=segments,
        schedule=np.array([order.index(kind["schedule"]) for kind in types], dtype=np.int8),
        segment=np.array([segments.index(kind["segment"]) for kind in types], dtype=np.int8),
        is_occupied=np.array([kind["use"] != "public" for kind in types]),
        has_solar_shape=np.array([kind["shape"] == "solar" for kind in types]),
        is_three_phase=numbers("phases") > 1,
        min_watts=(numbers("min_kw") * 1_000).astype(np.int64),
        max_watts=(numbers("max_kw") * 1_000).astype(np.int64),
        cumulative=weight / weight[-1],
        utilisation=numbers("utilisation"),
        shape=shape * (_HOURS / shape.sum(axis=1, keepdims=True)),
        weekend=numbers("weekend"),
        summer=numbers("summer"),
        winter=numbers("winter"),
        theft=numbers("theft"),
        schedules=tuple(_schedule(name, definition) for name, definition in schedules.items()),
        moves=np.array([order.index(content["moves"][name]) for name in order], dtype=np.int8),
        charges={kind: _micros(rate) for kind, rate in content["charges"].items()},
    )


def _schedule(name: str, definition: dict[str, Any]) -> Schedule:
    slabs = tuple(Slab(slab.get("width"), _micros(slab["rate"])) for slab in definition["energy"])
    begins = [each.get("from_kw") for each in definition["fixed"]]
    ends = [*begins[1:], None]
    fixed = tuple(
        Fixed(_micros(each["rate"]), each["unit"], _watts(low), _watts(high))
        for each, low, high in zip(definition["fixed"], begins, ends, strict=True)
    )
    return Schedule(name, slabs, fixed)


def _micros(rate: float) -> int:
    return round(rate * MICROS)


def _watts(kilowatts: float | None) -> int | None:
    return None if kilowatts is None else round(kilowatts * 1_000)
