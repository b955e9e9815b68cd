"""A mapping and its files in a temporary directory, loaded into a database in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from seeders.extracts import LoadReport, load_extracts

if TYPE_CHECKING:
    from pathlib import Path

INVOICES = """\
as_of: 2024-12-31
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns:
      invoice_id: id
      account_id: account
      invoice_date: issued
      amount: amount
      currency: currency
"""
HEADER = b"id,account,issued,amount,currency\n"
GOOD = b"001,A1,2024-01-31,12.50,USD\n002,A2,2024-02-29,100.00,USD\n"


@dataclass(frozen=True)
class Loaded:
    """A load's report beside the database it wrote."""

    con: duckdb.DuckDBPyConnection
    report: LoadReport

    def invoices(self) -> list[tuple[object, ...]]:
        """What landed without a reason, in order."""
        return self.con.execute(
            "select invoice_id, invoice_date, amount from raw_billing.invoices"
            " where _load_reasons is null order by invoice_id"
        ).fetchall()

    def flagged(self) -> dict[str | None, str]:
        """Reasons of the rows that landed with some, by invoice."""
        return dict(
            self.con.execute(
                "select invoice_id, _load_reasons from raw_billing.invoices"
                " where _load_reasons is not null"
            ).fetchall()
        )

    def rejected(self) -> list[tuple[object, ...]]:
        """Lines that never became a row: line number and reasons."""
        return self.con.execute(
            "select source_line, reasons from raw_control.rejected_rows order by source_line"
        ).fetchall()


def load(directory: Path, mapping: str = INVOICES, **files: bytes) -> Loaded:
    """Write the mapping and the files (`invoices` for invoices.csv), then load them."""
    (directory / "mapping.yml").write_text(mapping, encoding="utf-8")
    for name, content in files.items():
        (directory / f"{name}.csv").write_bytes(content)
    con = duckdb.connect()
    return Loaded(con, load_extracts(con, directory))
