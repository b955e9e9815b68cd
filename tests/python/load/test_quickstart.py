"""The example people start from: made by its script, readable by its mapping, its leaks in place."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from examples.quickstart.make_extract import (
    BAD_INVOICES,
    CLIENTS,
    GHOSTS,
    LEAKY,
    ZOMBIES,
    extract,
)
from seeders.extracts import load_extracts

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "quickstart"


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    load_extracts(connection, FOLDER)
    return connection


def test_the_files_are_what_the_script_writes() -> None:
    for name, lines in extract().items():
        assert (FOLDER / name).read_bytes() == b"\n".join(lines) + b"\n"


def test_bad_lines_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    flagged = con.execute(
        "select list(_load_reasons order by _load_reasons) from raw_billing.invoices"
        " where _load_reasons is not null"
    ).fetchone()
    rejected = con.execute(
        "select list(reasons order by reasons) from raw_control.rejected_rows"
    ).fetchone()

    assert flagged == (
        ["not_a_date:invoice_date", "not_a_number:amount", "too_many_decimals:amount"],
    )
    assert rejected == (["invalid_utf8", "too_few_columns"],)
    # the negative amount and the missing key are for staging to judge
    assert len(BAD_INVOICES) == 3 + 2 + 2


def test_the_leaks_are_in_it(con: duckdb.DuckDBPyConnection) -> None:
    def found(query: str) -> list[tuple[int, int]]:
        return sorted(
            (int(invoice[-3:]), int(invoice[2:-3])) for (invoice,) in con.execute(query).fetchall()
        )

    paid = """
        select i.invoice_id, a.status, i.due_date, i.amount, sum(p.amount_paid) as paid
        from raw_billing.invoices as i
        join raw_crm.accounts as a using (account_id)
        left join raw_payments.payments as p
            on i.invoice_id = p.invoice_id and i.currency = p.currency
        where i.invoice_id not like 'R-9%' and i.invoice_id is not null
        group by all
    """
    late = "status = 'Active' and due_date + 30 < date '2024-08-31'"
    assert found(f"select invoice_id from ({paid}) where paid is null and {late}") == sorted(
        ZOMBIES
    )
    assert found(f"select invoice_id from ({paid}) where paid < amount") == sorted(LEAKY)
    assert found(
        """
        select printf('R-%05d%03d', month, account_id::integer - 1000)
        from raw_billing.subscriptions, range(1, 9) as months(month)
        where started_on <= make_date(2024, month, 1)
            and coalesce(cancelled_on >= make_date(2024, month, 1), true)
            and (subscription_id, month) not in (
                select subscription_id, month(invoice_date) from raw_billing.invoices
                where invoice_date is not null and subscription_id is not null
            )
        """
    ) == sorted(GHOSTS)


def test_its_people_do_not_exist() -> None:
    text = (FOLDER / "clients.csv").read_text()

    assert len(set(re.findall(r"@(\S+?);", text))) == 1
    assert text.count("\n") == CLIENTS + 2
