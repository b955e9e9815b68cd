"""A month's bills: what is charged, the faults injected into it, and what is paid.

A bill is issued in the following month, and paid in that month if at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation.metering.catalogue import read_catalogue
from seeders.simulation.metering.facts import (
    DISCONNECTED,
    GHOST,
    NOT_DUE,
    OVER_BILLED,
    UNBILLED,
    UNDER_BILLED,
    Bills,
    Metered,
)
from seeders.simulation.metering.inject import choose_bill_faults
from seeders.simulation.metering.places import ROLLBACK
from seeders.simulation.metering.tariff import Charges, charge, energy_cents, is_increased
from seeders.simulation.months import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.metering.facts import Energy, HourlyReadings
    from seeders.simulation.metering.run import Run

METHODS: Final = ("bank", "mobile_wallet", "cash")


def measure(run: Run, energy: Energy, readings: HourlyReadings) -> Metered:
    """Read the registers at the end of a month.

    Args:
        run: The places and the month.
        energy: What they used.
        readings: What their meters reported.

    Returns:
        What there is to bill, at least zero.
    """
    sequence = readings.sequence.copy()
    sequence[readings.swaps.place] += 1
    is_disturbed: NDArray[np.bool_] = np.any(readings.is_dead[: run.size], axis=1)
    is_disturbed[readings.swaps.place] = True
    month_end = run.calendar.first_day + run.calendar.days
    is_disturbed |= (run.places.method == ROLLBACK) & (run.places.theft_from < month_end)
    measured = energy.registered.sum(axis=1, dtype=np.int64)
    return Metered(np.maximum(measured, 0), sequence, is_disturbed)


def issued_on(config: MeteringConfig, next_month: int) -> int:
    """Return the day on which bills are issued, by the first day of the month that follows theirs."""
    return next_month + config.issue_after_days - 1


def bill(run: Run, metered: Metered) -> Bills:
    """Bill a month of a run of places.

    Args:
        run: The places and the month that is billed.
        metered: What they used.

    Returns:
        A bill for each place, including those that are not due or never issued.
    """
    config, places, calendar = run.config, run.places, run.calendar
    count = run.size
    last_day = calendar.first_day + calendar.days - 1
    schedule = places.schedule_on(last_day)
    now = np.full(count, is_increased(config, last_day))
    watts = places.watts_on(last_day)
    right = charge(config, schedule, watts, metered.watt_hours, now)
    is_cut = places.cut_on <= calendar.first_day

    # by the old price list, or as if the schedule had not changed
    has_moved = places.moved_on <= last_day
    before = np.where(has_moved, places.schedule, schedule)
    wrong = charge(config, before, watts, metered.watt_hours, now & has_moved)
    differs = right.total - wrong.total
    is_noticeable = differs > right.total * config.under_billed_min_share

    fault = choose_bill_faults(run, metered, is_cut, is_noticeable)
    drawn = run.draw("bill.share")[:, 0]
    low, high = config.wrong_usage_min_share, config.wrong_usage_max_share
    share = low + drawn * (high - low)
    off = np.rint(metered.watt_hours * share).astype(np.int64)
    billed = metered.watt_hours + off * ((fault == OVER_BILLED) * 1 - (fault == UNBILLED) * 1)
    asked = charge(config, schedule, watts, billed, now)
    asked = _where(fault == UNDER_BILLED, wrong, asked)

    measured_cents = energy_cents(config, schedule, metered.watt_hours, now)
    truth = np.select(
        [fault == GHOST, fault == UNDER_BILLED, fault == DISCONNECTED],
        [measured_cents, differs, asked.total],
        np.abs(measured_cents - asked.energy),
    )
    paid_on, paid, method = _pay(run, asked.total)
    is_bill = (fault != NOT_DUE) & (fault != GHOST)
    return Bills(
        place=np.arange(count, dtype=np.int64),
        sequence=metered.sequence,
        fault=fault,
        watt_hours=billed,
        energy=asked.energy,
        fixed=asked.fixed,
        tax=asked.tax,
        duty=asked.duty,
        fee=asked.fee,
        truth=truth,
        paid_on=np.where(is_bill, paid_on, NEVER).astype(np.int32),
        paid=np.where(is_bill, paid, 0),
        method=method,
    )


def _where(condition: NDArray[np.bool_], one: Charges, other: Charges) -> Charges:
    return Charges(
        *(
            np.where(condition, getattr(one, name), getattr(other, name))
            for name in ("energy", "fixed", "tax", "duty", "fee")
        )
    )


def _pay(
    run: Run, cents: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int8]]:
    """Draw who pays, when, how much and how."""
    config, catalogue = run.config, read_catalogue()
    chance = np.where(
        cents > config.largest_amount * 100,
        config.paying_share_largest,
        np.where(cents > config.large_amount * 100, config.paying_share_large, config.paying_share),
    )
    government = catalogue.segments.index("Government")
    is_government = catalogue.segment[run.places.kind] == government
    chance = np.where(is_government, config.paying_share_government, chance)
    pays = (run.draw("pay.pays")[:, 0] < chance) & (cents > 0)
    calendar = run.calendar
    issued = issued_on(config, calendar.first_day + calendar.days)
    after = (run.draw("pay.after")[:, 0] * (config.paid_after_max_days + 1)).astype(np.int32)
    is_part = run.draw("pay.part")[:, 0] < config.partial_share
    low, high = config.partial_min_paid, config.partial_max_paid
    share = np.where(is_part, low + run.draw("pay.share")[:, 0] * (high - low), 1)
    paid = np.rint(cents * share).astype(np.int64)
    method = (run.draw("pay.method")[:, 0] * len(METHODS)).astype(np.int8)
    # amounts that round to zero are not paid
    pays &= paid > 0
    return np.where(pays, issued + after, NEVER).astype(np.int32), np.where(pays, paid, 0), method
