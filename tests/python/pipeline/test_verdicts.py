"""What `load` says of the rows it landed: every reason counted, the first rows named."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import duckdb
import pytest
from rich.console import Console

from pipeline.verdicts import ADVICE, EXAMPLES, Finding, Verdicts, read_verdicts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def verdicts(tmp_path: Path) -> Verdicts:
    """Verdicts of two tables: five rejected invoices, one alert, payments all good."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema data_quality;
            create table data_quality.fct_source_rows as
            from (values
                ('raw_billing.invoices', 'load', 1204, 1199, 5),
                ('raw_payments.payments', 'load', 10, 10, 0),
                ('raw_payments.refunds', 'load', 0, 0, 0)
            ) as t (source_table, batch_id, rows_in, rows_accepted, rows_rejected);
            create table data_quality.fct_rejected_rows as
            select
                'raw_billing.invoices' as source_table,
                'load' as batch_id,
                '/data/invoices.csv' as source_file,
                17 + range as source_line,
                if(range = 4, null, 'INV' || range) as row_key,
                if(range = 0, 'negative_amount,missing_date', 'negative_amount') as reasons,
                null::varchar as kept_key
            from range(5);
            create table data_quality.fct_row_alerts as
            select
                'raw_billing.invoices' as source_table,
                'load' as batch_id,
                null::varchar as source_file,
                null::bigint as source_line,
                'INV9' as row_key,
                'future_date' as alert
            """
        )
    return read_verdicts(path)


def test_rows_in_are_accepted_or_rejected(verdicts: Verdicts) -> None:
    totals = verdicts.totals
    assert (totals.rows_in, totals.accepted, totals.rejected) == (1214, 1209, 5)
    assert [source.source_table for source in verdicts.sources] == [
        "raw_billing.invoices",
        "raw_payments.payments",
    ]


def test_each_reason_of_a_row_is_counted(verdicts: Verdicts) -> None:
    assert [(found.what, found.rows) for found in verdicts.rejections] == [
        ("negative_amount", 5),
        ("missing_date", 1),
    ]


def test_the_first_rows_are_named_by_file_and_row(verdicts: Verdicts) -> None:
    negative, missing = verdicts.rejections
    assert len(negative.examples) == EXAMPLES
    assert negative.examples[0] == "invoices.csv line 17: INV0"
    assert missing.examples == ("invoices.csv line 17: INV0",)
    assert verdicts.alerts[0].examples == ("INV9",)


def test_the_page_fits_80_columns(verdicts: Verdicts) -> None:
    page = io.StringIO()
    Console(width=80, file=page).print(verdicts.render())
    assert "raw_billing.invoices" in page.getvalue()
    assert "1,199" in page.getvalue()
    assert "5 x negative_amount (raw_billing.invoices)" in page.getvalue()
    assert "future_date" in page.getvalue()


def test_advice_follows_the_rows_it_is_for() -> None:
    """A code that does not say what to do has a line that does, at most 80 columns wide."""
    finding = Finding("raw_metering.readings", "not_a_number:kwh", 1, ("readings.csv line 2: 1,5",))
    plain = Finding("raw_metering.readings", "missing_time", 1, ("readings.csv line 3: M1",))
    out = io.StringIO()
    Console(file=out, width=80).print(Verdicts((), (finding, plain), ()).render())

    lines = out.getvalue().splitlines()
    told = lines.index("      readings.csv line 2: 1,5") + 1
    assert lines[told] == "      (decimal commas: `replace(column, ',', '.')` in the mapping)"
    assert lines[-1] == "      readings.csv line 3: M1"
    assert max(len(f"      ({advice})") for advice in ADVICE.values()) <= 80
