"""Rows that stand in the mapping itself: what no source system exports, such as a price list."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from seeders.extracts import LoadError
from tests.python.load.helpers import GOOD, HEADER, INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path

TARIFFS = """\
  raw_billing.tariffs:
    rows:
      - {rate_schedule: A-1, charge_type: energy, slab_order: 1, slab_width_kwh: 100, rate: 5.79,
         rate_unit: kwh, valid_from: 2024-01-01}
      - {rate_schedule: A-1, charge_type: energy, slab_order: 2, rate: 21, rate_unit: kwh,
         valid_from: 2024-01-01}
"""


def test_rows_land_with_the_types_of_their_table(tmp_path: Path) -> None:
    loaded = load(tmp_path, INVOICES + TARIFFS, invoices=HEADER + GOOD)
    assert loaded.con.execute(
        "select rate_schedule, slab_order, slab_width_kwh, rate, valid_from::varchar, valid_to"
        " from raw_billing.tariffs order by slab_order"
    ).fetchall() == [
        ("A-1", 1, Decimal("100.000"), Decimal("5.790000"), "2024-01-01", None),
        ("A-1", 2, None, Decimal("21.000000"), "2024-01-01", None),
    ]
    assert {table.table: table.rows_in for table in loaded.report.tables} == {
        "raw_billing.invoices": 2,
        "raw_billing.tariffs": 2,
    }


def test_a_value_that_does_not_fit_names_its_line_of_the_mapping(tmp_path: Path) -> None:
    mapping = INVOICES + TARIFFS.replace("rate: 21", "rate: dear")
    loaded = load(tmp_path, mapping, invoices=HEADER + GOOD)
    assert loaded.con.execute(
        "select source_file, source_line, reasons, raw_values from raw_control.unread_values"
        " join raw_control.extract_files using (file_no)"
    ).fetchall() == [("mapping.yml", 15, "not_a_number:rate", '{"rate":"dear"}')]


def test_rows_stand_beside_files_of_the_same_table(tmp_path: Path) -> None:
    mapping = (
        INVOICES
        + """\
  raw_billing.plans:
    - file: plans.csv
      columns: {plan_id: code}
    - rows:
        - {plan_id: "007", monthly_price: 10, currency: USD}
    - rows: [{plan_id: "008"}]
"""
    )
    loaded = load(tmp_path, mapping, invoices=HEADER + GOOD, plans=b"code\n001\n")
    assert loaded.con.execute(
        "select plan_id, monthly_price from raw_billing.plans order by plan_id"
    ).fetchall() == [("001", None), ("007", Decimal("10.00")), ("008", None)]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("rows: []", "raw_billing.plans: `rows` is not a list of rows like {column: value}"),
        ("rows: {plan_id: a}", "raw_billing.plans: `rows` is not a list of rows"),
        ("rows: [a]", "raw_billing.plans: 'a' in `rows` is not a row"),
        (
            "rows: [{plan_id: a, colour: red}]",
            "raw_billing.plans: line 12: unknown column `colour`",
        ),
        ("rows: [{plan_name: a}]", "raw_billing.plans: line 12: its key plan_id is missing"),
        ("rows: [{plan_id: a, currency: [b]}]", "raw_billing.plans: line 12: currency: ['b'] is"),
        ("{rows: [{plan_id: a}], file: b.csv}", "`rows` need no `file`"),
    ],
)
def test_a_row_that_cannot_be_meant_is_one_line(tmp_path: Path, rows: str, problem: str) -> None:
    mapping = INVOICES + f"  raw_billing.plans:\n    {rows}\n"
    with pytest.raises(LoadError) as caught:
        load(tmp_path, mapping, invoices=HEADER + GOOD)
    (message,) = caught.value.messages
    assert problem in message
