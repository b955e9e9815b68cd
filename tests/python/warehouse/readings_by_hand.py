"""Three months of meters that send what they measure in every form there is, and what goes wrong with each.

All of them measure the same load, so that what a form or a fault makes of it is seen at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from math import cos, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

AS_OF = "2025-04-01"
BEGINS = datetime(2025, 1, 1)  # noqa: DTZ001 - stored without a zone, in UTC
HOURS = 90 * 24
LOAD_KW = 10
Row = tuple[str, datetime, Decimal | None]


def moment(hour: float) -> datetime:
    """The time some hours after the beginning."""
    return BEGINS + timedelta(hours=hour)


def hour_of(day: str, hour: int = 0) -> int:
    """How many hours after the beginning a day's hour begins."""
    return int((datetime.fromisoformat(day) - BEGINS).total_seconds()) // 3600 + hour


@cache
def load(hour: int) -> Decimal:
    """Energy of an hour in kWh: more by day than by night, and never quite the same."""
    usual = 0.5 - 0.3 * cos(2 * pi * (hour % 24) / 24)
    wobble = ((hour * 7_919) % 101 - 50) / 1_000
    return Decimal(round((usual + wobble) * 250) * 4).scaleb(-3)


@cache
def counted(hour: int) -> Decimal:
    """What a register that began at 100 shows when an hour begins."""
    return Decimal(100) if hour == 0 else counted_up()[hour]


@cache
def counted_up() -> tuple[Decimal, ...]:
    """The register at the beginning of every hour, and at the end of the last."""
    shown = [Decimal(100)]
    for hour in range(HOURS):
        shown.append(shown[-1] + load(hour))
    return tuple(shown)


def used(first: int, last: int) -> Decimal:
    """Energy from the beginning of one hour to that of another."""
    return counted(last) - counted(first)


@dataclass(frozen=True)
class Sender:
    """A meter, the form in which it sends, and its rows.

    Attributes:
        number: Its number.
        form: Keys of the mapping.
        rows: Meter, time and value.
        load_kw: Its connected load, None where nobody knows it.
    """

    number: str
    form: str
    rows: tuple[Row, ...]
    load_kw: int | None = LOAD_KW


def hourly(
    number: str, changed: Mapping[int, Decimal | None], load_kw: int | None = LOAD_KW
) -> Sender:
    """A meter that sends every hour, some of them changed."""
    rows = tuple((number, moment(h), changed.get(h, load(h))) for h in range(HOURS))
    return Sender(number, "", rows, load_kw)


def registers(number: str, shown: Iterable[tuple[float, Decimal | None]], form: str = "") -> Sender:
    """A meter that sends what its register shows."""
    rows = tuple((number, moment(hour), value) for hour, value in shown)
    return Sender(number, f"kind: register, {form}", rows)


def parts(
    number: str, minutes: int, *, at_end: bool = False, lost: frozenset[int] = frozenset()
) -> Sender:
    """A meter that sends quarters or halves of hours; of the hours lost the last part has no value."""
    each = 60 // minutes
    rows = tuple(
        (
            number,
            moment(h + (n + at_end) / each),
            None if h in lost and n == each - 1 else load(h) / each,
        )
        for h in range(HOURS)
        for n in range(each)
    )
    return Sender(number, f"interval: {minutes}min, {'stamp: end' if at_end else ''}", rows)


GAP = range(hour_of("2025-02-10", 7), hour_of("2025-02-15", 8))
"""Hours whose registers, from the second on, never came."""
RESTARTS = (hour_of("2025-02-01"), hour_of("2025-03-01"))
SUNNY = tuple(h for h in range(HOURS) if 9 <= h % 24 < 16)
"""Hours in which panels give what a house needs, and more."""
OUT_OF_ORDER = tuple(range(hour_of("2025-02-12", 9), hour_of("2025-02-12", 16)))
LOST = frozenset({hour_of("2025-01-05", 3), hour_of("2025-02-07", 0)})
PEAKS = tuple(range(hour_of("2025-01-01", 18), HOURS, 24))
SENTINELS = tuple(range(hour_of("2025-01-01", 3), HOURS, 48))
ROLLBACKS = (hour_of("2025-01-30", 2), hour_of("2025-02-27", 2), hour_of("2025-03-28", 2))


