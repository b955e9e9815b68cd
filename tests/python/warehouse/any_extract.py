"""Extracts that nobody would send, and everybody does: random rows for every raw table.

Values come from small pools, so that keys collide, name each other or nothing at all. Each pool begins with what is
ordinary; how far an extract strays from it is drawn with the extract. Rows come again, equal or changed. Nothing here
knows what staging accepts. An extract follows from a seed and its number alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any, Final

from seeders.contracts import (
    BIGINT,
    BOOLEAN,
    DATE,
    ENERGY,
    INTEGER,
    MONEY,
    RATE,
    TABLES,
    TEXT,
    TIMESTAMP,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from seeders.contracts import Column, Table

MOST_ROWS: Final = 6
"""Of one table, before some come again. Collisions need few, and every row costs time."""

ORDINARY: Final = 30
"""How many ordinary values are drawn for an odd one, in an extract that strays a little."""


@dataclass(frozen=True)
class Pool:
    """Values of a column: what is ordinary, and what is odd but fits its type."""

    ordinary: tuple[object, ...]
    odd: tuple[object, ...] = ()


@dataclass(frozen=True)
class Extract:
    """Raw rows by table, and the days they were taken and are looked at."""

    rows: Mapping[str, Sequence[Mapping[str, object]]]
    as_of: date
    extracted_on: date

    def __repr__(self) -> str:
        """As a call of `Estate.run` that can be pasted into a test."""
        tables = "".join(
            f"    {name!r}: [\n{''.join(f'        {dict(row)!r},{chr(10)}' for row in rows)}    ],\n"
            for name, rows in self.rows.items()
        )
        last = f"extracted_on=date.fromisoformat('{self.extracted_on}')"
        return f"estate.run({{\n{tables}}}, date.fromisoformat('{self.as_of}'), {last})"


def _pool(ordinary: str, odd: Iterable[object] = ()) -> Pool:
    return Pool(tuple(ordinary.split()), (None, *odd))


# Nothing, nothing to be seen, more than anybody reads, and what is no letter.
ODD_TEXTS: Final = ("", " ", " x ", "x" * 300, "Zoë's \N{GRINNING FACE}", "a|b,c\nd")

# Ids are shared by all tables that speak of the same thing; the odd ones are nobody's, or nearly somebody's.
_IDS_OF_THINGS: Final = {
    "customer_id": _pool("C1 C2 K1", ["", "C9"]),
    "account_id": _pool("K1 K2 K3", ["", "K1 ", "K9"]),
    "subscription_id": _pool("S1 S2", ["", "S9"]),
    "plan_id": _pool("gold silver", ["", "lead"]),
    "sku_id": _pool("TEA MILK", ["", "tea"]),
    "invoice_id": _pool("I1 I2 I3 I4", ["", "I9"]),
    "line_item_id": _pool("L1 L2 L3 L4 L5", [""]),
    "payment_id": _pool("P1 P2 P3", ["", "P9"]),
    "meter_id": _pool("M1 M2 M3", [""]),
    "meter_number": _pool("M1 M2 777", ["", "M9"]),
    "feeder": _pool("F1 F2", [""]),
    "rate_schedule": _pool("A-1 B-2", [""]),
    "request_id": _pool("R1 R2", [""]),
    "entity_key": _pool("K1 S1 M1 C1", ["", "K9"]),
    "entity_id": _pool("K1 S1 M1 C1", ["", "K9"]),
    "policy_id": _pool("Y1 Y2 Y3 Y4", [""]),
    "usage_id": _pool("U1 U2 U3 U4 U5 U6", [""]),
}
_IDS: Final = {
    name: Pool(pool.ordinary, (*pool.odd, f" {pool.ordinary[0]} ", "9" * 300))
    for name, pool in _IDS_OF_THINGS.items()
}

_DAYS: Final = (
    *("2024-03-01", "2024-01-31", "2024-02-29", "2024-03-31", "2024-01-01", "2024-04-15"),
    *("2024-05-01", "2024-06-30", "2023-12-31", "2023-03-01", "2024-01-20", "2024-02-19"),
)
# The first and last that `load` takes, both sides of the edges of the calendar, and a leap day that is none.
_ODD_DAYS: Final = (
    *("1900-01-01", "1900-02-28", "1989-12-31", "1990-01-01", "1999-12-31"),
    *("2030-01-31", "2049-12-31", "2050-01-01", "2100-02-28", "2199-12-31"),
)
_HOURS: Final = (*(f"2024-03-01 {hour:02}:00:00" for hour in range(12)), "2024-03-31 23:00:00")

# The largest that staging may accept, and more.
MONEYS: Final = ("0.00", "-5.00", "999999999999.99", "-999999999999.99", "999999999999999.99")
ENERGIES: Final = ("0.000", "-1.000", "999999999.999", "999999999999.999")

# What a column may hold by its type, where its name says no more.
_TYPES: Final = {
    TEXT: _pool("x y z", ODD_TEXTS),
    DATE: Pool(_DAYS, (None, *_ODD_DAYS)),
    TIMESTAMP: Pool(
        tuple(f"{day} 00:00:00" for day in _DAYS),
        (None, *(f"{day} 23:59:59.999999" for day in _ODD_DAYS)),
    ),
    INTEGER: Pool((1, 2, 3, 30), (None, 0, -1, 2_147_483_647, -2_147_483_648)),
    BIGINT: Pool((1, 2, 3), (None, 0, -1, 9_223_372_036_854_775_807)),
    BOOLEAN: Pool((True, False), (None,)),
    MONEY: _pool(
        "10.00 20.00 12.34 0.01 100.00",
        [*MONEYS, "9999999999999999.99", "-9999999999999999.99"],
    ),
    ENERGY: _pool(
        "1.000 2.500 0.125 100.000",
        [*ENERGIES, "999999999999999.999", "-999999999999999.999"],
    ),
    RATE: _pool(
        "1.000000 0.500000 0.050000 5.000000",
        ["0.000000", "-1.000000", "0.000001", "999999999.999999", "999999999999.999999"],
    ),
}

_STATUSES: Final = _pool(
    "Active Active Suspended Cancelled Closed",
    [
        "",
        "past_due",
        "zzz",
        " ACTIVE ",
        "Replaced",
        "under modification by somebody since long ago",
    ],
)
_IMAGES: Final = Pool(
    (
        '{"status": "Active"}',
        '{"status": "Suspended", "plan_id": "gold", "quantity": "2"}',
        '{"status": "Cancelled", "unit_price": "9.50", "credit_limit": "100"}',
        '{"account_id": "K2", "rate_schedule": "B-2", "connected_load_kw": "3", "feeder": "F2"}',
    ),
    (
        *(None, "", "{", "[]", "null", '"text"', "{}", "not json", '{"status": {"a": 1}}'),
        *('{"status": null, "plan_id": 5, "quantity": "many", "unit_price": 1e400}',),
        '{"unit_price": "-9999999999999999.99", "quantity": "999999999999999.999"}',
        '{"status": "", "credit_limit": "1e30", "connected_load_kw": "-5", "closed_on": "soon"}',
    ),
)

# What a column may hold by its name, or by its table and name.
_NAMES: Final = {
    **_IDS,
    "currency": _pool("USD USD EUR", ["", "usd", "US$", "Dollars", "XXX"]),
    "line_of_business": _pool("subscription utility trade_credit", ["", "Utility", "water"]),
    "status": _STATUSES,
    "cash_application": _pool("open_item balance_forward", ["", "fifo"]),
    "payment_terms_days": Pool((30, 14, 0), (None, -1, 2_147_483_647)),
    "billing_day": Pool((1, 15, 31), (None, 0, 29, 32, -2_147_483_648)),
    "quantity": Pool(("1.000", "2.000", "3.000"), (None, *ENERGIES)),
    "charge_type": _pool(
        "item subscription energy fixed tax discount", ["", "duty", "fee", "surcharge", "gift"]
    ),
    "rate_unit": _pool("kwh month percent kw", ["", "acre"]),
    "consumer_type": _pool("household shop feeder", [""]),
    "consumer_group": Pool(("household", None), ("", "shop")),
    "kind": _pool("percent amount", ["", "gift"]),
    "raw_payments.refunds.kind": _pool("refund chargeback", ["", "gift"]),
    "step_name": _pool("minor partial major full", ["", "severe"]),
    "min_ratio": _pool("0 0.33 0.67 1", ["-1", "2", "999999999999.999999"]),
    "slab_order": Pool((1, 2), (None, 0, -1, 2_147_483_647)),
    "source_table": _pool(
        "raw_crm.accounts raw_billing.subscriptions raw_metering.meters",
        ["", "raw_crm.customers", "accounts"],
    ),
    "op": _pool("u c d", ["", "x"]),
    "before": _IMAGES,
    "after": _IMAGES,
    "read_at": Pool(
        _HOURS,
        (
            None,
            "2024-03-01 00:30:00",
            "2024-03-01 00:15:00",
            "2024-03-01 01:30:00",
            "1900-01-01 00:00:00",
            "2199-12-31 23:00:00",
        ),
    ),
    "kwh": _pool(
        "0.500 0.500 1.250 0.000", ["-1.000", "-99999.000", *ENERGIES, "999999999999999.999"]
    ),
    "voltage": _pool("230.000 225.000 200.000", ["0.000", "-1.000", "999999999999999.999"]),
    "quality": Pool((None, None, "estimated"), ("no_signal", "reverse", "tamper", "guess")),
    "started_at": Pool(_HOURS, (None, "1900-01-01 00:00:00", "2199-12-31 23:59:59.999999")),
    "ended_at": Pool(_HOURS, (None, "1900-01-01 00:00:00", "2199-12-31 23:59:59.999999")),
    "cause": _pool("load_shedding fault maintenance voltage_sag", [""]),
    "method": _pool("card cheque", [""]),
    # a null of these means something of its own
    "raw_billing.invoices.amount": Pool(
        ("10.00", "20.00", "12.34", None),
        MONEYS,
    ),
    "raw_billing.invoices.due_date": Pool((*_DAYS, None), _ODD_DAYS),
    "raw_billing.invoices.period_start": Pool((*_DAYS, None, None), _ODD_DAYS),
    "raw_billing.invoices.period_end": Pool((*_DAYS, None, None), _ODD_DAYS),
    "raw_billing.invoices.subscription_id": Pool(("S1", None, None), ("S2", "S9", "")),
    "raw_billing.invoices.meter_number": Pool(("M1", None, None), ("777", "M9", "")),
    "raw_billing.invoices.statement_amount": Pool((None, None, "30.00"), MONEYS),
    "raw_billing.invoice_line_items.amount": Pool((None, "10.00", "5.00", "-2.00"), MONEYS),
    "raw_billing.invoice_line_items.unit_price": Pool((None, "10.00", "4.50"), MONEYS),
    "raw_payments.payments.amount_paid": Pool(("10.00", "5.00", "20.00", None), MONEYS),
    "raw_payments.payments.invoice_id": Pool(("I1", "I2", "I3", None), ("I9", "")),
    "raw_payments.payments.currency": Pool((None, None, "USD"), ("", "EUR", "usd", "US$")),
    "raw_billing.invoices.currency": Pool((None, None, "USD"), ("", "EUR", "usd", "US$")),
    "raw_payments.refunds.invoice_id": Pool((None, None, "I1"), ("I9", "")),
    "raw_billing.credit_notes.invoice_id": Pool(("I1", "I2", "I3", None), ("I9", "")),
    "raw_billing.write_offs.invoice_id": Pool(("I1", "I2", None), ("I9", "")),
}

# What `load` could not read of a row lands as null beside its reason.
_UNREAD: Final = {
    TEXT: "text_too_long",
    DATE: "not_a_date",
    TIMESTAMP: "not_a_timestamp",
    BOOLEAN: "not_a_boolean",
    INTEGER: "not_an_integer",
    BIGINT: "not_an_integer",
}


_LOADABLE: Final = tuple(table for table in TABLES.values() if table.loadable)

# Not at all, a little, all over; of each run of extracts most stray a little.
_STRAYING: Final = (1, 0, 1, 2, 1, 1)

# An interval is mostly told the right way round.
_INTERVALS: Final = (
    *(("cycle_start", "cycle_end"), ("period_start", "period_end"), ("valid_from", "valid_to")),
    *(("started_at", "ended_at"), ("started_on", "ended_on"), ("opened_on", "closed_on")),
)

# Readings of other forms come from files of their own.
_FORMS: Final = (
    {"reading_kind": "register", "reading_stamp": "end"},
    {"reading_kind": "register", "reading_interval": "30min", "reading_stamp": "start"},
    {"reading_kind": "energy", "reading_interval": "15min", "reading_stamp": "start"},
    {"reading_kind": "energy", "reading_interval": "30min", "reading_stamp": "end"},
    {"reading_kind": "energy", "reading_interval": "day", "reading_stamp": "start"},
)
_FORM_FILES: Final = 900

_LINES: Final = (None, "trade_credit", "subscription", "utility")
_COVERED: Final = (None, "2024-01-01", "2023-01-01", "1900-01-01", "2199-12-31")
_AS_OF: Final = (date(2024, 6, 30), date(2024, 4, 15), date(2024, 1, 1), date(2024, 12, 31))
_ODD_AS_OF: Final = (
    *(date(1900, 1, 1), date(1989, 12, 31), date(1990, 1, 1), date(2049, 12, 31)),
    *(date(2050, 1, 1), date(2199, 12, 31)),
)


def any_extract(seed: int, number: int) -> Extract:
    """Any mixture of tables, with any rows, looked at on any day the extracts know.

    Args:
        seed: Of a whole run of extracts.
        number: Which one of them, from 0.
    """
    random = Random(f"{seed}/{number}")  # noqa: S311
    straying = _STRAYING[number % len(_STRAYING)]
    missing = random.choice((0, 0.1, 0.1, 0.25, 0.5))
    rows: dict[str, Any] = {
        table.full_name: _rows(random, table, straying)
        for table in _LOADABLE
        if random.random() >= missing
    }
    days = (*_AS_OF * 4, *_ODD_AS_OF) if straying else _AS_OF
    as_of, extracted_on = sorted(random.choices(days, k=2))
    batches: list[dict[str, object]] = [{"as_of_date": extracted_on}]
    if straying:
        batches[0]["line_of_business"] = random.choice(_LINES)
        batches[0]["covers_from"], batches[0]["covers_to"] = random.choices(_COVERED, k=2)
        if random.random() < 1 / 4:
            batches.append({"batch_id": "another", "batch_no": 2, "as_of_date": as_of})
            for row in _each(rows):
                row["_batch_no"] = random.choice((1, 2))
    rows["raw_control.extract_batches"] = batches
    if random.random() < 1 / 3 and "raw_metering.readings" in rows:
        _give_forms(random, rows)
    return Extract(rows, as_of, extracted_on)


def smallest(extract: Extract, still: Callable[[Extract], bool], *, tries: int = 400) -> Extract:
    """What is left of an extract when tables, rows and values are taken away while something `still` holds.

    Args:
        extract: Of which it holds.
        still: Whether it holds of a smaller one.
        tries: How often to ask at most.
    """
    for cut in (_without_tables, _without_rows, _without_values):
        place = 0
        while tries:
            less = cut(extract, place)
            if less is None:
                break
            tries -= 1
            if still(less):
                extract = less
            else:
                place += 1
    return extract


def _rows(random: Random, table: Table, straying: int) -> list[dict[str, object]]:
    """Rows of a table in an extract that strays not at all (0), a little (1) or all over (2)."""
    rows = [
        {column.name: _value(random, table, column, straying) for column in table.columns}
        for _ in range(random.randint(1, MOST_ROWS))
    ]
    for nth, row in enumerate(rows):
        if straying < 2 and len(table.key) == 1 and random.random() < 3 / 4:
            # keys that all collide would leave little to accept
            row[table.key[0]] = _ordinary(table, table.key[0], nth)
        for first, last in _INTERVALS:
            is_told = row.get(first) is not None and row.get(last) is not None
            if is_told and random.random() < 3 / 4:
                row[first], row[last] = sorted((row[first], row[last]), key=str)
        if straying and random.random() < straying / 40:
            _misread(random, table, row)
    if random.random() < 1 / 3:
        rows.append(_again(random, table, random.choice(rows), straying))
    return rows


def _pool_of(table: Table, column: Column) -> Pool:
    known = (f"{table.full_name}.{column.name}", column.name)
    pool = next((_NAMES[name] for name in known if name in _NAMES), _TYPES[column.type])
    if table.key == (column.name,) and column.name not in _NAMES:
        pool = _pool("1 2 3 4 5", ODD_TEXTS)
    return pool


def _ordinary(table: Table, name: str, nth: int) -> object:
    """The nth of the ordinary values of a column, and the first again after the last."""
    column = next(column for column in table.columns if column.name == name)
    ordinary = _pool_of(table, column).ordinary
    return ordinary[nth % len(ordinary)]


def _value(random: Random, table: Table, column: Column, straying: int) -> object:
    pool = _pool_of(table, column)
    odd = pool.odd or (None,)
    share = (0.0, 1 / ORDINARY, len(odd) / (len(odd) + len(pool.ordinary)))[straying]
    return random.choice(odd if random.random() < share else pool.ordinary)


def _misread(random: Random, table: Table, row: dict[str, object]) -> None:
    """A value that `load` could not read lands as null beside its reason."""
    column = random.choice(table.columns)
    row[column.name] = None
    row["_load_reasons"] = f"{_UNREAD.get(column.type, 'not_a_number')}:{column.name}"


def _again(
    random: Random, table: Table, row: Mapping[str, object], straying: int
) -> dict[str, object]:
    """The same row once more: a copy, an older version, or something else under its key."""
    again = dict(row)
    others = [column for column in table.columns if column.name not in table.key]
    if others and random.random() < 2 / 3:
        column = random.choice(others)
        again[column.name] = _value(random, table, column, straying)
        if "updated_at" in again and random.random() < 1 / 2:
            again["updated_at"] = "2023-01-01 00:00:00"
    return again


def _give_forms(random: Random, rows: dict[str, Any]) -> None:
    """Readings that are registers, or energies of other intervals."""
    forms = random.sample(_FORMS, k=2)
    rows["raw_control.extract_files"] = [
        {"file_no": number, "batch_id": "delivery", "source_file": f"{number}.csv", **form}
        for number, form in enumerate(forms, _FORM_FILES)
    ]
    for row in rows["raw_metering.readings"]:
        if random.random() < 1 / 2:
            row["_file_no"] = random.choice((_FORM_FILES, _FORM_FILES + 1))


def _each(rows: Mapping[str, Sequence[dict[str, object]]]) -> Iterator[dict[str, object]]:
    return (row for table in rows.values() for row in table)


def _without_tables(extract: Extract, place: int) -> Extract | None:
    names = [name for name in extract.rows if not name.startswith("raw_control.")]
    if place >= len(names):
        return None
    kept = {name: rows for name, rows in extract.rows.items() if name != names[place]}
    return replace(extract, rows=kept)


def _without_rows(extract: Extract, place: int) -> Extract | None:
    for name, rows in extract.rows.items():
        if name.startswith("raw_control."):
            continue
        if place < len(rows):
            kept = [*rows[:place], *rows[place + 1 :]]
            return replace(extract, rows={**extract.rows, name: kept})
        place -= len(rows)
    return None


def _without_values(extract: Extract, place: int) -> Extract | None:
    for name, rows in extract.rows.items():
        if name.startswith("raw_control."):
            continue
        for nth, row in enumerate(rows):
            told = [column for column, value in row.items() if value is not None]
            if place < len(told):
                less = {column: row[column] for column in told if column != told[place]}
                kept = [*rows[:nth], less, *rows[nth + 1 :]]
                return replace(extract, rows={**extract.rows, name: kept})
            place -= len(told)
    return None
