"""What docs/scaling.md tells people to write into their mapping works as it says."""

from __future__ import annotations

import re
from datetime import date
from textwrap import indent
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.dbt_runner import run_dbt
from pipeline.paths import CHECKOUT
from tests.python.workshop import Workshop, query, silent

if TYPE_CHECKING:
    from pathlib import Path

PAGE = CHECKOUT / "docs" / "scaling.md"

# op, before, after, key, table, log position, day it happened, day it was delivered
ENVELOPES = """
    copy (
        select op, before, after, key, 'accounts' as source_table, lsn,
            epoch_ms(happened::timestamp) as source_ms,
            epoch_ms(delivered::timestamp) as arrived_ms
        from (values
            ('r', null, {'status': 'active'}, {'account_id': 'A1'}, 10, '2024-01-01', '2024-01-01'),
            ('u', {'status': 'active'}, {'status': 'closed'}, {'account_id': 'A1'}, 30,
                '2024-03-01', '2024-03-01'),
            ('u', {'status': 'active'}, {'status': 'closed'}, {'account_id': 'A1'}, 30,
                '2024-03-01', '2024-03-02'),
            ('u', {'status': 'active'}, {'status': 'suspended'}, {'account_id': 'A1'}, 20,
                '2024-02-01', '2024-03-09'),
            ('d', {'status': 'active'}, null, {'account_id': 'A2'}, 40, '2024-04-01', '2024-04-01'),
            (null, null, null, {'account_id': 'A2'}, 41, '2024-04-01', '2024-04-01'),
            ('t', null, null, {'account_id': 'A2'}, 42, '2024-04-01', '2024-04-01')
        ) as envelopes (op, before, after, key, lsn, happened, delivered)
    ) to '{path}' (format parquet)
"""
MAPPING = """
as_of: 2024-06-30
defaults: {line_of_business: trade_credit, currency: USD}
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: invoice, account_id: account, invoice_date: issued, amount: amount}
"""
INVOICES = "invoice,account,issued,amount\nI1,A1,2024-01-10,10.00\nI2,A2,2024-01-10,10.00\n"


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    """Two accounts' invoices, and envelopes as a change feed delivers them."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "mapping.yml").write_text(MAPPING + "".join(indent(text, "  ") for text in blocks))
    (tmp_path / "invoices.csv").write_text(INVOICES)
    duckdb.execute(ENVELOPES.replace("{path}", str(tmp_path / "changes-1.parquet")))
    return tmp_path


def test_a_change_feed_is_read_as_the_page_says(workshop: Workshop, extracts: Path) -> None:
    project = workshop.project("envelopes")
    loaded = workshop.load("envelopes", extracts)
    reasons = {found.what: found.rows for found in loaded.verdicts.rejections}
    assert reasons == {"duplicate_key": 1, "unknown_operation": 1}

    run_dbt(project, project.warehouse, ["run", "--select", "+int_account_spells"], silent)
    spells = query(
        project,
        "select account_id, status, valid_from from intermediate.int_account_spells order by all",
    )
    assert spells == [
        # the event that came late took its place before the one that came first
        ("A1", "Active", date(1899, 12, 31)),
        ("A1", "Closed", date(2024, 3, 1)),
        ("A1", "Suspended", date(2024, 2, 1)),
        # the tombstone left the deletion as it was
        ("A2", "Active", date(1899, 12, 31)),
        ("A2", "Deleted", date(2024, 4, 1)),
    ]


def test_every_place_the_page_names_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    paths = set(re.findall(r"`((?:tests|macros|seeders|benchmarks|models)/[\w./]*)`", text))
    assert paths
    assert [path for path in sorted(paths) if not (CHECKOUT / path).exists()] == []
    models = set(re.findall(r"`(?:\w+\.)?((?:stg|int|fct)_\w+)`", text))
    known = {path.stem for path in (CHECKOUT / "models").rglob("*.sql")}
    assert sorted(models - known) == []
