"""What docs/mapping.md tells people to write works as it says."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import duckdb
import jinja2
import pytest

from pipeline.paths import CHECKOUT
from seeders.extracts import load_extracts
from seeders.extracts.bounds import Bounds
from seeders.extracts.statuses import plain_word
from tests.python.load.helpers import INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (CHECKOUT / "docs" / "mapping.md").read_text(encoding="utf-8")


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_mapping_reads_what_it_was_written_for(tmp_path: Path) -> None:
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    (tmp_path / "mapping.yml").write_text(block, encoding="utf-8")
    customers = "KundenNr;Status;Seit\nK1 ;in Klärung;31.12.2023\nK2;aktiv;01.02.2024\n"
    (tmp_path / "kunden.csv").write_bytes(customers.encode("cp1252"))
    invoices = "RechnungsNr;KundenNr;Datum;Fällig am;Betrag\n1;K1;01.03.2024;31.03.2024;1.200,50\n"
    (tmp_path / "rechnungen-1.csv").write_text(invoices + "2;K2;01.03.2024;31.03.2024;0,00\n")
    con = duckdb.connect()
    load_extracts(con, tmp_path)

    accounts = con.execute(
        "select account_id, status, cast(opened_on as varchar), cash_application, currency"
        " from raw_crm.accounts order by account_id"
    ).fetchall()
    assert accounts == [
        ("K1", "Suspended", "2023-12-31", "open_item", "EUR"),
        ("K2", "aktiv", "2024-02-01", "open_item", "EUR"),
    ]
    found = con.execute(
        "select invoice_id, account_id, amount from raw_billing.invoices"
    ).fetchall()
    assert [tuple(map(str, row)) for row in found] == [("1", "K1", "1200.50")]


def test_negative_invoices_are_mapped_as_credit_notes(tmp_path: Path) -> None:
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    (tmp_path / "mapping.yml").write_text(f"as_of: 2024-12-31\ntables:\n{block}", encoding="utf-8")
    (tmp_path / "documents.csv").write_text(
        "Number,Customer,Issued,Total,Corrects\n1,K,2024-01-02,80.00,\n2,K,2024-01-09,-30.00,1\n"
    )
    con = duckdb.connect()
    load_extracts(con, tmp_path)

    invoices = con.execute("select invoice_id, amount from raw_billing.invoices").fetchall()
    notes = con.execute(
        "select credit_note_id, account_id, invoice_id, amount from raw_billing.credit_notes"
    ).fetchall()
    assert [tuple(map(str, row)) for row in invoices] == [("1", "80.00")]
    assert [tuple(map(str, row)) for row in notes] == [("2", "K", "1", "30.00")]


def test_a_file_of_changes_is_mapped_as_the_page_says(tmp_path: Path) -> None:
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[2]
    (tmp_path / "mapping.yml").write_text(f"as_of: 2024-12-31\ntables:\n{block}", encoding="utf-8")
    (tmp_path / "requests-1.csv").write_text("Number,Customer,Opened\n1,K,2024-01-02 09:00:00\n")
    con = duckdb.connect()
    load_extracts(con, tmp_path)
    kept = con.execute("select target_table, delivery, rows_in from raw_control.deliveries")
    assert kept.fetchall() == [("raw_service.service_requests", "delta", 1)]


AMOUNTS = ["12345.00", "12345.00", "12345.00", "345.00", "12.35"]


@pytest.mark.parametrize(("row", "amount"), list(zip(rows_of("Numbers"), AMOUNTS, strict=True)))
def test_each_form_of_a_number_is_read(tmp_path: Path, row: list[str], amount: str) -> None:
    text, expression = row[0].partition(" in a ")[0], row[1].strip("`").replace("Total", "amount")
    mapping = INVOICES.replace("amount: amount", f"amount: {expression}")
    content = f'id,account,issued,amount,currency\n1,A,2024-01-31,"{text}",EUR\n'
    loaded = load(tmp_path, mapping, invoices=content.encode())

    assert [str(found[2]) for found in loaded.invoices()] == [amount]


def test_each_word_means_what_the_page_says() -> None:
    returned: list[dict[str, list[str]]] = []
    environment = jinja2.Environment(autoescape=False)  # noqa: S701
    environment.globals["return"] = returned.append
    source = (CHECKOUT / "macros" / "rules" / "status_words.sql").read_text(encoding="utf-8")
    environment.from_string(source + "{{ status_words() }}").render()

    told = {
        row[0].strip("`"): {plain_word(word.strip()) for word in row[1].split(",")}
        for row in rows_of("Statuses")
    }
    assert set(told) == set(returned[0])
    for status, words in told.items():
        assert words <= set(returned[0][status]), status


def test_every_limit_is_listed_with_its_default() -> None:
    listed = {
        name: default
        for names, default, _ in (row for row in rows_of("Bounds") if len(row) == 3)
        for name, default in zip(re.findall(r"`(\w+)`", names), default.split(", "), strict=True)
    }
    known = {field.name: getattr(Bounds(), field.name) for field in fields(Bounds)}
    numbers = {name: value for name, value in known.items() if isinstance(value, int)}
    assert listed == {
        name: "1 MiB" if name == "mapping_bytes" else f"{value:,}"
        for name, value in numbers.items()
    }
    assert f"`WAREHOUSE_MEMORY_LIMIT` ({known['memory']})" in PAGE
