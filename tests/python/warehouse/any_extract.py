"""Extracts that nobody would send, and everybody does: random rows for every raw table.

Values come from small pools, so that keys collide, name each other or nothing at all. Each pool begins with what is
ordinary; how far an extract strays from it is drawn with the extract. Nothing here knows what staging accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

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
    from collections.abc import Iterable, Mapping, Sequence

    from seeders.contracts import Column, Table

MOST_ROWS: Final = 6
"""Of one table. Collisions need few, and every row costs time."""

ORDINARY: Final = 30
"""How many ordinary values are drawn for an odd one, in an extract that strays a little."""


QUIET: Final = settings(
    database=None, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)
"""Extracts are slow to draw and to publish, and a failure is printed as a call, not as a blob."""


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


# Ids are shared by all tables that speak of the same thing; the odd ones are nobody's, or nearly somebody's.
_IDS: Final = {
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
}

_DAYS: Final = (
    *("2024-03-01", "2024-01-31", "2024-02-29", "2024-03-31", "2024-01-01", "2024-04-15"),
    *("2024-05-01", "2024-06-30", "2023-12-31", "2023-03-01"),
)
_ODD_DAYS: Final = ("1900-01-01", "1999-12-31", "2049-12-31", "2050-01-01", "2199-12-31")
_HOURS: Final = (*(f"2024-03-01 {hour:02}:00:00" for hour in range(12)), "2024-03-31 23:00:00")

# The largest that staging may accept, and more.
MONEYS: Final = ("0.00", "-5.00", "999999999999.99", "-999999999999.99", "999999999999999.99")
ENERGIES: Final = ("0.000", "-1.000", "999999999.999", "999999999999.999")

# What a column may hold by its type, where its name says no more.
_TYPES: Final = {
    TEXT: _pool("x y z", ["", "Zoë's", " x "]),
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
    "Active Active Suspended Cancelled Closed", ["", "past_due", "zzz", " ACTIVE ", "Replaced"]
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
    "kind": _pool("refund chargeback percent amount", ["", "gift"]),
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
        _HOURS, (None, "2024-03-01 00:30:00", "1900-01-01 00:00:00", "2199-12-31 23:00:00")
    ),
    "kwh": _pool("0.500 0.500 1.250 0.000", ["-1.000", "-99999.000", "999999999999999.999"]),
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


def _values(table: Table, column: Column, straying: int) -> st.SearchStrategy[object]:
    """Values of a column in an extract that strays not at all (0), a little (1) or all over (2)."""
    known = (f"{table.full_name}.{column.name}", column.name)
    pool = next((_NAMES[name] for name in known if name in _NAMES), _TYPES[column.type])
    if table.key == (column.name,) and column.name not in _NAMES:
        pool = _pool("1 2 3 4 5", [""])
    ordinary, odd = pool.ordinary, pool.odd or (None,)
    often = chain.from_iterable(
        repeat(ordinary, (1, ORDINARY * len(odd) // len(ordinary) + 1, 1)[straying])
    )
    return st.sampled_from((*often, *(odd if straying else ())))


def _rows(table: Table, straying: int) -> st.SearchStrategy[list[dict[str, object]]]:
    row = st.fixed_dictionaries(
        {column.name: _values(table, column, straying) for column in table.columns}
    )
    return st.integers(1, MOST_ROWS).flatmap(
        lambda count: st.lists(row, min_size=count, max_size=count)
    )


_LOADABLE: Final = tuple(table for table in TABLES.values() if table.loadable)
_ROWS: Final = {
    (table.full_name, straying): _rows(table, straying)
    for table in _LOADABLE
    for straying in (0, 1, 2)
}
_BATCHES: Final = st.fixed_dictionaries(
    {
        "line_of_business": st.sampled_from((None, "trade_credit", "subscription", "utility")),
        "covers_from": st.sampled_from((None, "2024-01-01", "1900-01-01", "2199-12-31")),
        "covers_to": st.sampled_from((None, "2024-05-31", "1900-01-01", "2199-12-31")),
    }
)
_AS_OF: Final = (date(2024, 6, 30), date(2024, 4, 15), date(2024, 1, 1))
_ODD_AS_OF: Final = (date(1900, 1, 1), date(2049, 12, 31), date(2050, 1, 1), date(2199, 12, 31))


@st.composite
def extracts(draw: st.DrawFn) -> Extract:
    """Any mixture of tables, with any rows, looked at on any day the extracts know."""
    straying = draw(st.sampled_from((0, 1, 1, 1, 1, 2)))
    is_missing = st.sampled_from((True, *[False] * draw(st.sampled_from((1, 3, 9)))))
    rows: dict[str, Any] = {
        table.full_name: draw(_ROWS[table.full_name, straying])
        for table in _LOADABLE
        if not draw(is_missing)
    }
    days = st.sampled_from((*_AS_OF * 4, *_ODD_AS_OF) if straying else _AS_OF)
    as_of, extracted_on = sorted((draw(days), draw(days)))
    batch = draw(_BATCHES) if straying else {}
    rows["raw_control.extract_batches"] = [{"as_of_date": extracted_on, **batch}]
    return Extract(rows, as_of, extracted_on)
