"""What `load` says of the rows it landed: every reason counted, the first rows named."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import duckdb
import pytest
from rich.console import Console

from pipeline.verdicts import (
    ADVICE,
    DECIMAL_COMMAS,
    EXAMPLES,
    SIGNS_AROUND,
    THOUSANDS_COMMAS,
    WORDS,
    Finding,
    Verdicts,
    read_verdicts,
    unknown_statuses,
)
from tests.python.load.helpers import INVOICES, load

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
    assert lines[told] == f"      ({DECIMAL_COMMAS})"
    assert lines[-1] == "      readings.csv line 3: M1"
    advices = [*ADVICE.values(), DECIMAL_COMMAS, THOUSANDS_COMMAS, SIGNS_AROUND]
    assert max(len(f"      ({advice})") for advice in advices) <= 80


def amount_of(directory: Path, expression: str, text: str) -> tuple[str | None, str | None]:
    mapping = INVOICES.replace("amount: amount", f"amount: {expression}")
    content = f'id,account,issued,amount,currency\n1,A,2024-01-31,"{text}",USD\n'
    row = (
        load(directory, mapping, invoices=content.encode())
        .con.execute("select cast(amount as varchar), _load_reasons from raw_billing.invoices")
        .fetchone()
    )
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("expression", "text", "amount"),
    [
        ("amount", "118,99", "118.99"),
        ("amount", "1,5", "1.50"),
        ("amount", "1.200,00", "1200.00"),
        ("amount", "1.234.567", "1234567.00"),
        ("amount", "1,200", "1200.00"),
        ("amount", "1,200.00", "1200.00"),
        ("amount", "12,34,567.50", "1234567.50"),
        ("amount", "1'200.50", "1200.50"),
        ("amount", "EUR -118.99", "-118.99"),
        ("amount", "12.345", "12.35"),
        ("replace(amount, ',', '')", "118,99", "118.99"),
        ("replace(replace(amount, '.', ''), ',', '.')", "12,345.00", "12345.00"),
    ],
)
def test_what_is_advised_for_a_number_reads_it(
    tmp_path: Path, expression: str, text: str, amount: str
) -> None:
    refused, reason = amount_of(tmp_path, expression, text)
    assert refused is None
    assert reason is not None
    finding = Finding(
        "raw_billing.invoices", reason, 1, (f"x.csv line 2: {reason} {text} (as is)",)
    )

    written = re.search("`(.*)`", finding.advice)
    assert written is not None
    advised = written[1].replace("column", "amount")
    assert amount_of(tmp_path, advised, text) == (amount, None)


def test_what_is_no_number_at_all_gets_no_advice() -> None:
    reason = "not_a_number:amount"
    finding = Finding("raw_billing.invoices", reason, 1, (f"x.csv line 2: {reason} none yet",))
    assert finding.advice == ""


def alerted(words: dict[str, int], table: str = "raw_crm.accounts") -> duckdb.DuckDBPyConnection:
    """A database with as many rows of each word as are asked for."""
    connection = duckdb.connect()
    connection.execute("create schema data_quality")
    connection.execute(
        "create table data_quality.fct_row_alerts (source_table varchar, alert varchar)"
    )
    rows = [(table, f"no_customer,{word}") for word, count in words.items() for _ in range(count)]
    connection.executemany("insert into data_quality.fct_row_alerts values (?, ?)", rows)
    return connection


def test_an_unknown_status_is_told_with_its_word_and_what_it_counts_as() -> None:
    words = {"unknown_status:Under Modification": 2, "unknown_status:zzz": 1, "unknown_status": 3}

    meaning = "counted as Active; translate it under `statuses:` in mapping.yml"
    assert unknown_statuses(alerted(words)) == (
        f"3 accounts say what does not look like a status: {meaning}",
        f"2 accounts say `Under Modification`: {meaning}",
        f"1 account says `zzz`: {meaning}",
    )
    ledger = unknown_statuses(alerted({"unknown_status:zzz": 2}, "raw_billing.balance_snapshots"))
    assert ledger[0].startswith("2 balance snapshots say `zzz`: not compared;")
    assert unknown_statuses(alerted({"closed_before_opened": 1})) == ()


def test_a_column_that_is_no_status_does_not_fill_the_page() -> None:
    told = unknown_statuses(alerted({f"unknown_status:word {n}": 9 - n for n in range(WORDS + 3)}))

    assert len(told) == WORDS + 1
    assert "say 3 other words: counted as Active" in told[-1]
    assert told[-1].startswith(f"{sum(9 - n for n in range(WORDS, WORDS + 3))} accounts")
