"""Outages, what meters signal, and the truth about thieves and failed meters as rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.faults.metering import TAMPERINGS
from seeders.simulation import columns
from seeders.simulation.metering import names
from seeders.simulation.metering.changes import (
    CAR,
    HEAT_PUMP,
    KINDS,
    SOLAR,
    TENANT,
    VACANCY,
)
from seeders.simulation.metering.energy import is_stealing
from seeders.simulation.metering.grid import CAUSES, HOURS_PER_DAY, MAINTENANCE, SHEDDING
from seeders.simulation.metering.places import MAGNET, METHODS
from seeders.simulation.metering.readings import SECONDS_PER_HOUR
from seeders.simulation.metering.state_rows import CURRENCY
from seeders.simulation.metering.tariff import energy_cents, is_increased
from seeders.simulation.months import NEVER, SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.faults.metering import Dirty
    from seeders.simulation.metering.energy import Energy
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.readings import Told
    from seeders.simulation.metering.run import Run

OUTAGES: Final = "raw_metering.outages"
METER_EVENTS: Final = "raw_metering.meter_events"
PLACE_CHANGES: Final = "ground_truth.place_changes"

# fault ids begin with them; those of bills are in `bill_rows`
_LETTERS: Final = {"energy_theft": "MT", "meter_failure": "MF"}

_SECONDS_PER_MINUTE: Final = 60
_CENT_DIGITS: Final = 2
_TAG_DIGITS: Final = 2
_SIZE_DIGITS: Final = 6


def outage_rows(run: Run, batch: int) -> pa.RecordBatch:
    """Write a month's outages."""
    outages, month = run.outages, run.calendar.month
    begins_at = np.int64(run.calendar.first_day * SECONDS_PER_DAY)
    first = np.searchsorted(outages.feeder, outages.feeder)
    number = np.arange(len(outages.feeder)) - first
    feeder = run.first_feeder + outages.feeder
    planned = (outages.cause == SHEDDING) | (outages.cause == MAINTENANCE)
    return pa.record_batch(
        {
            "outage_id": names.of_feeder_month("O", feeder, month, number),
            "feeder": names.feeders(feeder),
            "started_at": columns.timestamps(begins_at + outages.begins * _SECONDS_PER_MINUTE),
            "ended_at": columns.timestamps(begins_at + outages.ends * _SECONDS_PER_MINUTE),
            "cause": columns.choice(CAUSES, outages.cause),
            "is_planned": pa.array(planned),
            "_batch_no": columns.constant_number(batch, len(number)),
        }
    )


def event_rows(
    run: Run, energy: Energy, told: Told, dirty: Dirty, batch: int
) -> Iterator[pa.RecordBatch]:
    """Write what meters signal in a month, and what is done to them.

    Args:
        run: The run and the month.
        energy: What its places use.
        told: What its meters tell.
        dirty: What arrives of it.
        batch: Number of the month's batch.

    Yields:
        Rows of `raw_metering.meter_events`.
    """
    for events in (
        _tamperings(run, told, dirty),
        *_swaps(run, energy, told),
        *_cuts_and_magnets(run, told),
        *_moves(run, told),
    ):
        count = len(events["event_id"])
        yield pa.record_batch({**events, "_batch_no": columns.constant_number(batch, count)})


def _tamperings(run: Run, told: Told, dirty: Dirty) -> dict[str, pa.Array]:
    begins_at = np.int64(run.calendar.first_day * SECONDS_PER_DAY)
    meter, hour, kind = dirty.tamperings
    order = np.lexsort((hour, meter))
    meter, hour, kind = meter[order], hour[order], kind[order]
    nth = np.arange(len(meter)) - np.searchsorted(meter, meter)
    sequence = told.sequence[meter]
    for place, since in zip(told.swaps.place, told.swaps.hour, strict=True):
        sequence[(meter == place) & (hour >= since)] += 1
    number = run.places.number[meter]
    written = np.concatenate(
        [columns.digits(number, names.PLACE_DIGITS), columns.digits(nth, _TAG_DIGITS)], axis=1
    )
    at = begins_at + hour * SECONDS_PER_HOUR + number * 7_919 % SECONDS_PER_HOUR
    return _events(
        columns.around("T", written, f"{run.calendar.month:03}"),
        names.of_meter(names.METER_NUMBER, number, sequence),
        at,
        "tamper",
        columns.choice(TAMPERINGS, kind.astype(np.int8)),
    )


