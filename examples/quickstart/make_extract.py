"""Writes the extract of this folder: eight months of Fernwood, a company that sells software seats.

Fernwood does not exist. Its files are made to look like other people's: their own column names, a
semicolon between fields, dates with dots and decimals with a comma, one file of invoices a quarter.
Eleven leaks are hidden in them (the constants below say where) beside customers who merely pay late, are
suspended or have left, and a few lines that no warehouse should believe.

    python examples/quickstart/make_extract.py
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

FIRST: Final = date(2024, 1, 1)
MONTHS: Final = 8
CLIENTS: Final = 40
TERMS_DAYS: Final = 14
PLANS: Final = {"S": ("Sapling", 1900), "T": ("Tree", 4900), "F": ("Forest", 19900)}

# The leaks, as (client number, month): never invoiced, never paid, paid short by so many cents.
GHOSTS: Final = ((4, 3), (11, 5), (11, 6), (27, 2))
ZOMBIES: Final = ((7, 2), (18, 4), (18, 5), (33, 6))
LEAKY: Final = {(2, 3): 95, (15, 5): 490, (29, 7): 1500}

# What looks like a leak and is none.
SUSPENDED: Final = {9: 3, 36: 5}  # client and the last month paid
LEFT: Final = {6: date(2024, 4, 17), 21: date(2024, 7, 1), 38: date(2024, 2, 29)}
JOINED: Final = {23: date(2024, 3, 1), 31: date(2024, 5, 20), 40: date(2024, 6, 30)}
STILL_OPEN: Final = (3, 12, 26)  # have not paid August yet, and are not late by a month

BAD_CLIENTS: Final = (b"1006;Birch Press Ltd;office@example.com;Leeds;ok;12.02.2023",)
BAD_INVOICES: Final = (
    b"R-90001;1003;V-1003;31.02.2024;14.03.2024;49,00;EUR",
    b"R-90002;1005;V-1005;01.03.2024;15.03.2024;49,005;EUR",
    b"R-90003;1008;V-1008;01.03.2024;15.03.2024;on request;EUR",
    b"R-90004;1010;V-1010;01.03.2024;15.03.2024;-49,00;EUR",
    b";1012;V-1012;01.03.2024;15.03.2024;49,00;EUR",
    b"R-90006;1013;V-1013;01.03.2024",
    b"R-90007;1014;V-\xb51014;01.03.2024;15.03.2024;49,00;EUR",
)
BAD_PAYMENTS: Final = (
    b"Z-90001;1016;R-99999;2024-03-04 09:12:00+01;49,00;EUR",
    b"Z-90002;1018;R-00004018;2024-05-04 09:12:00+02;49,00;USD",
    b"Z-90003;1019;R-00003019;2024-03-04 09:12:00+01;NaN;EUR",
)

_NAMES: Final = (  # noqa: SIM905 - a list would take forty lines
    "Alder Ash Aspen Bay Beech Birch Bramble Briar Cedar Cherry Clover Cypress Elder Elm Fern Fir Hazel"
    " Heather Holly Hornbeam Ivy Juniper Larch Laurel Lilac Linden Maple Myrtle Oak Olive Pine Plum Poplar"
    " Rowan Sage Spruce Sycamore Thorn Willow Yew"
).split()
_TRADES: Final = ("& Sons", "Analytics", "Bakery", "Logistics", "Studio", "Clinic", "Press")
_TOWNS: Final = ("York", "Leeds", "Bath", "Derby", "Truro")


@dataclass(frozen=True)
class Client:
    """A client with the one subscription it has."""

    number: int
    plan: str
    seats: int
    start: date
    end: date | None

    @property
    def price(self) -> int:
        """What a month costs, in cents."""
        return PLANS[self.plan][1] * self.seats

    def is_billed(self, day: date) -> bool:
        """Whether the subscription runs on a billing day; the day it ends still counts."""
        return self.start <= day and (self.end is None or day <= self.end)


def main() -> None:
    """Write every file of the extract beside this script."""
    folder = Path(__file__).parent
    for name, lines in extract().items():
        (folder / name).write_bytes(b"\n".join(lines) + b"\n")
        print(f"{name}: {len(lines) - 1} lines")


def extract() -> dict[str, list[bytes]]:
    """The files by name, as lines with their header."""
    draws = random.Random(2024)
    clients = [_client(number, draws) for number in range(1, CLIENTS + 1)]
    files = {
        "plans.csv": _text(
            "Plan;Label;Monthly EUR", *(f"{p};{n};{_euro(c)}" for p, (n, c) in PLANS.items())
        ),
        "clients.csv": [
            *_text("Client No;Company;Mail;Town;Standing;Client Since"),
            *_text(*(_client_line(client) for client in clients)),
            *BAD_CLIENTS,
        ],
        "subscriptions.csv": _text(
            "Contract;Client No;Plan;Seats;State;From;To", *(_contract_line(c) for c in clients)
        ),
    }
    payments = _text("Receipt;Client No;Invoice;Booked at;Amount;Cur")
    for month in range(1, MONTHS + 1):
        name = f"invoices-2024-q{(month + 2) // 3}.csv"
        header = _text("Invoice;Client No;Contract;Issued;Due;Net EUR;Cur")
        invoices = files.setdefault(name, header)
        for client in clients:
            issued = FIRST.replace(month=month)
            if client.is_billed(issued) and (client.number, month) not in GHOSTS:
                invoices += _text(_invoice_line(client, issued))
                payments += _text(*_payment_lines(client, issued, draws))
    files["invoices-2024-q1.csv"] += BAD_INVOICES
    files["receipts.csv"] = payments + list(BAD_PAYMENTS)
    return files


def _client(number: int, draws: random.Random) -> Client:
    plan = draws.choices("STF", weights=(5, 4, 1))[0]
    start = date(2022, 6, 1) + timedelta(days=draws.randrange(540))
    return Client(number, plan, draws.randint(1, 5), JOINED.get(number, start), LEFT.get(number))


def _client_line(client: Client) -> str:
    name = _NAMES[client.number - 1]
    company = f"{name} {_TRADES[client.number % len(_TRADES)]}"
    town = _TOWNS[client.number % len(_TOWNS)]
    standing = "on hold" if client.number in SUSPENDED else "ok"
    return f"{1000 + client.number};{company};{name.lower()}@example.com;{town};{standing};{_day(client.start)}"


def _contract_line(client: Client) -> str:
    state, end = ("ended", _day(client.end)) if client.end else ("running", "")
    number = 1000 + client.number
    return f"V-{number};{number};{client.plan};{client.seats};{state};{_day(client.start)};{end}"


def _invoice_number(client: Client, issued: date) -> str:
    return f"R-{issued.month:05}{client.number:03}"


def _invoice_line(client: Client, issued: date) -> str:
    number = 1000 + client.number
    due = issued + timedelta(days=TERMS_DAYS)
    return (
        f"{_invoice_number(client, issued)};{number};V-{number};{_day(issued)};{_day(due)};"
        f"{_euro(client.price)};EUR"
    )


def _payment_lines(client: Client, issued: date, draws: random.Random) -> list[str]:
    key = (client.number, issued.month)
    # every tenth pays late, but pays
    days = draws.randint(16, 40) if draws.random() < 0.1 else draws.randint(0, TERMS_DAYS)  # noqa: PLR2004
    paid_on = issued + timedelta(days=days)
    is_open = issued.month == MONTHS and (client.number in STILL_OPEN or paid_on.month > MONTHS)
    if key in ZOMBIES or is_open or issued.month > SUSPENDED.get(client.number, MONTHS):
        return []
    invoice = _invoice_number(client, issued)
    amount = _euro(client.price - LEAKY.get(key, 0))
    offset = "+02" if date(2024, 3, 31) <= paid_on < date(2024, 10, 27) else "+01"
    booked = f"{paid_on} {draws.randint(8, 17):02}:{draws.randrange(60):02}:00{offset}"
    return [f"Z-{invoice[2:]};{1000 + client.number};{invoice};{booked};{amount};EUR"]


def _day(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _euro(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02}"


def _text(*lines: str) -> list[bytes]:
    return [line.encode() for line in lines]


if __name__ == "__main__":
    main()
