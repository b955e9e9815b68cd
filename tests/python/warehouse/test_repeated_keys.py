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
