"""Ids of metering: two letters, six digits for the place, a suffix; at most 12 bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation import columns
from seeders.simulation.columns import digits

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CUSTOMER, ACCOUNT, INVOICE, LINE, PAYMENT = "MC", "MA", "MI", "ML", "MP"
METER, METER_NUMBER = "MM", "SM"
FEEDER_METER, FEEDER_METER_NUMBER = "MF", "SF"

PLACE_DIGITS: Final = 6
_MONTH_DIGITS: Final = 3
_SEQUENCE: Final = 100
_METER_DIGITS: Final = 8
_FEEDER_DIGITS: Final = 5

_DISTRICTS: Final = (
    "Islamabad",
    "Rawalpindi",
    "Attock",
    "Jhelum",
    "Chakwal",
    "Taxila",
    "Murree",
    "Gujar Khan",
)


def of_place(letters: str, place: NDArray[np.int64]) -> pa.StringArray:
    """Return ids of things that exist once per place."""
    return columns.around(letters, digits(place, PLACE_DIGITS))


def of_month(letters: str, place: NDArray[np.int64], month: int, tag: str = "") -> pa.StringArray:
    """Return ids of things that exist once per place and month, or several times with different tags."""
    return columns.around(letters, digits(place, PLACE_DIGITS), f"{month:0{_MONTH_DIGITS}}{tag}")


def of_meter(letters: str, place: NDArray[np.int64], sequence: NDArray[np.int64]) -> pa.StringArray:
    """Return ids of the meters of places, or of feeders with a sequence of 0."""
    return columns.around(letters, digits(place * _SEQUENCE + sequence, _METER_DIGITS))


def of_feeder_month(
    letter: str, feeder: NDArray[np.int64], month: int, number: NDArray[np.int64]
) -> pa.StringArray:
    """Return ids of things that exist several times per feeder and month."""
    written = np.concatenate(
        [
            digits(feeder, _FEEDER_DIGITS),
            digits(np.full(len(feeder), month, dtype=np.int64), _MONTH_DIGITS),
            digits(number, _MONTH_DIGITS),
        ],
        axis=1,
    )
    return columns.around(letter, written)


def feeders(feeder: NDArray[np.int64]) -> pa.Array:
    """Return the names of feeders."""
    return columns.around("FDR-", digits(feeder, _FEEDER_DIGITS))


def districts(district: NDArray[np.int64]) -> pa.Array:
    """Return the names of districts."""
    found = [
        _DISTRICTS[each % len(_DISTRICTS)]
        + (f" {each // len(_DISTRICTS) + 1}" if each >= len(_DISTRICTS) else "")
        for each in range(int(np.max(district, initial=0)) + 1)
    ]
    return columns.choice(found, district.astype(np.int32))
