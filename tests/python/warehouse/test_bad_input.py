"""Bad rows beside good ones, from the file to the marts: nothing is lost, nothing good is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.python.workshop import query

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

MAPPING = """
as_of: 2024-03-31
defaults: {line_of_business: trade_credit}
tables:
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: id, account_id: account, invoice_date: issued, amount: amount,
              currency: currency}
  raw_payments.payments:
    file: payments.csv
    columns: {payment_id: id, invoice_id: invoice, account_id: account, payment_date: paid,
              amount_paid: amount, currency: currency}
"""

GOOD_INVOICES = """\
I1,A1,2024-01-10,100.00,USD
I2,A1,2024-02-10,50.00,USD
I3,A2,2024-02-10,80.00,USD
"""
GOOD_PAYMENTS = """\
P1,I1,,2024-01-20,100.00,USD
P2,I2,,2024-02-20,20.00,USD
"""

# (line, every reason for which it is rejected)
BAD_INVOICES = (
    (b",A1,2024-01-10,1.00,USD", "missing_key"),
    (b"I1,A1,2024-01-10,100.00,USD", "duplicate_key"),
    (b"I1,A9,2024-01-11,7.00,USD", "conflicting_key"),
    (b"B1,,2024-01-10,1.00,USD", "missing_account"),
    (b"B2,A1,,1.00,USD", "missing_date"),
    (b"B3,A1,2024-02-30,1.00,USD", "not_a_date:invoice_date"),
    (b"B4,A1,2024-01-10,-1.00,USD", "negative_amount"),
    (b"B5,A1,2024-01-10,1.005,USD", "too_many_decimals:amount"),
    (b"B6,A1,2024-01-10,NaN,USD", "not_finite:amount"),
    (b"B7,A1,2024-01-10,Infinity,USD", "not_finite:amount"),
    (b"B8,A1,2024-01-10,ten,DOLLARS", "not_a_number:amount,not_a_currency"),
    (b"B9,,2024-13-01,-2.00,USD", "not_a_date:invoice_date,missing_account,negative_amount"),
    (b"B10,A1,2024-01-10,,USD", "missing_amount"),
    (
        b"B11," + b"x" * 10_000_000 + b",2024-01-10,1.00,USD",
        "text_too_long:account_id,missing_account",
    ),
    (b"B12,A\xff,2024-01-10,1.00,USD", "invalid_utf8"),
    (b"B13,A1", "too_few_columns"),
)
BAD_PAYMENTS = (
    (b"Q1,I99,,2024-01-20,5.00,USD", "unknown_invoice,missing_account"),
    (b"Q2,B4,,2024-01-20,5.00,USD", "unknown_invoice,missing_account"),
    (b"Q4,I3,,2024-01-20,80.00,EUR", "currency_mismatch"),
    (b"Q5,I3,,2024-01-20,-80.00,EUR", "negative_amount,currency_mismatch"),
    (b"P1,I1,,2024-01-20,100.00,USD", "duplicate_key"),
    (b",I3,,2024-01-20,1.00,USD", "missing_key"),
)
# usable, with an oddity that is told
ODD_PAYMENTS = (
    (b"O1,I3,,2099-01-01,80.00,USD", "dated_after_extract"),
    (b"Q3,,A99,2024-01-20,5.00,USD", "unknown_account"),
    (b"Q6,,,2024-01-20,1.00,USD", "unidentified"),
)


def write(directory: Path, invoices: bytes, payments: bytes) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "mapping.yml").write_text(MAPPING)
    (directory / "invoices.csv").write_bytes(b"id,account,issued,amount,currency\n" + invoices)
    (directory / "payments.csv").write_bytes(
        b"id,invoice,account,paid,amount,currency\n" + payments
    )
    return directory


def lines(rows: tuple[tuple[bytes, str], ...]) -> bytes:
    return b"".join(row + b"\n" for row, _ in rows)


@pytest.fixture(scope="module")
def good(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The good rows, and those that are used with an alert, alone."""
    extracts = write(
        tmp_path_factory.mktemp("good"),
        GOOD_INVOICES.encode(),
        GOOD_PAYMENTS.encode() + lines(ODD_PAYMENTS),
    )
    workshop.load("good", extracts)
    return workshop.make(workshop.project("good"))


