"""Writes the extract of this folder: a year of Merrow Light & Water, who supply a valley with power.

Merrow does not exist. Its billing system reads the meters on the last evening of a month, prints the
bills the next morning and looks on the 21st at who has paid: `checks.csv` is its own ledger of that. A
bill names neither the month it is for nor its meters; it repeats what is still owed, prints the total,
and says beside it what is new. Receipts name an account, never a bill.

    python examples/utility/make_extract.py
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Final, NamedTuple

FIRST: Final = date(2024, 1, 1)
AS_OF: Final = date(2025, 1, 31)
MONTHS: Final = 13
ACCOUNTS: Final = 24
TERMS_DAYS: Final = 20

# The bills nobody wrote, as (account, month of 2024 used).
GHOSTS: Final = ((4, 3), (9, 7), (9, 8), (17, 5))
# Of them, one on a schedule the tariff file does not know: it goes by its last bill.
PRIVATE_TARIFF: Final = 17
TWO_METERS: Final = 6
# An account that used nothing all October.
AWAY: Final = (3, 10)

# How people pay, where not in full before the due date.
NEVER: Final = (11, 20)
STOPPED: Final = {14: (4, 5, 6, 7)}  # the months not paid; cut off, then all is paid at once
SHORT: Final = {2: 40, 7: 70, 22: 95}  # percent of every bill
LATE: Final = (5,)
PAID_TOO_MUCH: Final = (13, 6, 5000)  # account, month used, cents more than asked

# What is wrong in the ledger of checks: the balance of one, the score of another, and one that is not
# there, as (account, month of the check).
WRONG_BALANCE: Final = (2, 9)
WRONG_SCORE: Final = (7, 12)
MISSING_CHECK: Final = (1, 6)

BAD_READINGS: Final = (
    ("R90001", "M-1002-1", "2024-02-01", "2024-02-29", "-4.5"),
    ("R90002", "M-9999-9", "2024-02-01", "2024-02-29", "80.125"),
    ("R90003", "M-1003-1", "2024-03-31", "2024-03-01", "12"),
)

# Prices in ten-thousandths of a euro by schedule and first day; slabs as (width in kWh, price).
TARIFFS: Final = {
    ("HOME", date(2023, 1, 1)): ((100, 1425), (150, 2210), (None, 3105)),
    ("HOME", date(2024, 7, 1)): ((80, 1500), (170, 2395), (None, 3350)),
    ("SHOP", date(2023, 1, 1)): ((None, 2875),),
}
PRIVATE_PRICE: Final = 2665

SUSPEND_SCORE: Final = 10  # in halves of a point
CLOSE_SCORE: Final = 20
# From which percentage of a bill unpaid a check counts as what, and for how many halves.
STEPS: Final = ((100, "full", 4), (67, "major", 3), (33, "partial", 2), (0, "minor", 1))

_NAMES: Final = (  # noqa: SIM905 - a list would take twenty lines
    "Avocet Bittern Curlew Dunlin Eider Fulmar Godwit Heron Ibis Jackdaw Kittiwake Lapwing Merlin Osprey Pipit"
    " Redshank Siskin Tern"
).split()
_FIRST_NAMES: Final = ("Ada", "Bram", "Cleo", "Dov", "Edda", "Finn", "Greta")
_LANES: Final = ("Weir Lane", "Mill Race", "Chapel Row", "High Ford")
_TOWNS: Final = ("Upper Merrow", "Merrow Bridge", "Saltby")


@dataclass
class Account:
    """An account while its year goes by; money in cents, scores in halves of a point."""

    number: int
    schedule: str
    balance: int = 0
    score: int = 0
    status: str = "live"
    closed: date | None = None
    unpaid_before: int = 0
    # who is cut off on the 21st is supplied to the end of the month
    is_supplied: bool = True


class Bill(NamedTuple):
    """A bill, its total in cents."""

    issued: date
    number: str
    due: date
    total: int


@dataclass
class Files:
    """The rows of the files, in order of their writing."""

    readings: list[tuple[object, ...]] = field(default_factory=list)
    bills: list[tuple[object, ...]] = field(default_factory=list)
    receipts: list[tuple[object, ...]] = field(default_factory=list)
    checks: list[tuple[object, ...]] = field(default_factory=list)
    closures: list[tuple[object, ...]] = field(default_factory=list)


def main() -> None:
    """Write every file of the extract beside this script."""
    folder = Path(__file__).parent
    for name, text in extract().items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
        print(f"{name}: {len(text.splitlines())} lines")


def extract() -> dict[str, str]:
    """The files by name, with their header."""
    draws = random.Random(1909)
    accounts = [Account(number, _schedule(number)) for number in range(1, ACCOUNTS + 1)]
    files = Files()
    for month in range(1, MONTHS + 1):
        for account in accounts:
            _live_a_month(account, month, draws, files)
    # a bill that left the printer twice: same number, same everything
    files.bills.append(files.bills[40])
    files.readings += BAD_READINGS
    return {
        "customers.csv": _table(
            "Customer,Name,Kind,Street,Town",
            [_customer(number) for number in range(1, ACCOUNTS + 1) if number % 6],
        ),
        "accounts.csv": _table(
            "Account,Customer,Opened,Standing,Closed", [_account(account) for account in accounts]
        ),
        "meters.csv": _table(
            "Meter,Account,Tariff,Fitted",
            [
                (meter, _account_number(account.number), account.schedule, date(2019, 5, 4))
                for account in accounts
                for meter in _meters(account.number)
            ],
        ),
        "tariff.csv": _table("Tariff,Step,Kilowatt hours,Price,From,To", _tariff_rows()),
        "readings.csv": _table("Reading,Meter,From,To,Kilowatt hours", files.readings),
        "bills.csv": _table("Bill,Account,Issued,Due,Brought forward,New,Total", files.bills),
        "receipts.csv": _table("Receipt,Account,Booked,Amount", files.receipts),
        "checks.csv": _table(
            "Account,Bill,Checked,Total,Open,Open before,Score before,Class,Points,Score,Standing",
            files.checks,
        ),
        "closures.csv": _table("Account,Closed,Open,Score", files.closures),
    }


def _live_a_month(account: Account, month: int, draws: random.Random, files: Files) -> None:
    """Let an account use a month's power, be billed for it the next morning, pay and be checked."""
    if account.closed:
        return
    first, last = _day(month), _day(month + 1) - timedelta(days=1)
    is_supplied, account.is_supplied = account.is_supplied, account.status == "live"
    charge = 0
    if is_supplied:
        for meter in _meters(account.number):
            low, high = (60_000, 420_000) if account.schedule == "HOME" else (250_000, 1_900_000)
            is_away = (account.number, month) == AWAY
            watt_hours = 0 if is_away else draws.randint(low, high)
            reading = f"R{len(files.readings) + 1:05}"
            files.readings.append((reading, meter, first, last, _kwh(watt_hours)))
            charge += _charge(account.schedule, last, watt_hours)
    issued = last + timedelta(days=1)
    if issued > AS_OF or (account.number, month) in GHOSTS:
        return
    total = account.balance + charge
    bill = Bill(
        issued,
        f"{issued:%y%m}-{_account_number(account.number)}",
        issued + timedelta(days=TERMS_DAYS),
        total,
    )
    files.bills.append(
        (
            bill.number,
            _account_number(account.number),
            issued,
            bill.due,
            _money(account.balance),
            _money(charge),
            _money(total),
        )
    )
    paid, days = _payment(account, month, total, draws)
    booked = issued + timedelta(days=days)
    if paid and booked <= AS_OF:
        receipt = f"Q{len(files.receipts) + 1:05}"
        files.receipts.append((receipt, _account_number(account.number), booked, _money(paid)))
    account.balance = total
    if bill.due <= AS_OF:
        _check(account, bill, paid if booked < bill.due else 0, files)
    account.balance -= paid


