"""The charges for a month's energy by the tariff, in whole numbers: each rounded half up to cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.arrays import Arrays
from seeders.simulation.metering.catalogue import MICROS, read_catalogue
from seeders.simulation.months import to_day

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig

TARIFFS: Final = "raw_billing.tariffs"

_RATE_DIGITS: Final = 6
_ENERGY_DIGITS: Final = 3
_CENTS: Final = 100
_WATTS: Final = 1_000


@dataclass(frozen=True)
class Charges(Arrays):
    """Cents of n bills, by kind of charge."""

    energy: NDArray[np.int64]
    fixed: NDArray[np.int64]
    tax: NDArray[np.int64]
    duty: NDArray[np.int64]
    fee: NDArray[np.int64]

    @property
    def total(self) -> NDArray[np.int64]:
        """All charges together."""
        return self.energy + self.fixed + self.tax + self.duty + self.fee


def increased(config: MeteringConfig, rate: int) -> int:
    """Return an energy rate after the tariff increase."""
    return round(rate * (1 + config.tariff_increase))


def energy_cents(
    config: MeteringConfig,
    schedule: NDArray[np.int8],
    watt_hours: NDArray[np.int64],
    is_increased: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Rate energy by the slabs of its schedule.

    Args:
        config: How much rates rise.
        schedule: Position of each of n schedules.
        watt_hours: n amounts of energy.
        is_increased: Whether each is rated after the tariff increase.

    Returns:
        n amounts in cents.
    """
    # watt-hours by millionths of a rupee for a kilowatt-hour
    total = np.zeros(len(schedule), dtype=np.int64)
    for number, definition in enumerate(read_catalogue().schedules):
        rows = np.flatnonzero(schedule == number)
        rest = watt_hours[rows]
        for slab in definition.slabs:
            width = rest if slab.width_kwh is None else slab.width_kwh * _WATTS
            part = np.minimum(rest, width)
            total[rows] += part * np.where(
                is_increased[rows], increased(config, slab.rate), slab.rate
            )
            rest = rest - part
    return _half_up(total, _WATTS * MICROS // _CENTS)


def charge(
    config: MeteringConfig,
    schedule: NDArray[np.int8],
    watts: NDArray[np.int64],
    watt_hours: NDArray[np.int64],
    is_increased: NDArray[np.bool_],
) -> Charges:
    """Work out the charges of n bills.

    Args:
        config: How much rates rise.
        schedule: Position of each one's schedule.
        watts: The connected load of each.
        watt_hours: The energy of each.
        is_increased: Whether each is charged after the tariff increase.

    Returns:
        Their charges.
    """
    catalogue = read_catalogue()
    energy = energy_cents(config, schedule, watt_hours, is_increased)
    fixed = np.zeros(len(schedule), dtype=np.int64)
    for number, definition in enumerate(catalogue.schedules):
        for each in definition.fixed:
            low = each.from_watts or 0
            high = each.to_watts or np.iinfo(np.int64).max
            rows = (schedule == number) & (watts >= low) & (watts < high)
            quantity = watts[rows] if each.unit == "kw" else _WATTS
            fixed[rows] = _half_up(
                np.asarray(quantity * each.rate, dtype=np.int64), _WATTS * MICROS // _CENTS
            )
    percent = MICROS * 100
    return Charges(
        energy=energy,
        fixed=fixed,
        tax=_half_up((energy + fixed) * catalogue.charges["tax"], percent),
        duty=_half_up(energy * catalogue.charges["duty"], percent),
        fee=np.full(len(schedule), catalogue.charges["fee"] * _CENTS // MICROS, dtype=np.int64),
    )


def _half_up(numerator: NDArray[np.int64], denominator: int) -> NDArray[np.int64]:
    rounded: NDArray[np.int64] = (numerator + denominator // 2) // denominator
    return rounded


def tariff_rows(config: MeteringConfig, batch: int) -> pa.RecordBatch:
    """Write the tariff, which arrives as a whole with the first batch.

    Args:
        config: When rates change.
        batch: Number of the first batch.

    Returns:
        Rows of `raw_billing.tariffs`.
    """
    catalogue, rows = read_catalogue(), list[dict[str, object]]()
    begins, changes = config.first_month, max(config.tariff_change, config.first_month)
    for schedule in catalogue.schedules:
        for order, slab in enumerate(schedule.slabs, start=1):
            width = None if slab.width_kwh is None else slab.width_kwh * _WATTS
            energy = {
                "schedule": schedule.name,
                "charge": "energy",
                "order": order,
                "width": width,
                "unit": "kwh",
            }
            if changes > begins:
                ends = changes - timedelta(days=1)
                rows.append({**energy, "rate": slab.rate, "from": begins, "to": ends})
            rate = increased(config, slab.rate)
            rows.append({**energy, "rate": rate, "from": changes})
        others = [
            *(
                ("fixed", each.rate, each.unit, each.from_watts, each.to_watts)
                for each in schedule.fixed
            ),
            ("tax", catalogue.charges["tax"], "percent", None, None),
            ("duty", catalogue.charges["duty"], "percent", None, None),
            ("fee", catalogue.charges["fee"], "month", None, None),
            ("surcharge", catalogue.charges["surcharge"], "percent", None, None),
        ]
        rows += [
            {
                "schedule": schedule.name,
                "charge": kind,
                "order": 1,
                "rate": rate,
                "unit": unit,
                "min": low,
                "max": high,
                "from": begins,
            }
            for kind, rate, unit, low, high in others
        ]

    def column(name: str) -> list[object]:
        return [row.get(name) for row in rows]

    return pa.record_batch(
        {
            "rate_schedule": pa.array(column("schedule")),
            "charge_type": pa.array(column("charge")),
            "slab_order": pa.array(column("order"), pa.int32()),
            "slab_width_kwh": _units(column("width"), _ENERGY_DIGITS),
            "rate": _units(column("rate"), _RATE_DIGITS),
            "rate_unit": pa.array(column("unit")),
            "min_load_kw": _units(column("min"), _ENERGY_DIGITS),
            "max_load_kw": _units(column("max"), _ENERGY_DIGITS),
            "valid_from": pa.array(column("from"), pa.date32()),
            "valid_to": pa.array(column("to"), pa.date32()),
            "_batch_no": columns.constant_number(batch, len(rows)),
        }
    )


def _units(values: list[object], places: int) -> pa.Array:
    numbers = pa.array(values, pa.int64())
    written = columns.decimals(np.array([value or 0 for value in values], dtype=np.int64), places)
    return pa.array(
        [
            None if not known.is_valid else each
            for known, each in zip(numbers, written.to_pylist(), strict=True)
        ],
        pa.decimal128(18, places),
    )


def is_increased(config: MeteringConfig, day: int) -> bool:
    """Return whether energy is rated after the tariff increase on a day."""
    return day >= to_day(max(config.tariff_change, config.first_month))
