"""Settings of smart meters: how many, what they measure, what is billed and paid, and which faults occur."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from seeders.config.bounds import ConfigError, count, number, share

MAX_METERS: Final = 999_999
"""Ids of smart meters have six digits for the place, and two for the meter within it."""


@dataclass(frozen=True)
class MeteringConfig:
    """Places with a smart meter each, the feeders that supply them, and the bills for what they use.

    `meters` is the number of places; consumer types, their loads and load shapes, and the tariff are in
    `metering_catalogue.yml`. A `…_rate` is a share of the hours in which a meter is supplied, unless stated
    otherwise; a rate of 0 gives none. Runs of hours do not extend beyond a day.
    """

    first_month: date = date(2024, 1, 1)
    meters: int = count(100, 0, MAX_METERS)
    meters_per_feeder: int = count(25, 1, 1_000)
    feeders_per_district: int = count(4, 1, 100)
    opened_years_before: int = count(8, 1, 30)

    # usage
    level_spread: float = number(0.35, 0, 2)
    day_spread: float = number(0.16, 0, 2)
    day_memory: float = share(0.6, below_one=True)
    hour_spread: float = number(0.22, 0, 2)
    load_ceiling: float = share(0.9)

    # the grid: hours of load shedding a day, on which share of the feeders
    summer_shedding_share: float = share(0.3)
    summer_shedding_min_hours: float = number(2, 0, 20)
    summer_shedding_max_hours: float = number(4, 0, 20)
    peak_summer_shedding_share: float = share(0.7)
    peak_summer_shedding_min_hours: float = number(6, 0, 20)
    peak_summer_shedding_max_hours: float = number(8, 0, 20)
    winter_shedding_share: float = share(0.5)
    winter_shedding_min_hours: float = number(4, 0, 20)
    winter_shedding_max_hours: float = number(6, 0, 20)
    shedding_block_hours: float = number(2, 0.5, 8)
    technical_loss_min: float = share(0.12, below_one=True)
    technical_loss_max: float = share(0.20, below_one=True)
    technical_loss_noise: float = share(0.01)
    # how many of these happen to a feeder in a month, on average
    monthly_faults: float = number(1.2, 0, 20)
    monthly_momentaries: float = number(2.5, 0, 20)
    monthly_maintenances: float = number(0.4, 0, 20)
    monthly_sags: float = number(2.0, 0, 20)
    fault_max_hours: float = number(6, 0.2, 24)
    maintenance_max_hours: float = number(6, 1, 12)

    # faults of the data
    missing_rate: float = share(0.02)
    negative_rate: float = share(0.005)
    zero_run_rate: float = share(0.01)
    zero_run_min_hours: int = count(3, 1, 24)
    zero_run_max_hours: int = count(12, 1, 24)
    spike_rate: float = share(0.01)
    spike_min_factor: float = number(8, 1, 1_000)
    spike_max_factor: float = number(20, 1, 1_000)
    # and relative to what the connected load allows in an hour
    spike_min_load_factor: float = number(1.5, 1, 1_000)
    spike_max_load_factor: float = number(4, 1, 1_000)
    voltage_sag_rate: float = share(0.015)
    signal_drop_rate: float = share(0.02)
    signal_drop_min_hours: int = count(2, 1, 24)
    signal_drop_max_hours: int = count(12, 1, 24)
    signal_drop_estimated_share: float = share(0.25)
    tamper_rate: float = share(0.003)
    reverse_energy_rate: float = share(0.002)
    wrong_meter_rate: float = share(0.001)
    wrong_meter_min_hours: int = count(6, 1, 24)
    wrong_meter_max_hours: int = count(24, 1, 24)
    duplicate_rate: float = share(0.005)
    duplicate_differing_share: float = share(0.5)
    duplicate_next_batch_share: float = share(0.3)
    # a share of the hours of a month's last days
    late_arrival_rate: float = share(0.02)
    late_arrival_days: int = count(3, 1, 28)

    # changes of meters: shares of them a month
    failure_rate: float = share(0.003)
    failure_frozen_share: float = share(0.3)
    failure_min_days: int = count(10, 1, 60)
    failure_max_days: int = count(40, 1, 60)
    failure_observable_days: int = count(7, 0, 60)
    replacement_rate: float = share(0.005)
    schedule_change_rate: float = share(0.002)
    disconnection_rate: float = share(0.002)

    # theft; its share of meters is the consumer type's, times this
    theft_scale: float = number(1, 0, 20)
    theft_from_start_share: float = share(0.1)
    theft_months: int = count(12, 1, 1_000)
    theft_min_share: float = share(0.3)
    theft_max_share: float = share(0.9)
    theft_observable_days: int = count(60, 0, 365)
    theft_tamper_share: float = share(0.7)

    # changes of homes and businesses, as shares of them a year: they fall vacant, and new tenants move in,
    # after a vacancy or directly. A share of the moves is recorded as events of the meter.
    vacancy_rate: float = share(0.05)
    vacancy_min_days: int = count(21, 7, 400)
    vacancy_max_days: int = count(210, 7, 400)
    vacancy_off_share: float = share(0.15)
    vacancy_let_share: float = share(0.7)
    new_tenant_rate: float = share(0.10)
    new_tenant_level_spread: float = number(0.5, 0, 2)
    new_tenant_shape_spread: float = number(0.2, 0, 1)
    new_tenant_season_spread: float = number(0.3, 0, 2)
    move_recorded_share: float = share(0.8)
    # absences a year, on average
    holiday_rate: float = number(0.8, 0, 6)
    holiday_min_days: int = count(5, 1, 60)
    holiday_max_days: int = count(21, 1, 60)
    standby_min_share: float = share(0.02)
    standby_max_share: float = share(0.10)

    # solar panels, heat pumps and electric cars: the share of homes and businesses that have them by the end of
    # `installation_months`, and the share of these that have had them from the start
    solar_share: float = share(0.10)
    heat_pump_share: float = share(0.05)
    car_share: float = share(0.05)
    installed_from_start_share: float = share(0.5)
    installation_months: int = count(12, 1, 1_000)
    # yearly yield of solar panels, as a share of yearly use
    solar_min_yield: float = number(0.3, 0, 3)
    solar_max_yield: float = number(1.2, 0, 3)
    # the load that a heat pump adds, as a share of the connected load
    heat_pump_min_load: float = number(0.2, 0, 2)
    heat_pump_max_load: float = number(0.6, 0, 2)
    car_min_daily_share: float = share(0.3)
    car_max_daily_share: float = share(0.8)
    car_min_kwh: float = number(5, 1, 100)
    car_max_kwh: float = number(25, 1, 100)
    # the share of added loads that the utility is told of late, by at most this many months
    load_late_share: float = share(0.1)
    load_late_months: int = count(3, 1, 24)

    # bills
    tariff_change: date = date(2024, 7, 1)
    tariff_increase: float = share(0.05)
    issue_after_days: int = count(5, 1, 8)
    due_after_days: int = count(10, 0, 120)
    ghost_rate: float = share(0.005)
    unbilled_rate: float = share(0.01)
    over_billed_rate: float = share(0.005)
    wrong_usage_min_share: float = share(0.10)
    wrong_usage_max_share: float = share(0.40)
    under_billed_rate: float = share(0.01)
    under_billed_min_share: float = share(0.01)
    billed_while_disconnected_rate: float = share(0.3)

    # payments
    paying_share: float = share(0.92)
    paying_share_large: float = share(0.85)
    paying_share_largest: float = share(0.75)
    paying_share_government: float = share(0.98)
    large_amount: int = count(5_000, 0, 1_000_000_000)
    largest_amount: int = count(10_000, 0, 1_000_000_000)
    paid_after_max_days: int = count(20, 0, 20)
    partial_share: float = share(0.05)
    partial_min_paid: float = share(0.5)
    partial_max_paid: float = share(0.9)


_RANGES: Final = (
    "summer_shedding_{}_hours",
    "peak_summer_shedding_{}_hours",
    "winter_shedding_{}_hours",
    "technical_loss_{}",
    "zero_run_{}_hours",
    "spike_{}_factor",
    "spike_{}_load_factor",
    "signal_drop_{}_hours",
    "wrong_meter_{}_hours",
    "failure_{}_days",
    "theft_{}_share",
    "wrong_usage_{}_share",
    "partial_{}_paid",
    "vacancy_{}_days",
    "holiday_{}_days",
    "standby_{}_share",
    "solar_{}_yield",
    "heat_pump_{}_load",
    "car_{}_daily_share",
    "car_{}_kwh",
)

_EXCLUSIVE: Final = (
    ("failure_rate", "replacement_rate", "disconnection_rate"),
    ("ghost_rate", "unbilled_rate", "over_billed_rate", "under_billed_rate"),
    ("vacancy_rate", "new_tenant_rate"),
    ("heat_pump_share", "car_share"),
)

_SINGLE: Final = (
    "missing_rate",
    "negative_rate",
    "spike_rate",
    "voltage_sag_rate",
    "tamper_rate",
    "reverse_energy_rate",
    "duplicate_rate",
    "late_arrival_rate",
)
_HOURS_OF_DAY: Final = 24


def check_metering(metering: MeteringConfig) -> None:
    """Check settings against each other.

    Args:
        metering: The section.

    Raises:
        ConfigError: If two settings contradict each other.
    """
    for name in _RANGES:
        low, high = name.format("min"), name.format("max")
        least, most = getattr(metering, low), getattr(metering, high)
        if least > most:
            message = f"metering.{low} ({least}) is above metering.{high} ({most})"
            raise ConfigError(message)
    for names in _EXCLUSIVE:
        _together(metering, names, sum(getattr(metering, name) for name in names))
    _together(
        metering, _SINGLE, sum(getattr(metering, name) for name in _SINGLE) + in_runs(metering)
    )


def mean_hours(metering: MeteringConfig, run: str) -> float:
    """Return the mean length of a run of hours.

    Args:
        metering: The section.
        run: What its settings begin with, such as `zero_run`.
    """
    low = getattr(metering, f"{run}_min_hours")
    return float(low + getattr(metering, f"{run}_max_hours")) / 2


RUNS: Final = ("wrong_meter", "signal_drop", "zero_run")
"""Faults of several consecutive hours; a meter has at most one of them a day."""


def daily_chance(metering: MeteringConfig, run: str) -> float:
    """Return the daily probability of a run of hours that affects the configured share of hours."""
    rate: float = getattr(metering, f"{run}_rate")
    return rate * _HOURS_OF_DAY / mean_hours(metering, run)


def in_runs(metering: MeteringConfig) -> float:
    """Return the share of hours that runs affect."""
    return float(sum(getattr(metering, f"{run}_rate") for run in RUNS))


def _together(metering: MeteringConfig, names: tuple[str, ...], total: float) -> None:
    if total > 1:
        settings = ", ".join(f"metering.{name}" for name in names)
        message = f"{settings} exclude each other: together at most 1, not {total:g}"
        raise ConfigError(message)
    chances = sum(daily_chance(metering, run) for run in RUNS)
    if chances > 1:
        settings = ", ".join(f"metering.{run}_rate" for run in RUNS)
        message = f"{settings} take more than one run of hours a day ({chances:g})"
        raise ConfigError(message)