def _payment(account: Account, month: int, total: int, draws: random.Random) -> tuple[int, int]:
    """What is paid of a bill, and how many days after its issue."""
    days = draws.randint(3, TERMS_DAYS - 1)
    number = account.number
    if number in NEVER or month in STOPPED.get(number, ()) or total <= 0:
        return 0, days
    if number in LATE:
        return total, TERMS_DAYS + days % 6
    if (number, month) == PAID_TOO_MUCH[:2]:
        return total + PAID_TOO_MUCH[2], days
    return total * SHORT.get(number, 100) // 100, days


def _check(account: Account, bill: Bill, paid: int, files: Files) -> None:
    """What the billing system notes on the due date; `paid` came in before it."""
    _, number, due, total = bill
    unpaid = max(total - paid, 0) if total > 0 else 0
    before, score_before = account.unpaid_before, account.score
    kind, points = "none", 0
    if unpaid:
        kind, points = next(
            (name, halves) for percent, name, halves in STEPS if unpaid * 100 >= percent * total
        )
    account.score = account.score + points if unpaid else 0
    account.unpaid_before = unpaid
    if account.score >= CLOSE_SCORE:
        account.status, account.closed = "closed", due
        files.closures.append(
            (_account_number(account.number), due, _money(unpaid), _points(account.score))
        )
    else:
        account.status = "cut off" if account.score >= SUSPEND_SCORE else "live"
    where = (account.number, due.month)
    if where == MISSING_CHECK:
        return
    files.checks.append(
        (
            _account_number(account.number),
            number,
            due,
            _money(total),
            _money(unpaid + (100 if where == WRONG_BALANCE else 0)),
            _money(before),
            _points(score_before),
            kind,
            _points(points),
            _points(account.score + (1 if where == WRONG_SCORE else 0)),
            account.status,
        )
    )