@pytest.fixture(scope="module")
def mixed(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same good rows with all the bad ones after them."""
    extracts = write(
        tmp_path_factory.mktemp("mixed"),
        GOOD_INVOICES.encode() + lines(BAD_INVOICES),
        GOOD_PAYMENTS.encode() + lines(ODD_PAYMENTS) + lines(BAD_PAYMENTS),
    )
    workshop.load("mixed", extracts)
    return workshop.build(workshop.project("mixed"))


def test_every_row_ends_accepted_or_rejected(mixed: Project) -> None:
    counts = query(
        mixed,
        "select source_table, rows_in, rows_accepted, rows_rejected"
        " from data_quality.fct_source_rows order by 1",
    )
    assert counts == [
        ("raw_billing.invoices", 3 + len(BAD_INVOICES), 3, len(BAD_INVOICES)),
        (
            "raw_payments.payments",
            2 + len(ODD_PAYMENTS) + len(BAD_PAYMENTS),
            2 + len(ODD_PAYMENTS),
            len(BAD_PAYMENTS),
        ),
    ]


@pytest.mark.parametrize(
    ("table", "file", "first", "rows"),
    [
        ("raw_billing.invoices", "invoices.csv", 5, BAD_INVOICES),
        ("raw_payments.payments", "payments.csv", 4 + len(ODD_PAYMENTS), BAD_PAYMENTS),
    ],
)
def test_a_rejected_row_is_named_with_every_reason(
    mixed: Project, table: str, file: str, first: int, rows: tuple[tuple[bytes, str], ...]
) -> None:
    found = query(
        mixed,
        "select left(batch_id, 15), source_file, source_line, reasons from data_quality.fct_rejected_rows"
        f" where source_table = '{table}' order by source_line",
    )
    # after the header and the rows that are used
    assert found == [
        ("load-2024-03-31", file, number, reasons)
        for number, (_, reasons) in enumerate(rows, start=first)
    ]


def test_an_odd_row_is_named_and_a_stub_has_no_file(mixed: Project) -> None:
    assert query(
        mixed,
        "select distinct left(batch_id, 15), source_file, source_line, alert from data_quality.fct_row_alerts"
        " order by source_line",
    ) == [
        *(
            ("load-2024-03-31", "payments.csv", number, alert)
            for number, (_, alert) in enumerate(ODD_PAYMENTS, start=4)
        ),
        ("load-2024-03-31", None, None, "stub_created"),
    ]


def test_a_rejected_row_keeps_its_raw_values(mixed: Project) -> None:
    assert query(
        mixed,
        "select row_key, raw_values from data_quality.fct_rejected_rows"
        " join raw_control.extract_files using (source_file)"
        " join raw_control.unread_values using (file_no, source_line)"
        " where row_key in ('B3', 'B5', 'B8') order by all",
    ) == [
        ("B3", '{"invoice_date":"2024-02-30"}'),
        ("B5", '{"amount":"1.005"}'),
        ("B8", '{"amount":"ten"}'),
    ]


def test_duplicates_name_the_key_that_stayed(mixed: Project) -> None:
    assert query(
        mixed,
        "select row_key, kept_key from data_quality.fct_rejected_rows"
        " where reasons in ('duplicate_key', 'conflicting_key') order by 1",
    ) == [("I1", "I1"), ("I1", "I1"), ("P1", "P1")]


def test_odd_rows_are_accepted_with_an_alert(mixed: Project) -> None:
    assert query(
        mixed,
        "select row_key, alert from data_quality.fct_row_alerts where alert != 'stub_created' order by 1",
    ) == [(row.partition(b",")[0].decode(), alert) for row, alert in ODD_PAYMENTS]
    assert query(mixed, "select count(*) from core.fct_payments where payment_id = 'O1'") == [(0,)]


def test_good_rows_are_as_if_they_had_come_alone(good: Project, mixed: Project) -> None:
    for mart in (
        "core.fct_invoices",
        "core.fct_payments",
        "core.fct_cash_movements",
        "core.dim_accounts",
        "leakage.fct_leakage_cases",
        "leakage.fct_leakage_monthly",
    ):
        rows = f"select * from {mart} order by all"
        assert query(good, rows) == query(mixed, rows), mart
    assert len(query(good, "from leakage.fct_leakage_cases")) > 0