def since(hour: int) -> int:
    """When a counter that starts anew each month did so last."""
    return max((0, *(restart for restart in RESTARTS if restart <= hour)))


def restarting() -> list[tuple[float, Decimal | None]]:
    """What a register shows at the end of each hour that begins at 0 each month, stamped with its start."""
    return [(h, used(since(h), h + 1)) for h in range(HOURS)]


def restarts_subtracted() -> dict[int, Decimal | None]:
    """The same as somebody subtracts one row from the next without a look."""
    shown = [value or Decimal(0) for _, value in restarting()]
    return {h: shown[h] - shown[h - 1] for h in range(1, HOURS)}


def turned_back(share: Decimal) -> dict[int, Decimal | None]:
    """Energies of a register that is turned back each month by a share of what it told since."""
    changed: dict[int, Decimal | None] = {}
    begins = 0
    for hour in ROLLBACKS:
        changed[hour] = load(hour) - (used(begins, hour) * share).quantize(Decimal("0.001"))
        begins = hour
    return changed


def shown_by(changed: dict[int, Decimal | None]) -> list[tuple[float, Decimal | None]]:
    """What the register shows that tells these energies, some of them changed."""
    shown, told = Decimal(100), [(0.0, Decimal(100))]
    for hour in range(HOURS):
        shown += changed.get(hour) or load(hour)
        told.append((hour + 1.0, shown))
    return list(told)