def _schedule(number: int) -> str:
    if number == PRIVATE_TARIFF:
        return "AGREED"
    return "SHOP" if number % 5 == 0 else "HOME"


def _meters(number: int) -> list[str]:
    count = 2 if number == TWO_METERS else 1
    return [f"M-{_account_number(number)}-{meter}" for meter in range(1, count + 1)]


def _charge(schedule: str, day: date, watt_hours: int) -> int:
    """Cents, half a cent up, for usage that ends on a day."""
    started = [first for name, first in TARIFFS if name == schedule and first <= day]
    slabs: tuple[tuple[int | None, int], ...] = (
        TARIFFS[schedule, max(started)] if started else ((None, PRIVATE_PRICE),)
    )
    rest, charge = watt_hours, 0
    for width, price in slabs:
        taken = rest if width is None else min(rest, width * 1000)
        charge += taken * price
        rest -= taken
    return (charge + 50_000) // 100_000


def _tariff_rows() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for (name, first), slabs in TARIFFS.items():
        later = [start for other, start in TARIFFS if other == name and start > first]
        last = min(later) - timedelta(days=1) if later else None
        rows += [
            (name, step, width, f"{price / 10_000:.4f}", first, last)
            for step, (width, price) in enumerate(slabs, start=1)
        ]
    return rows


def _customer(number: int) -> tuple[object, ...]:
    name = _NAMES[number % len(_NAMES)]
    if _schedule(number) == "HOME":
        return (
            f"C{number:03}",
            f"{_FIRST_NAMES[number % len(_FIRST_NAMES)]} {name}",
            "household",
            f"{number} {_LANES[number % len(_LANES)]}",
            _TOWNS[number % len(_TOWNS)],
        )
    return f"C{number:03}", f"{name} Stores", "business", f"{number} Market Place", _TOWNS[0]


def _account(account: Account) -> tuple[object, ...]:
    # every sixth account is the second one of the customer before it
    customer = account.number - 1 if account.number % 6 == 0 else account.number
    return (
        _account_number(account.number),
        f"C{customer:03}",
        date(2019, 5, 4) + timedelta(days=37 * account.number),
        account.status,
        account.closed,
    )


def _account_number(number: int) -> str:
    return f"{1000 + number}"


def _day(month: int) -> date:
    """The first day of a month, counted from January 2024."""
    return date(FIRST.year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _money(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def _kwh(watt_hours: int) -> str:
    return f"{watt_hours / 1000:.3f}"


def _points(halves: int) -> str:
    return f"{halves / 2:g}"


def _table(header: str, rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return text.getvalue()


if __name__ == "__main__":
    main()
