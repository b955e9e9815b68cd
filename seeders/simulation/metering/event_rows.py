"""Outages, what meters signal, and the truth about thieves and failed meters as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.faults.metering import TAMPERINGS
from seeders.simulation import columns
from seeders.simulation.metering import names
from seeders.simulation.metering.energy import is_stealing
from seeders.simulation.metering.grid import CAUSES, MAINTENANCE, SHEDDING
from seeders.simulation.metering.places import MAGNET, METHODS
from seeders.simulation.metering.readings import SECONDS_PER_HOUR
from seeders.simulation.metering.state_rows import CURRENCY
from seeders.simulation.metering.tariff import energy_cents, is_increased
from seeders.simulation.months import NEVER, SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.faults.metering import Dirty
    from seeders.simulation.metering.energy import Energy, Run
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.readings import Told

OUTAGES: Final = "raw_metering.outages"
METER_EVENTS: Final = "raw_metering.meter_events"

_SECONDS_PER_MINUTE: Final = 60
_CENT_DIGITS: Final = 2
_TAG_DIGITS: Final = 2


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
    """Write what meters signal in a month, and what is done to them."""
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
    yield _events(
        columns.around("T", written, f"{run.calendar.month:03}"),
        names.of_meter(names.METER_NUMBER, number, sequence),
        at,
        "tamper",
        columns.choice(TAMPERINGS, kind.astype(np.int8)),
        batch,
    )
    yield from _swaps(run, energy, told, batch)
    yield from _cuts_and_magnets(run, told, batch)


def _swaps(run: Run, energy: Energy, told: Told, batch: int) -> Iterator[pa.RecordBatch]:
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
        batch,
    )
    yield _events(
        names.of_month("X", number, month, "I"),
        names.of_meter(names.METER_NUMBER, number, swaps.sequence + 1),
        at,
        "installed",
        columns.constant("register starts at 0.000 kWh", len(number)),
        batch,
    )


def _cuts_and_magnets(run: Run, told: Told, batch: int) -> Iterator[pa.RecordBatch]:
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
        sequence = told.sequence[rows]
        hour = (day.astype(np.int64) - calendar.first_day) * 24
        for place, since in zip(told.swaps.place, told.swaps.hour, strict=True):
            sequence[(rows == place) & (hour >= since)] += 1
        yield _events(
            names.of_month("X", number, calendar.month, tag),
            names.of_meter(names.METER_NUMBER, number, sequence),
            day.astype(np.int64) * SECONDS_PER_DAY,
            kind,
            columns.constant(detail, len(rows)),
            batch,
        )


def _events(
    event_id: pa.Array,
    meter_number: pa.Array,
    at: NDArray[np.int64],
    kind: str,
    detail: pa.Array,
    batch: int,
) -> pa.RecordBatch:
    count = len(at)
    return pa.record_batch(
        {
            "event_id": event_id,
            "meter_number": meter_number,
            "event_at": columns.timestamps(at),
            "event_type": columns.constant(kind, count),
            "detail": columns.plain(detail),
            "_batch_no": columns.constant_number(batch, count),
        }
    )


def meter_truth(run: Run, energy: Energy, meters: Meters) -> Iterator[pa.RecordBatch]:
    """Tell the meters at which stealing begins in a month, and those that fail in it.

    What was stolen in that month is rated as the last kWh of its bill would be.
    """
    calendar, places, config = run.calendar, run.places, run.config
    first_second = np.int64(calendar.first_day * SECONDS_PER_DAY)
    end = first_second + calendar.hours * SECONDS_PER_HOUR
    begins_at = np.maximum(
        places.theft_from[meters.place].astype(np.int64) * SECONDS_PER_DAY, meters.installed_at
    )
    # what was there before the first month is told with it
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
    yield _truth(run, "energy_theft", "T", thieves, cause, cents, seen)
    failed = meters.select((meters.failed_at >= first_second) & (meters.failed_at < end))
    seen = (failed.failed_at // SECONDS_PER_DAY).astype(np.int32) + config.failure_observable_days
    cause = columns.constant("injected", len(failed.place))
    yield _truth(run, "meter_failure", "F", failed, cause, None, seen)


def _truth(
    run: Run,
    rule: str,
    tag: str,
    meters: Meters,
    cause: pa.Array,
    cents: NDArray[np.int64] | None,
    seen_on: NDArray[np.int32],
) -> pa.RecordBatch:
    number, count = run.places.number[meters.place], len(meters.place)
    # a place may see two meters in a month: told apart by the last digit of their sequence
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
            "fault_id": columns.around("M" + tag, written, f"{run.calendar.month:03}"),
            "rule": columns.constant(rule, count),
            "cause": cause,
            "entity_type": columns.constant("meter", count),
            "entity_id": names.of_meter(names.METER, number, meters.sequence),
            "account_id": names.of_place(names.ACCOUNT, number),
            "period_start": columns.days(
                np.full(count, run.calendar.first_day, dtype=np.int32)
            ),
            "amount": amount,
            "currency": columns.constant(CURRENCY, count),
            "observable_from": columns.days(seen_on),
            "ends_on": columns.days(np.full(count, NEVER, dtype=np.int32)),
        }
    )
