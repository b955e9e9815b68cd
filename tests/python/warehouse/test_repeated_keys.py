"""One key, several rows: a copy is a copy, other content is a conflict, and no money goes without a word."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

if TYPE_CHECKING:
    from pathlib import Path

    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

DAY = date(2024, 6, 30)
# invoices are numbered per branch, and both branches are in one extract
BRANCHES = """\
as_of: 2024-06-30
defaults: {line_of_business: trade_credit, currency: GBP}
tables:
  raw_billing.invoices:
    - {file: north.csv, columns: &columns {
        invoice_id: number, account_id: customer, invoice_date: issued, amount: total}}
    - {file: south.csv, columns: *columns}
"""
NORTH = (
    "number,customer,issued,total\n100,Orchard,2024-01-02,1250.00\n101,Orchard,2024-02-02,60.00\n"
)
SOUTH = "number,customer,issued,total\n100,Harbour,2024-01-02,75.50\n101,Orchard,2024-02-02,60.00\n"


def test_a_load_tells_the_money_that_hangs_on_a_conflict(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Both rows with file, line and amount; the copy beside it is only counted."""
    (tmp_path / "mapping.yml").write_text(BRANCHES)
    (tmp_path / "north.csv").write_text(NORTH)
    (tmp_path / "south.csv").write_text(SOUTH)
    page = io.StringIO()
    Console(width=80, file=page).print(workshop.load("branches", tmp_path).verdicts.render())
    lines = [line.strip() for line in page.getvalue().splitlines()]
    start = lines.index("1 x conflicting_key (raw_billing.invoices)")
    assert lines[start + 1 : start + 4] == [
        "south.csv line 2: 100, 75.50 GBP",
        "kept: north.csv line 2, 1,250.00 GBP",
        "75.50 GBP of another invoice hangs on it",
    ]
    start = lines.index("1 x duplicate_key (raw_billing.invoices)")
    assert lines[start + 1] == "south.csv line 3: 101"


def test_a_load_tells_conflicts_of_rows_that_have_neither_amount_nor_currency(
    workshop: Workshop, tmp_path: Path
) -> None:
    (tmp_path / "mapping.yml").write_text(
        "as_of: 2024-06-30\n"
        "tables:\n"
        "  raw_crm.customers:\n"
        "    {file: customers.csv, columns: {customer_id: number, full_name: name}}\n"
    )
    (tmp_path / "customers.csv").write_text("number,name\n1,Orchard\n1,Harbour\n")
    page = io.StringIO()
    Console(width=80, file=page).print(workshop.load("nameless", tmp_path).verdicts.render())
    assert "1 x conflicting_key (raw_crm.customers)" in page.getvalue()


def _invoice(amount: str, **more: object) -> dict[str, object]:
    return {
        "invoice_id": "I",
        "account_id": "K",
        "invoice_date": "2024-01-01",
        "amount": amount,
        **more,
    }


def _kept(estate: Estate, *rows: dict[str, object]) -> list[tuple[object, ...]]:
    estate.run({"raw_billing.invoices": rows}, DAY)
    assert estate.broken() == []
    return estate.query("select invoiced_amount from core.fct_invoices")


@pytest.mark.parametrize("amounts", [("10.00", "900.00"), ("900.00", "10.00")])
def test_the_lower_line_stays_whatever_it_says(estate: Estate, amounts: tuple[str, str]) -> None:
    """Neither the larger amount nor the smaller one."""
    assert _kept(estate, *map(_invoice, amounts)) == [(Decimal(amounts[0]),)]


def test_rows_without_a_place_are_chosen_by_no_order_of_reading(estate: Estate) -> None:
    """Simulated rows come from no file: the same one stays, whichever lands first, and not always the smaller."""
    nowhere: dict[str, object] = {"_file_no": None, "_source_line": None}
    kept = []
    for number in range(10):
        rows = [_invoice(amount, account_id=f"K{number}", **nowhere) for amount in ("10", "900")]
        kept.append(_kept(estate, *rows))
        assert kept[-1] == _kept(estate, *reversed(rows))
    assert {amount for [(amount,)] in kept} == {Decimal("10.00"), Decimal("900.00")}


