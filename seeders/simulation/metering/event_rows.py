"""Outages, and what meters signal, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.metering import names
from seeders.simulation.metering.changes import TENANT, VACANCY
from seeders.simulation.metering.energy import is_stealing
from seeders.simulation.metering.facts import SECONDS_PER_HOUR, TAMPERINGS
from seeders.simulation.metering.grid import CAUSES, MAINTENANCE, SHEDDING
from seeders.simulation.metering.meter_numbers import sequence_on
from seeders.simulation.metering.places import MAGNET
from seeders.simulation.months import NEVER, SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.simulation.metering.facts import Energy, HourlyReadings, ReceivedReadings
    from seeders.simulation.metering.run import Run

OUTAGES: Final = "raw_metering.outages"
METER_EVENTS: Final = "raw_metering.meter_events"

_SECONDS_PER_MINUTE: Final = 60
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
    run: Run, energy: Energy, readings: HourlyReadings, received: ReceivedReadings, batch: int
) -> Iterator[pa.RecordBatch]:
    """Write what meters signal in a month, and installations, disconnections and moves.

    Args:
        run: The run and the month.
        energy: What its places use.
        readings: What its meters report.
        received: What arrives of it.
        batch: Number of the month's batch.

    Yields:
        Rows of `raw_metering.meter_events`.
    """
    for events in (
        _tamperings(run, readings, received),
        *_swaps(run, energy, readings),
        *_cuts_and_magnets(run, readings),
        *_moves(run, readings),
    ):
        count = len(events["event_id"])
        yield pa.record_batch({**events, "_batch_no": columns.constant_number(batch, count)})


def _tamperings(
    run: Run, readings: HourlyReadings, received: ReceivedReadings
) -> dict[str, pa.Array]:
    begins_at = np.int64(run.calendar.first_day * SECONDS_PER_DAY)
    meter, hour, kind = received.tamperings
    order = np.lexsort((hour, meter))
    meter, hour, kind = meter[order], hour[order], kind[order]
    nth = np.arange(len(meter)) - np.searchsorted(meter, meter)
    sequence = readings.sequence[meter]
    for place, since in zip(readings.swaps.place, readings.swaps.hour, strict=True):
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


def _swaps(run: Run, energy: Energy, readings: HourlyReadings) -> Iterator[dict[str, pa.Array]]:
    swaps = readings.swaps
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


def _cuts_and_magnets(run: Run, readings: HourlyReadings) -> Iterator[dict[str, pa.Array]]:
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
        sequence = sequence_on(run, readings, rows, day)
        yield _events(
            names.of_month("X", number, calendar.month, tag),
            names.of_meter(names.METER_NUMBER, number, sequence),
            day.astype(np.int64) * SECONDS_PER_DAY,
            kind,
            columns.constant(detail, len(rows)),
        )


def _moves(run: Run, readings: HourlyReadings) -> Iterator[dict[str, pa.Array]]:
    """Write the moves the utility is told of; a move in without a vacancy implies a move out."""
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
        sequence = sequence_on(run, readings, now.place, now.starts_on)
        yield _events(
            names.of_month("X", number, calendar.month, tag),
            names.of_meter(names.METER_NUMBER, number, sequence),
            now.starts_on.astype(np.int64) * SECONDS_PER_DAY,
            kind,
            columns.constant(detail, len(number)),
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