def senders() -> tuple[Sender, ...]:
    """Every meter."""
    every = [(float(h), counted(h)) for h in range(HOURS + 1)]
    kettle = {h: Decimal("4.200") for h in PEAKS}
    return (
        hourly("PLAIN", {}),
        # peaks that a house can take, one that it cannot, and both where nobody knows
        hourly("KETTLE", dict(kettle)),
        hourly("TOWER", {hour_of("2025-02-03", 12): Decimal(40)}),
        hourly("NOBODY", kettle | {hour_of("2025-02-03", 12): Decimal(40)}, None),
        hourly("ZERO-KW", dict(kettle), 0),
        # what no meter can give
        hourly("MINUS", dict.fromkeys(SENTINELS, Decimal(-99999))),
        hourly("NINES", dict.fromkeys(range(*LONG_OUT), Decimal(9999)), None),
        hourly("ODD", dict.fromkeys(SENTINELS, Decimal("-54321.5"))),
        # zeros day by day at noon, at noon of one day, and from a day on
        hourly("SOLAR", dict.fromkeys(SUNNY, Decimal(0))),
        hourly("PAUSED", dict.fromkeys(OUT_OF_ORDER, Decimal(0))),
        hourly("STOPPED", dict.fromkeys(range(OUT_OF_ORDER[0], HOURS), Decimal(0))),
        # registers that fall
        hourly("THIEF", turned_back(Decimal("0.6"))),
        hourly("ANEW", restarts_subtracted()),
        registers("RESTART", restarting(), "interval: hour, stamp: start"),
        registers("BACK", shown_by(turned_back(Decimal("0.6")))),
        # registers that do not
        registers("EVERY", every),
        registers("GAP", [(h, v) for h, v in every if not GAP[1] <= h < GAP[-1] + 1]),
        registers("DAILY", [(h + 14 + 5 / 60, at(h + 14, 5)) for h in range(0, HOURS - 24, 24)]),
        registers("MONTHS", [(h, counted(h)) for h in (0, *RESTARTS, HOURS)]),
        registers("STILL", [(h, counted(min(h, hour_of("2025-02-10")))) for h in range(HOURS + 1)]),
        registers("QUARTER", [(h / 4, at(h // 4, h % 4 * 15)) for h in range(4 * HOURS)]),
        # other intervals
        parts("HALVES", 30, lost=LOST),
        parts("QUARTERS", 15, at_end=True, lost=LOST),
        Sender(
            "DAYS",
            "interval: day",
            tuple(("DAYS", moment(h), used(h, h + 24)) for h in range(0, HOURS, 24)),
        ),
        Sender("ENDS", "stamp: end", tuple(("ENDS", moment(h + 1), load(h)) for h in range(HOURS))),
        # as nobody should map them
        Sender("GROWS", "", tuple(("GROWS", moment(h), counted(h)) for h in range(HOURS))),
        Sender("SPLIT", "", tuple(("SPLIT", moment(n / 2), load(n // 2) / 2) for n in range(96))),
    )


LONG_OUT = (hour_of("2025-02-03"), hour_of("2025-02-05"))


def at(hour: int, minute: int) -> Decimal:
    """What the register shows within an hour, to a tenth of a Wh."""
    return counted(hour) + (load(hour) * minute / 60).quantize(Decimal("0.001"))


def write(directory: Path, meters: tuple[Sender, ...] | None = None) -> Path:
    """Write the files of meters and the mapping that reads them."""
    chosen = senders() if meters is None else meters
    entries = []
    for sender in chosen:
        name = f"{sender.number.lower()}.csv"
        lines = (f"{n},{t},{'' if v is None else v}\n" for n, t, v in sender.rows)
        (directory / name).write_text("meter,time,value\n" + "".join(lines), encoding="utf-8")
        form = "".join(f", {key}" for key in sender.form.split(", ") if key.strip(", "))
        entries.append(
            f"    - {{file: {name}{form}, columns: {{meter_number: meter, read_at: time, kwh: value}}}}\n"
        )
    rows = "".join(
        f"      - {{meter_id: {s.number}, meter_number: {s.number}, account_id: A-{s.number}, status: Active,"
        f" rate_schedule: R{'' if s.load_kw is None else f', connected_load_kw: {s.load_kw}'}}}\n"
        for s in chosen
    )
    (directory / "mapping.yml").write_text(
        f"as_of: {AS_OF}\n"
        "defaults: {line_of_business: utility, currency: EUR}\n"
        "tables:\n"
        "  raw_billing.tariffs:\n"
        "    rows:\n"
        "      - {rate_schedule: R, charge_type: energy, slab_order: 1, rate: 0.20, rate_unit: kwh,"
        " valid_from: 2024-01-01}\n"
        f"{bills(chosen)}"
        f"  raw_metering.meters:\n    rows:\n{rows}"
        f"  raw_metering.readings:\n{''.join(entries)}",
        encoding="utf-8",
    )
    return directory


def bills(meters: tuple[Sender, ...]) -> str:
    """February's bills: all of what was used, but for one meter half as much again."""
    energy = used(*RESTARTS)
    invoices, lines = "", ""
    for number in (
        s.number for s in meters if s.number in {"GAP", "EVERY", "RESTART", "ANEW", "MONTHS"}
    ):
        billed = (energy * (Decimal("1.5") if number == "EVERY" else 1)).quantize(Decimal("0.001"))
        amount = (billed * Decimal("0.2")).quantize(Decimal("0.01"))
        invoices += (
            f"      - {{invoice_id: F-{number}, account_id: A-{number}, meter_number: {number},"
            f" invoice_date: 2025-03-05, due_date: 2025-06-05, period_start: 2025-02-01,"
            f" period_end: 2025-02-28, amount: {amount}}}\n"
        )
        lines += (
            f"      - {{line_item_id: L-{number}, invoice_id: F-{number}, charge_type: energy,"
            f" quantity: {billed}, unit_price: 0.20, amount: {amount}}}\n"
        )
    if not invoices:
        return ""
    return (
        f"  raw_billing.invoices:\n    rows:\n{invoices}"
        f"  raw_billing.invoice_line_items:\n    rows:\n{lines}"
    )
