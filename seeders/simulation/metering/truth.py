"""The true faults of smart meters: wrong and unpaid bills, theft, failed meters, faulty readings; and changes of places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.metering import names
from seeders.simulation.metering.account_rows import CURRENCY
from seeders.simulation.metering.billing import issued_on
from seeders.simulation.metering.changes import CAR, HEAT_PUMP, KINDS, SOLAR
from seeders.simulation.metering.facts import (
    FAULTS,
    GHOST,
    NOT_DUE,
    RULES,
    SECONDS_PER_HOUR,
    Spells,
)
from seeders.simulation.metering.meter_numbers import Numbers, sequence_on
from seeders.simulation.metering.places import METHODS
from seeders.simulation.metering.tariff import energy_cents, is_increased
from seeders.simulation.months import NEVER, SECONDS_PER_DAY
from seeders.simulation.truth import FaultRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from seeders.config import PolicyConfig
    from seeders.simulation.metering.facts import Bills, Energy, HourlyReadings
    from seeders.simulation.metering.places import Meters
    from seeders.simulation.metering.run import Run

READING_FAULTS: Final = "ground_truth.reading_faults"
METER_MONTHS: Final = "ground_truth.meter_months"
PLACE_CHANGES: Final = "ground_truth.place_changes"

# the first letters of fault ids
_LETTERS: Final = {
    "ghost": "MG",
    "unbilled_usage": "MU",
    "over_billed": "MO",
    "under_billed": "MN",
    "billed_while_disconnected": "MD",
    "zombie": "MZ",
    "leaky_bucket": "ML",
    "energy_theft": "MT",
    "meter_failure": "MF",
}

_CENT_DIGITS: Final = 2
_ENERGY_DIGITS: Final = 3
_SIZE_DIGITS: Final = 6


@dataclass(frozen=True)
class _FoundBills(Arrays):
    """n bills with a fault.

    Attributes:
        place: Position of each one's place in its run.
        cents: The amount at stake.
        seen_on: The first day on which it is observable.
    """

    place: NDArray[np.int64]
    cents: NDArray[np.int64]
    seen_on: NDArray[np.int32]


def bill_truth(run: Run, bills: Bills, policy: PolicyConfig) -> Iterator[pa.RecordBatch]:
    """Write the faults of a month's bills, and which of them are unpaid or partly paid.

    Args:
        run: The places and the month that is billed.
        bills: The bills.
        policy: The thresholds of the rules.

    Yields:
        Rows of `ground_truth.faults`.
    """
    calendar = run.calendar
    next_month = calendar.first_day + calendar.days
    on = issued_on(run.config, next_month)
    for fault, rule in enumerate(RULES):
        if rule:
            these = bills.select(bills.fault == fault)
            seen_on = next_month + policy.usage_invoicing_lag_days if fault == GHOST else on
            seen = np.full(len(these.place), seen_on, dtype=np.int32)
            yield _bill_faults(run, rule, _FoundBills(these.place, these.truth, seen))
    issued = bills.select((bills.fault != GHOST) & (bills.fault != NOT_DUE))
    past_due = on + run.config.due_after_days + 1
    left = issued.total - issued.paid
    past_grace = np.full(len(left), past_due + policy.zombie_grace_days, dtype=np.int32)
    unpaid = _FoundBills(issued.place, left, past_grace)
    yield _bill_faults(run, "zombie", unpaid.select((issued.paid == 0) & (left > 0)))
    in_part = _FoundBills(issued.place, left, np.maximum(issued.paid_on, past_due).astype(np.int32))
    yield _bill_faults(run, "leaky_bucket", in_part.select((issued.paid > 0) & (left > 0)))


def _bill_faults(run: Run, rule: str, found: _FoundBills) -> pa.RecordBatch:
    """Write faults of one rule in a run's month. They never end."""
    number, month = run.places.number[found.place], run.calendar.month
    count, is_account = len(number), rule == RULES[GHOST]
    account = names.of_place(names.ACCOUNT, number)
    return FaultRows(
        rule=rule,
        entity_type="account" if is_account else "invoice",
        fault_id=names.of_month(_LETTERS[rule], number, month),
        cause=columns.constant("injected" if rule in RULES else "natural", count),
        entity_id=account if is_account else names.of_month(names.INVOICE, number, month),
        account_id=account,
        period_start=np.full(count, run.calendar.first_day, dtype=np.int32),
        amount=columns.decimals(found.cents, _CENT_DIGITS),
        currency=columns.constant(CURRENCY, count),
        observable_from=found.seen_on,
        ends_on=np.full(count, NEVER, dtype=np.int32),
    ).rows()