READINGS = """\
as_of: 2024-06-30
tables:
  raw_metering.meters:
    rows: [{meter_id: M, meter_number: '7'}]
  raw_metering.readings:
    file: readings.csv
    columns: {meter_number: meter, read_at: read, kwh: used}
"""
HOURS = """\
meter,read,used
7,2024-01-01 10:00,0.500
7,2024-01-01 10:00,900.250
7,2024-01-01 11:00,2.000
7,2024-01-01 11:00,2.000
7,2024-01-01 12:00,1.000
7,2024-01-01 13:00,9.000
7,2024-01-01 13:00,1.000
"""


def test_a_load_tells_the_energy_that_hangs_on_a_conflict(
    workshop: Workshop, tmp_path: Path
) -> None:
    """Both readings of an hour with line and energy, whichever is more; a copy is none of them."""
    (tmp_path / "mapping.yml").write_text(READINGS)
    (tmp_path / "readings.csv").write_text(HOURS)
    page = io.StringIO()
    Console(width=90, file=page).print(workshop.load("hours", tmp_path).verdicts.render())
    lines = [line.strip() for line in page.getvalue().splitlines()]
    start = lines.index("2 x conflicting_key (raw_metering.readings)")
    assert lines[start + 1 : start + 6] == [
        "readings.csv line 3: 7 2024-01-01 10:00:00, 900.250 kWh",
        "kept: readings.csv line 2, 0.500 kWh",
        "readings.csv line 8: 7 2024-01-01 13:00:00, 1.000 kWh",
        "kept: readings.csv line 7, 9.000 kWh",
        "901.250 kWh of 2 other readings hangs on them",
    ]
    assert "1 x duplicate_key (raw_metering.readings)" in lines


def _hour(kwh: str, **more: object) -> dict[str, object]:
    return {"meter_number": "7", "read_at": "2024-01-01 10:00:00", "kwh": kwh, **more}


def _read(estate: Estate, *rows: dict[str, object]) -> list[tuple[object, ...]]:
    other = {"as_of_date": DAY, "batch_id": "another", "batch_no": 2}
    batches: list[dict[str, object]] = [{"as_of_date": DAY}, other]
    meters = [{"meter_id": "M", "meter_number": "7"}]
    estate.run(
        {
            "raw_control.extract_batches": batches,
            "raw_metering.meters": meters,
            "raw_metering.readings": rows,
        },
        DAY,
    )
    assert estate.broken() == []
    return estate.query(
        "select kwh, rejection_reasons from staging.stg_metering__readings"
        " order by is_accepted desc, rejection_reasons"
    )


@pytest.mark.parametrize("energies", [("0.5", "900"), ("900", "0.5")])
def test_the_reading_on_the_lower_line_stays(estate: Estate, energies: tuple[str, str]) -> None:
    """Whatever it says and whichever batch it came with; what equals it is a copy."""
    first, other = map(Decimal, energies)
    rows = _hour(energies[0], _batch_no=2), _hour(energies[1]), _hour(energies[0], _batch_no=1)
    assert _read(estate, *rows) == [
        (first, None),
        (other, "conflicting_key"),
        (first, "duplicate_key"),
    ]


def test_a_reading_beyond_all_bounds_does_not_keep_out_a_good_one(estate: Estate) -> None:
    """On the lower line it used to stay, and was rejected all the same: nothing was left of the hour."""
    kept = _read(estate, _hour("999999999999"), _hour("1"))
    assert kept[0] == (Decimal(1), None)
    assert kept[1][1] == "energy_out_of_range,conflicting_key"


def test_readings_without_a_place_are_chosen_by_no_order(estate: Estate) -> None:
    """Simulated: the same one stays, whichever lands first, and not always the smaller."""
    nowhere: dict[str, object] = {"_file_no": None, "_source_line": None}
    kept = set()
    for number in range(6):
        rows = [_hour(kwh, voltage=200 + number, **nowhere) for kwh in ("1", "9")]
        stayed = _read(estate, *rows)[0]
        assert stayed == _read(estate, *reversed(rows))[0]
        kept.add(stayed[0])
    assert kept == {Decimal(1), Decimal(9)}
