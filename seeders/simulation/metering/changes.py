"""Changes at the homes and businesses behind meters, which alter what is registered without being theft.

They fall vacant, get new tenants, are empty over holidays, or get solar panels, a heat pump or an electric car.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.arrays import Arrays
from seeders.simulation.metering.catalogue import read_catalogue
from seeders.simulation.months import NEVER
from seeders.simulation.normal import normal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.metering.places import Places
    from seeders.simulation.months import MonthAxis
    from seeders.streams import Streams

KINDS: Final = ("vacancy", "holiday", "new_tenant", "solar", "heat_pump", "car")
VACANCY, HOLIDAY, TENANT, SOLAR, HEAT_PUMP, CAR = range(len(KINDS))

_MONTHS_A_YEAR: Final = 12
_DAYS_A_YEAR: Final = 365
_SOLAR_HOURS: Final = 1_450
"""Yearly yield of a kW of solar panels, in kWh."""
_HOURS_A_YEAR: Final = 8_766
_WATT_STEP: Final = 100
_CHARGERS: Final = (3_700, 7_400, 11_000)
"""Watts of car chargers: one of the first two on one phase, one of the last two on three."""

_TENANCY_DRAWS: Final = 10
_HOLIDAY_DRAWS: Final = 4
_INSTALLED_DRAWS: Final = 7


@dataclass(frozen=True)
class Changes(Arrays):
    """k changes of a run of places, by place and first day.

    Attributes:
        place: Position of the place in its run.
        kind: Position in `KINDS`.
        starts_on: The first day.
        ends_on: The day after the last, `NEVER` for permanent changes.
        size: For vacancies and holidays the share of the usual energy still used, for new tenants their level relative
            to the first ones, otherwise watts.
        is_recorded: Whether the utility is told of a move.
        manner: k x 3 draws for other differences between changes of one kind.
    """

    place: NDArray[np.int64]
    kind: NDArray[np.int8]
    starts_on: NDArray[np.int32]
    ends_on: NDArray[np.int32]
    size: NDArray[np.float64]
    is_recorded: NDArray[np.bool_]
    manner: NDArray[np.float64]

    def of(self, *kinds: int) -> Changes:
        """Return the changes of some kinds."""
        return self.select(np.isin(self.kind, kinds))

    def within(self, start: int, stop: int) -> Changes:
        """Return the changes of a run of places, with positions counted from its first."""
        found = self.select((self.place >= start) & (self.place < stop))
        return Changes(
            found.place - start,
            found.kind,
            found.starts_on,
            found.ends_on,
            found.size,
            found.is_recorded,
            found.manner,
        )


def draw_changes(
    config: MeteringConfig, streams: Streams, axis: MonthAxis, places: Places, months: int
) -> Changes:
    """Draw the changes of a run of places.

    Args:
        config: How often they occur.
        streams: Where the draws come from.
        axis: The simulated months.
        places: The run.
        months: How many months to simulate. More months add changes and alter none.

    Returns:
        The changes that begin by then, the same whichever run the places are in.
    """
    draws = _Draws(config, streams, axis, places)
    parts = [*_tenancies(draws, months), *_holidays(draws, months), *_installations(draws)]
    every = Changes.concatenate(parts)
    every = every.select(every.starts_on < axis.first_day(months))
    # a holiday during a vacancy is dropped
    every = every.select(~_in_vacancy(every))
    return every.select(np.lexsort((every.kind, every.starts_on, every.place)))


def with_added_load(
    config: MeteringConfig, streams: Streams, axis: MonthAxis, places: Places
) -> Places:
    """Add the watts of heat pumps and cars to the connected load of places, from when they are registered.

    The utility updates a registered load at the beginning of a month, sometimes months late.

    Args:
        config: How common they are.
        streams: Where the draws come from.
        axis: The simulated months.
        places: n places.

    Returns:
        The places, most of them as they were.
    """
    draws = _Draws(config, streams, axis, places)
    watts = np.zeros(len(places.number), dtype=np.int64)
    since = np.full(len(places.number), NEVER, dtype=np.int32)
    for stream, of in (("heat_pump", _heat_pumps(draws)), ("car", _cars(draws))):
        late = draws.once(f"{stream}.late", 2)[of.place]
        is_late = (late[:, 0] < config.load_late_share) & (of.starts_on >= axis.first_day(0))
        months = axis.month_of(of.starts_on)
        months += is_late * (1 + (late[:, 1] * config.load_late_months).astype(np.int32))
        watts[of.place] = of.size.astype(np.int64)
        since[of.place] = axis.nth_day(months, np.ones_like(months))
    return replace(places, more_watts=watts, more_from=since)


@dataclass(frozen=True)
class _Draws:
    """Draws for consecutive places."""

    config: MeteringConfig
    streams: Streams
    axis: MonthAxis
    places: Places

    @property
    def size(self) -> int:
        """How many places there are."""
        return len(self.places.number)

    def once(self, stream: str, width: int) -> NDArray[np.float64]:
        """Draw `width` numbers for the life of each place, n x width."""
        return self._drawn(stream, width, None)

    def monthly(self, stream: str, width: int, month: int) -> NDArray[np.float64]:
        """Draw `width` numbers for a month of each place, n x width."""
        return self._drawn(stream, width, month)

    def _drawn(self, stream: str, width: int, month: int | None) -> NDArray[np.float64]:
        start = int(self.places.number[0]) if self.size > 0 else 0
        drawn = self.streams.uniform(
            f"metering.change.{stream}", start * width, self.size * width, month
        )
        return drawn.reshape(self.size, width)

    @property
    def is_occupied(self) -> NDArray[np.bool_]:
        """Whether each place is a home or a business."""
        return read_catalogue().is_occupied[self.places.kind]

    def day_of(self, month: int, drawn: NDArray[np.float64]) -> NDArray[np.int32]:
        """Choose days of a month."""
        begins, ends = self.axis.first_day(month), self.axis.first_day(month + 1)
        return (begins + drawn * (ends - begins)).astype(np.int32)


def _tenancies(draws: _Draws, months: int) -> list[Changes]:
    """Let places fall vacant and change hands. In one month a place sees at most one of both."""
    config, axis = draws.config, draws.axis
    vacancy, tenant = config.vacancy_rate, config.new_tenant_rate
    # this share of vacancies ends with new tenants; other new tenants follow the old ones at once
    let = min(config.vacancy_let_share, tenant / vacancy) if vacancy > 0 else 0.0
    straight = tenant - let * vacancy
    busy_until = np.full(draws.size, -1, dtype=np.int64)
    busy_until[~draws.is_occupied] = NEVER
    parts = []
    for month in range(-1, months):
        if month < 0:
            # who is away when the first month begins
            drawn = draws.once("tenancy", _TENANCY_DRAWS)
            length = _length(config, drawn[:, 2])
            falls_vacant = (drawn[:, 0] < vacancy * _mean_length(config) / _DAYS_A_YEAR) & (
                busy_until < 0
            )
            moves = np.zeros_like(falls_vacant)
            since = axis.first_day(0) - (drawn[:, 1] * length).astype(np.int32)
            day = np.maximum(since, draws.places.opened_on).astype(np.int32)
        else:
            drawn = draws.monthly("tenancy", _TENANCY_DRAWS, month)
            length = _length(config, drawn[:, 2])
            event, is_free = drawn[:, 0] * _MONTHS_A_YEAR, busy_until < axis.first_day(month)
            falls_vacant = is_free & (event < vacancy)
            moves = is_free & (event >= vacancy) & (event < vacancy + straight)
            day = draws.day_of(month, drawn[:, 1])
        ends = np.where(falls_vacant, day + length, day).astype(np.int32)
        busy_until = np.where(falls_vacant | moves, ends, busy_until)
        is_let = drawn[:, 3] < let
        is_recorded = drawn[:, 4] < config.move_recorded_share
        rows = np.flatnonzero(falls_vacant)
        parts.append(
            Changes(
                place=rows,
                kind=np.full(len(rows), VACANCY, dtype=np.int8),
                starts_on=day[rows],
                ends_on=ends[rows],
                size=_standby(config, drawn[rows, 5]),
                is_recorded=(is_let & is_recorded)[rows],
                manner=drawn[rows, 7:],
            )
        )
        rows = np.flatnonzero(moves | (falls_vacant & is_let))
        parts.append(
            Changes(
                place=rows,
                kind=np.full(len(rows), TENANT, dtype=np.int8),
                starts_on=ends[rows],
                ends_on=np.full(len(rows), NEVER, dtype=np.int32),
                size=np.exp(config.new_tenant_level_spread * normal(drawn[rows, 6])),
                is_recorded=is_recorded[rows],
                manner=drawn[rows, 7:],
            )
        )
    return parts


def _holidays(draws: _Draws, months: int) -> list[Changes]:
    config = draws.config
    parts = []
    for month in range(months):
        drawn = draws.monthly("holiday", _HOLIDAY_DRAWS, month)
        away = draws.is_occupied & (drawn[:, 0] * _MONTHS_A_YEAR < config.holiday_rate)
        rows = np.flatnonzero(away)
        low, high = config.holiday_min_days, config.holiday_max_days
        length = low + (drawn[rows, 2] * (high - low + 1)).astype(np.int32)
        starts = draws.day_of(month, drawn[rows, 1])
        parts.append(
            Changes(
                place=rows,
                kind=np.full(len(rows), HOLIDAY, dtype=np.int8),
                starts_on=starts,
                ends_on=starts + length,
                # the supply stays on
                size=_between(config.standby_min_share, config.standby_max_share, drawn[rows, 3]),
                is_recorded=np.zeros(len(rows), dtype=np.bool_),
                manner=drawn[rows, 1:],
            )
        )
    return parts


def _in_vacancy(every: Changes) -> NDArray[np.bool_]:
    """Return which are holidays of a place that is vacant at the time."""
    vacant = every.of(VACANCY)
    order = np.lexsort((vacant.starts_on, vacant.place))
    place, ends = vacant.place[order], vacant.ends_on[order]
    # places laid end to end, each with room for every possible day
    began = place * np.int64(2 * NEVER) + vacant.starts_on[order]
    last = np.searchsorted(began, every.place * np.int64(2 * NEVER) + every.starts_on, "right") - 1
    is_holiday: NDArray[np.bool_] = (every.kind == HOLIDAY) & (last >= 0)
    if len(place) > 0:
        is_holiday &= (place[last] == every.place) & (ends[last] > every.starts_on)
    return is_holiday


def _installations(draws: _Draws) -> list[Changes]:
    return [_solar(draws), _heat_pumps(draws), _cars(draws)]


def _solar(draws: _Draws) -> Changes:
    config, catalogue, places = draws.config, read_catalogue(), draws.places
    drawn = draws.once("solar", _INSTALLED_DRAWS)
    kind = places.kind
    rows = np.flatnonzero(
        draws.is_occupied & ~catalogue.has_solar_shape[kind] & (drawn[:, 0] < config.solar_share)
    )
    mean = (places.watts * catalogue.utilisation[kind] * places.level)[rows]
    covered = _between(config.solar_min_yield, config.solar_max_yield, drawn[rows, 3])
    watts = mean * covered * _HOURS_A_YEAR / _SOLAR_HOURS
    return _installed(draws, SOLAR, rows, watts, drawn)


def _heat_pumps(draws: _Draws) -> Changes:
    config, drawn = draws.config, draws.once("electric", _INSTALLED_DRAWS)
    rows = np.flatnonzero(draws.is_occupied & (drawn[:, 0] < config.heat_pump_share))
    part = _between(config.heat_pump_min_load, config.heat_pump_max_load, drawn[rows, 3])
    return _installed(draws, HEAT_PUMP, rows, draws.places.watts[rows] * part, drawn)


def _cars(draws: _Draws) -> Changes:
    config, drawn = draws.config, draws.once("electric", _INSTALLED_DRAWS)
    # a place with a heat pump has no car
    reached = config.heat_pump_share + config.car_share
    has_car = (drawn[:, 0] >= config.heat_pump_share) & (drawn[:, 0] < reached)
    rows = np.flatnonzero(draws.is_occupied & has_car)
    is_three_phase = read_catalogue().is_three_phase[draws.places.kind[rows]]
    charger = is_three_phase.astype(np.int64) + (drawn[rows, 3] < 0.5)  # noqa: PLR2004
    return _installed(draws, CAR, rows, np.array(_CHARGERS)[charger], drawn)


def _installed(
    draws: _Draws,
    kind: int,
    rows: NDArray[np.intp],
    watts: NDArray[np.float64] | NDArray[np.int64],
    drawn: NDArray[np.float64],
) -> Changes:
    """Install something permanently at places, at some of them before the simulation."""
    config, axis = draws.config, draws.axis
    begins, ends = axis.first_day(0), axis.first_day(config.installation_months)
    day = begins + drawn[rows, 1] * (ends - begins)
    is_old = drawn[rows, 2] < config.installed_from_start_share
    return Changes(
        place=rows,
        kind=np.full(len(rows), kind, dtype=np.int8),
        starts_on=np.where(is_old, draws.places.opened_on[rows], day).astype(np.int32),
        ends_on=np.full(len(rows), NEVER, dtype=np.int32),
        size=np.maximum(np.rint(watts / _WATT_STEP), 1) * _WATT_STEP,
        is_recorded=np.zeros(len(rows), dtype=np.bool_),
        manner=drawn[rows, 4:],
    )


def _between(low: float, high: float, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    return low + drawn * (high - low)


def _length(config: MeteringConfig, drawn: NDArray[np.float64]) -> NDArray[np.int32]:
    """Draw how many days vacancies last; short ones are more common."""
    low, high = config.vacancy_min_days, config.vacancy_max_days
    return np.rint(low * (high / low) ** drawn).astype(np.int32)


def _mean_length(config: MeteringConfig) -> float:
    low, high = config.vacancy_min_days, config.vacancy_max_days
    return float((high - low) / np.log(high / low)) if high > low else float(low)


def _standby(config: MeteringConfig, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw the standby use of empty places, zero where the supply is off."""
    off = config.vacancy_off_share
    left = (drawn - off) / max(1 - off, 1e-9)
    share = _between(config.standby_min_share, config.standby_max_share, left)
    return np.where(drawn < off, 0.0, share)