@dataclass(frozen=True)
class _FoundMeters:
    """k meters with a fault: the cause, the cents, and the first day on which it is observable."""

    meters: Meters
    cause: pa.Array
    cents: NDArray[np.int64] | None
    seen_on: NDArray[np.int32]


def meter_truth(run: Run, energy: Energy, meters: Meters) -> Iterator[pa.RecordBatch]:
    """Write the meters at which theft begins in a month, and those that fail in it.

    The energy stolen in that month is rated like the last kWh of its bill.
    """
    calendar, places, config = run.calendar, run.places, run.config
    first_second = np.int64(calendar.first_day * SECONDS_PER_DAY)
    end = first_second + calendar.hours * SECONDS_PER_HOUR
    begins_at = np.maximum(
        places.theft_from[meters.place].astype(np.int64) * SECONDS_PER_DAY, meters.installed_at
    )
    # theft that began before the first month is written with it
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
    yield _meter_faults(run, "energy_theft", _FoundMeters(thieves, cause, cents, seen))
    failed = meters.select((meters.failed_at >= first_second) & (meters.failed_at < end))
    seen = (failed.failed_at // SECONDS_PER_DAY).astype(np.int32) + config.failure_observable_days
    cause = columns.constant("injected", len(failed.place))
    yield _meter_faults(run, "meter_failure", _FoundMeters(failed, cause, None, seen))


def _meter_faults(run: Run, rule: str, found: _FoundMeters) -> pa.RecordBatch:
    meters, cents = found.meters, found.cents
    number, count = run.places.number[meters.place], len(meters.place)
    # a place may have two meters in a month, distinguished by the last digit of their sequence
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
    return FaultRows(
        rule=rule,
        entity_type="meter",
        fault_id=columns.around(_LETTERS[rule], written, f"{run.calendar.month:03}"),
        cause=found.cause,
        entity_id=names.of_meter(names.METER, number, meters.sequence),
        account_id=names.of_place(names.ACCOUNT, number),
        period_start=np.full(count, run.calendar.first_day, dtype=np.int32),
        amount=amount,
        currency=columns.constant(CURRENCY, count),
        observable_from=found.seen_on,
        ends_on=np.full(count, NEVER, dtype=np.int32),
    ).rows()


def reading_faults(
    run: Run, readings: HourlyReadings, spells: Spells, meters: Meters
) -> pa.RecordBatch:
    """Write the faults of a month's readings, including meter failures and replacements.

    Args:
        run: The run and the month.
        readings: Its readings.
        spells: The injected faults.
        meters: All meters of the run's places.
    """
    numbers, calendar = Numbers(run, readings), run.calendar
    begins_at = np.int64(calendar.first_day * SECONDS_PER_DAY)
    ends_at = begins_at + calendar.hours * SECONDS_PER_HOUR
    swaps = readings.swaps
    one = np.ones(len(swaps.place), dtype=np.int64)
    replaced = Spells(
        meter=swaps.place,
        fault=np.full(len(one), FAULTS.index("replacement"), dtype=np.int8),
        hour=swaps.hour,
        hours=one,
    )
    moved = np.flatnonzero(run.places.moved_on == calendar.first_day)
    changed = Spells(
        meter=moved,
        fault=np.full(len(moved), FAULTS.index("tariff_change"), dtype=np.int8),
        hour=np.zeros(len(moved), dtype=np.int64),
        hours=np.zeros(len(moved), dtype=np.int64),
    )
    meter = np.concatenate(
        [
            numbers.in_force(spells.meter, spells.hour),
            numbers.at_first[swaps.place],
            numbers.in_force(changed.meter, changed.hour),
        ]
    )
    every = Spells.concatenate([spells, replaced, changed])
    failed = meters.select((meters.failed_at >= begins_at) & (meters.failed_at < ends_at))
    # the hour of the replacement is reported in part, so it is not a dead one
    dead_until = failed.removed_at // SECONDS_PER_HOUR * SECONDS_PER_HOUR
    starts = np.concatenate([begins_at + every.hour * SECONDS_PER_HOUR, failed.failed_at])
    hours = np.concatenate([every.hours, (dead_until - failed.failed_at) // SECONDS_PER_HOUR])
    fault = np.concatenate([every.fault, np.full(len(failed.place), FAULTS.index("failure"))])
    of_failed = run.directory.first[run.places.number[failed.place]] + failed.sequence
    number = np.concatenate([meter, of_failed])
    return pa.record_batch(
        {
            "meter_number": pa.DictionaryArray.from_arrays(
                pa.array(number.astype(np.int32)), run.directory.text
            ),
            "fault": columns.choice(FAULTS, fault.astype(np.int8)),
            "starts_at": columns.timestamps(starts),
            "ends_at": columns.timestamps(starts + hours * SECONDS_PER_HOUR),
            "hours": pa.array(hours.astype(np.int32)),
        }
    )


def month_rows(run: Run, energy: Energy, readings: HourlyReadings) -> pa.RecordBatch:
    """Write the energy used, registered and stolen at each meter in a month."""
    swaps, number = readings.swaps, run.places.number
    used = energy.used.sum(axis=1, dtype=np.int64)
    registered = energy.registered.sum(axis=1, dtype=np.int64)
    old_used = np.empty(len(swaps.place), dtype=np.int64)
    old_registered = np.empty(len(swaps.place), dtype=np.int64)
    for swap, (place, hour) in enumerate(zip(swaps.place, swaps.hour, strict=True)):
        old_used[swap] = energy.used[place, :hour].sum(dtype=np.int64) + swaps.used[swap]
        before = energy.registered[place, :hour].sum(dtype=np.int64)
        old_registered[swap] = before + swaps.registered[swap]
    used[swaps.place] -= old_used
    registered[swaps.place] -= old_registered
    sequence = readings.sequence.copy()
    sequence[swaps.place] += 1
    meter_id = pa.concat_arrays(
        [
            names.of_meter(names.METER, number, sequence),
            names.of_meter(names.METER, number[swaps.place], swaps.sequence),
        ]
    )
    used, registered = (
        np.concatenate(pair) for pair in ((used, old_used), (registered, old_registered))
    )
    month = np.full(len(used), run.calendar.first_day, dtype=np.int32)
    return pa.record_batch(
        {
            "meter_id": meter_id,
            "month": columns.days(month),
            "used_kwh": columns.decimals(used, _ENERGY_DIGITS),
            "registered_kwh": columns.decimals(registered, _ENERGY_DIGITS),
            "stolen_kwh": columns.decimals(used - registered, _ENERGY_DIGITS),
        }
    )


def change_rows(run: Run, readings: HourlyReadings) -> pa.RecordBatch:
    """Write the changes at places in a month; earlier ones are written with the first month.

    Args:
        run: The run and the month.
        readings: What its meters report.
    """
    calendar, changes = run.calendar, run.changes
    month = np.maximum(calendar.axis.month_of(changes.starts_on), 0)
    now = changes.select(month == calendar.month)
    number = run.places.number[now.place]
    sequence = sequence_on(run, readings, now.place, now.starts_on)
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