def _swaps(run: Run, energy: Energy, told: Told) -> Iterator[dict[str, pa.Array]]:
    swaps = told.swaps
    begins_at = np.int64(run.calendar.first_day * SECONDS_PER_DAY)
    at = begins_at + swaps.hour * SECONDS_PER_HOUR + swaps.minute * _SECONDS_PER_MINUTE
    number = run.places.number[swaps.place]
    counted = [
        int(energy.registered[place, :hour].sum(dtype=np.int64)) + int(last)
        for place, hour, last in zip(swaps.place, swaps.hour, swaps.registered, strict=True)
    ]
    month = run.calendar.month
    yield _events(
        names.of_month("X", number, month, "R"),
        names.of_meter(names.METER_NUMBER, number, swaps.sequence),
        at,
        "replaced",
        pa.array(
            [f"{count / 1_000:.3f} kWh used since the last bill" for count in counted], pa.string()
        ),
    )
    yield _events(
        names.of_month("X", number, month, "I"),
        names.of_meter(names.METER_NUMBER, number, swaps.sequence + 1),
        at,
        "installed",
        columns.constant("register starts at 0.000 kWh", len(number)),
    )


def _cuts_and_magnets(run: Run, told: Told) -> Iterator[dict[str, pa.Array]]:
    calendar, places = run.calendar, run.places
    cut = np.flatnonzero(places.cut_on == calendar.first_day)
    signalled = run.streams.uniform("metering.theft.signalled", run.start, run.size)
    is_magnet = (
        (places.method == MAGNET)
        & (places.theft_from >= calendar.first_day)
        & is_stealing(places, calendar)
        & (signalled < run.config.theft_tamper_share)
    )
    magnet = np.flatnonzero(is_magnet)
    for rows, tag, kind, detail, day in (
        (cut, "D", "disconnected", "supply cut off", places.cut_on[cut]),
        (magnet, "G", "tamper", TAMPERINGS[1], places.theft_from[magnet]),
    ):
        number = places.number[rows]
        sequence = _sequence(run, told, rows, day)
        yield _events(
            names.of_month("X", number, calendar.month, tag),
            names.of_meter(names.METER_NUMBER, number, sequence),
            day.astype(np.int64) * SECONDS_PER_DAY,
            kind,
            columns.constant(detail, len(rows)),
        )


def _moves(run: Run, told: Told) -> Iterator[dict[str, pa.Array]]:
    """Write the moves the utility learns of; a move in without a vacancy implies a move out."""
    calendar = run.calendar
    recorded = run.changes.select(run.changes.is_recorded)
    vacancies, tenants = recorded.of(VACANCY), recorded.of(TENANT)
    vacated = vacancies.place * np.int64(NEVER) + vacancies.ends_on
    at_once = tenants.select(~np.isin(tenants.place * np.int64(NEVER) + tenants.starts_on, vacated))
    for moves, tag, kind, detail in (
        (vacancies, "O", "move_out", "contract ended"),
        (at_once, "O", "move_out", "contract ended"),
        (tenants, "N", "move_in", "new contract"),
    ):
        now = moves.select(calendar.axis.month_of(moves.starts_on) == calendar.month)
        number = run.places.number[now.place]
        sequence = _sequence(run, told, now.place, now.starts_on)
        yield _events(
            names.of_month("X", number, calendar.month, tag),
            names.of_meter(names.METER_NUMBER, number, sequence),
            now.starts_on.astype(np.int64) * SECONDS_PER_DAY,
            kind,
            columns.constant(detail, len(number)),
        )


