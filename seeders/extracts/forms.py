"""The form of readings in a file: the energy of an interval, or a register's value at a time.

The form is the same for a whole entry of the mapping, so it is stored once per file in `raw_control.extract_files` and
not with every reading. The raw rows stay as they were sent; the models derive hours from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

READINGS: Final = "raw_metering.readings"
FORM_KEYS: Final = ("kind", "interval", "stamp")

KINDS: Final = ("energy", "register")
INTERVALS: Final = ("15min", "30min", "hour", "day")
STAMPS: Final = ("start", "end")


@dataclass(frozen=True, order=True)
class ReadingForm:
    """How the readings of an entry are to be interpreted.

    Attributes:
        kind: `energy` of an interval, or `register`: a cumulative value at a time.
        interval: The interval of each energy; for a register only needed if it is stamped with the start of
            its interval.
        stamp: Whether a row carries the `start` or the `end` of its interval. A register is a value at
            a time, so that its default is `end`.
    """

    kind: str
    interval: str
    stamp: str


HOURLY: Final = ReadingForm("energy", "hour", "start")
"""The form of readings unless the mapping says otherwise."""


def read_form(
    table: str, given: Mapping[object, object], problems: list[str]
) -> ReadingForm | None:
    """Read the form of readings from an entry of the mapping.

    Args:
        table: Name of the table, for the messages.
        given: The entry.
        problems: Receives one line for each unknown value.

    Returns:
        The form, None for hourly energies stamped with their start.
    """
    kind = _chosen(table, given, "kind", KINDS, problems) or "energy"
    interval = _chosen(table, given, "interval", INTERVALS, problems)
    stamp = _chosen(table, given, "stamp", STAMPS, problems)
    if kind == "register":
        if stamp == "start" and interval is None:
            problems.append(
                f"{table}: a register with `stamp: start` is the value at the end of an interval: say which"
                f" `interval` ({', '.join(INTERVALS)}), or leave `stamp` out for a value at the time given"
            )
        if stamp != "start":
            interval = None
        return ReadingForm(kind, interval or "", stamp or "end")
    form = ReadingForm(kind, interval or "hour", stamp or "start")
    return None if form == HOURLY else form


def _chosen(
    table: str,
    given: Mapping[object, object],
    key: str,
    known: tuple[str, ...],
    problems: list[str],
) -> str | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in known:
        problems.append(f"{table}: {key}: {value!r} is not one of {', '.join(known)}")
        return None
    return value
