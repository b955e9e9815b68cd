"""Data that nobody here wrote: IBM's accounts receivable sample, in its two spellings."""

from __future__ import annotations

import os
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from seeders.extracts import load_extracts

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("REVENUE_ASSURANCE_DATA", ROOT.parent / "shared" / "data")) / "ibm_ar"
FILES = {"mdy": "WA_AR_pthiagu2.csv", "dmy": "WA_AR_pedroteles.csv"}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sample is not on this machine")


def loaded(directory: Path, kind: str) -> duckdb.DuckDBPyConnection:
    shutil.copy(ROOT / "examples" / "ibm_ar" / kind / "mapping.yml", directory)
    shutil.copy(DATA / FILES[kind], directory)
    con = duckdb.connect()
    report = load_extracts(con, directory)
    assert [table.landed_with_reasons + table.rejected_lines for table in report.tables] == [0] * 3
    return con


@pytest.mark.parametrize("kind", FILES)
def test_every_invoice_lands(tmp_path: Path, kind: str) -> None:
    con = loaded(tmp_path, kind)

    assert con.execute("select count(*), sum(amount) from raw_billing.invoices").fetchone() == (
        2466,
        Decimal("147703.18"),
    )
    assert con.execute(
        "select count(*), sum(p.payment_date - i.due_date) filter (where p.payment_date > i.due_date)"
        " from raw_payments.payments as p join raw_billing.invoices as i using (invoice_id)"
    ).fetchone() == (2466, 8489)
    assert con.execute("select count(*) from raw_payments.disputes").fetchone() == (561,)


def test_both_spellings_give_the_same_rows(tmp_path: Path) -> None:
    found = []
    for kind in FILES:
        (tmp_path / kind).mkdir()
        con = loaded(tmp_path / kind, kind)
        found.append(
            [
                con.execute(
                    f"select * exclude (_file_no, _source_line) from {t} order by all"
                ).fetchall()
                for t in ("raw_billing.invoices", "raw_payments.payments", "raw_payments.disputes")
            ]
        )

    assert found[0] == found[1]