def _sequence(
    run: Run, told: Told, rows: NDArray[np.int64], day: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Find the meter that is in force at places when a day begins."""
    sequence = told.sequence[rows]
    hour = (day.astype(np.int64) - run.calendar.first_day) * HOURS_PER_DAY
    for place, since in zip(told.swaps.place, told.swaps.hour, strict=True):
        sequence[(rows == place) & (hour >= since)] += 1
    return sequence


def change_rows(run: Run, told: Told) -> pa.RecordBatch:
    """Write what changes at places in a month; what was there before the first month comes with it.

    Args:
        run: The run and the month.
        told: What its meters tell.
    """
    calendar, changes = run.calendar, run.changes
    month = np.maximum(calendar.axis.month_of(changes.starts_on), 0)
    now = changes.select(month == calendar.month)
    number = run.places.number[now.place]
    sequence = _sequence(run, told, now.place, now.starts_on)
    # watts as kW
    size = np.where(np.isin(now.kind, (SOLAR, HEAT_PUMP, CAR)), now.size / 1_000, now.size)
    units = np.rint(size * 10**_SIZE_DIGITS).astype(np.int64)
    return pa.record_batch(
        {
            "meter_id": names.of_meter(names.METER, number, sequence),
            "account_id": names.of_place(names.ACCOUNT, number),
            "kind": columns.choice(KINDS, now.kind),
            "starts_on": columns.days(now.starts_on),
            "ends_on": columns.days(now.ends_on),
            "size": columns.decimals(units, _SIZE_DIGITS),
        }
    )


def _events(
    event_id: pa.Array,
    meter_number: pa.Array,
    at: NDArray[np.int64],
    kind: str,
    detail: pa.Array,
) -> dict[str, pa.Array]:
    return {
        "event_id": event_id,
        "meter_number": meter_number,
        "event_at": columns.timestamps(at),
        "event_type": columns.constant(kind, len(at)),
        "detail": columns.plain(detail),
    }


@dataclass(frozen=True)
class _Found:
    """The truth about k meters: the cause, the cents, and the day from which it can be seen."""

    meters: Meters
    cause: pa.Array
    cents: NDArray[np.int64] | None
    seen_on: NDArray[np.int32]


def meter_truth(run: Run, energy: Energy, meters: Meters) -> Iterator[pa.RecordBatch]:
    """Write the meters at which theft begins in a month, and those that fail in it.

    What was stolen in that month is rated as the last kWh of its bill would be.
    """
    calendar, places, config = run.calendar, run.places, run.config
    first_second = np.int64(calendar.first_day * SECONDS_PER_DAY)
    end = first_second + calendar.hours * SECONDS_PER_HOUR
    begins_at = np.maximum(
        places.theft_from[meters.place].astype(np.int64) * SECONDS_PER_DAY, meters.installed_at
    )
    # what was there before the first month comes with it
    begins_at = np.maximum(begins_at, np.int64(calendar.axis.first_day(0)) * SECONDS_PER_DAY)
    steals = (
        (places.theft_from[meters.place] < NEVER)
        & (begins_at >= first_second)
        & (begins_at < end)
        & (meters.removed_at > begins_at)
    )
    thieves = meters.select(steals)
    schedule = places.schedule_on(calendar.first_day)[thieves.place]
    increased = np.full(len(schedule), is_increased(config, calendar.first_day))
    used = energy.used.sum(axis=1, dtype=np.int64)[thieves.place]
    stolen = energy.stolen[thieves.place]
    cents = energy_cents(config, schedule, used, increased) - energy_cents(
        config, schedule, np.maximum(used - stolen, 0), increased
    )
    seen = (begins_at[steals] // SECONDS_PER_DAY).astype(np.int32) + config.theft_observable_days
    cause = columns.choice(METHODS, places.method[thieves.place].astype(np.int16))
    yield _truth(run, "energy_theft", _Found(thieves, cause, cents, seen))
    failed = meters.select((meters.failed_at >= first_second) & (meters.failed_at < end))
    seen = (failed.failed_at // SECONDS_PER_DAY).astype(np.int32) + config.failure_observable_days
    cause = columns.constant("injected", len(failed.place))
    yield _truth(run, "meter_failure", _Found(failed, cause, None, seen))


def _truth(run: Run, rule: str, found: _Found) -> pa.RecordBatch:
    meters, cents = found.meters, found.cents
    number, count = run.places.number[meters.place], len(meters.place)
    # a place may see two meters in a month: distinguished by the last digit of their sequence
    written = np.concatenate(
        [
            columns.digits(number, names.PLACE_DIGITS),
            columns.digits(meters.sequence % 10, 1),
        ],
        axis=1,
    )
    amount = (
        pa.nulls(count, pa.decimal64(18, _CENT_DIGITS))
        if cents is None
        else columns.decimals(cents, _CENT_DIGITS)
    )
    return pa.record_batch(
        {
            "fault_id": columns.around(_LETTERS[rule], written, f"{run.calendar.month:03}"),
            "rule": columns.constant(rule, count),
            "cause": found.cause,
            "entity_type": columns.constant("meter", count),
            "entity_id": names.of_meter(names.METER, number, meters.sequence),
            "account_id": names.of_place(names.ACCOUNT, number),
            "period_start": columns.days(np.full(count, run.calendar.first_day, dtype=np.int32)),
            "amount": amount,
            "currency": columns.constant(CURRENCY, count),
            "observable_from": columns.days(found.seen_on),
            "ends_on": columns.days(np.full(count, NEVER, dtype=np.int32)),
        }
    )
