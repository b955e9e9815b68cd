"""Canaries: what identifies a person in an extract is found in the tables meant for it, and in nothing else that is left.

One extract with names, addresses, telephone numbers and free texts that occur nowhere else, in their own columns, in
rows that have lost a field, in values that do not fit and in broken lines. It is loaded, built, looked at and
documented by the commands; then everything they wrote and printed is searched.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import duckdb
import pytest

from tests.python.pipeline.toy import Outcome, run_in_process

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

NAME, EMAIL, PHONE = "Zebraqadam Zebraqeva", "zebraqmail@zebraq.example", "+49 151 77665544"
STREET, TEXT = "Zebraqstreet 77", "Zebraqwords for Zebraqeva"
CANARY = re.compile(r"zebraq|151.?77665544", re.IGNORECASE)

RAW = re.compile(r"raw_\w+")
ALLOWED = {
    # as delivered, and judged
    "staging": None,
    # on their way to the one mart that shows them, and their history
    "intermediate": {
        *("int_customers", "int_rejected_rows"),
        *("int_subscription_evidence", "int_charged_lines", "int_rated_lines"),
    },
    "snapshots": {"snap_customers"},
    "core": {"dim_customers"},
}
"""Tables that may hold a canary, by schema; None for all of them."""

FILES = {
    "customers.csv": [
        "id,name,mail,phone,street,city,since",
        f"C1,{NAME},{EMAIL},{PHONE},{STREET},Bonn,2023-01-01",
        f"{NAME},{EMAIL},{PHONE},{STREET},Bonn,2023-01-01,",
        f"C3,,{NAME},{EMAIL},{PHONE},{STREET},Bonn",
        f"C4,{NAME},{EMAIL},{PHONE},{STREET},Bonn,2023-01-01,{TEXT}",
    ],
    "accounts.csv": [
        "id,customer,opened,limit",
        "A1,C1,2023-01-01,100.00",
        f"A2,C1,{NAME},{EMAIL}",
        f"{EMAIL},C1,{PHONE},100.00",
    ],
    "invoices.csv": [
        "id,account,issued,amount",
        "I1,A1,2024-01-31,50.00",
        "I2,A1,2024-02-29,60.00",
        f"{NAME},{EMAIL},{PHONE},{STREET}",
        f"I4,A1,2024-02-29,{TEXT}",
        f"I5,A1,{NAME},10.00",
        f"I6,A1,2024-02-29,10.00,{NAME}",
        f'I7,"{NAME},2024-02-29,10.00',
    ],
    "lines.csv": [
        "id,invoice,text,quantity,price,amount",
        f"L1,I1,{TEXT},1,50.00,50.00",
        f"L2,I2,{NAME} {STREET},1,{NAME},60.00",
        f"{TEXT},I2,{STREET},1,{EMAIL},{PHONE}",
    ],
    "payments.csv": [
        "id,account,invoice,paid,amount",
        "P1,A1,I1,2024-02-10,50.00",
        f"P2,A1,I2,{EMAIL},{NAME}",
        f"{STREET},{NAME},{TEXT},2024-02-10,5.00",
    ],
    "events.csv": [
        "id;table;op;key;seq;at;after",
        *(
            f"E{number};{table};u;{key};{number};2024-02-01 10:00:00;{json.dumps(image)}"
            for number, (table, key, image) in enumerate(
                [
                    ("customers", "C1", {"full_name": NAME, "email": EMAIL}),
                    ("accounts", "A1", {"status": "Active", "note": TEXT}),
                ],
                start=1,
            )
        ),
    ],
}
MAPPING = """
as_of: 2024-03-31
defaults: {line_of_business: trade_credit, currency: EUR}
tables:
  raw_crm.customers:
    file: customers.csv
    columns: {customer_id: id, full_name: name, email: mail, phone: phone, street: street, city: city, created_at: since}
  raw_crm.accounts:
    file: accounts.csv
    columns: {account_id: id, customer_id: customer, opened_on: opened, credit_limit: '"limit"'}
  raw_billing.invoices:
    file: invoices.csv
    columns: {invoice_id: id, account_id: account, invoice_date: issued, amount: amount}
  raw_billing.invoice_line_items:
    file: lines.csv
    columns:
      {line_item_id: id, invoice_id: invoice, description: text, quantity: quantity, unit_price: price, amount: amount}
  raw_payments.payments:
    file: payments.csv
    columns: {payment_id: id, account_id: account, invoice_id: invoice, payment_date: paid, amount_paid: amount}
  raw_cdc.change_events:
    file: events.csv
    delimiter: ';'
    quote: ''
    columns: {event_id: id, source_table: '"table"', op: op, entity_key: '"key"', source_seq: seq, source_ts: '"at"', after: after}
"""


@dataclass(frozen=True)
class Left:
    """What the commands left behind: a published file, files beside it, and lines on a terminal."""

    project: Project
    directory: Path
    printed: str


@pytest.fixture(scope="module")
def left(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Load, build, status and docs of the extract, with all that dbt can log."""
    project = workshop.project("canaries")
    directory = project.warehouse.parent
    extracts = tmp_path_factory.mktemp("canaries")
    (extracts / "mapping.yml").write_text(MAPPING)
    for name, lines in FILES.items():
        (extracts / name).write_text("\n".join(lines) + "\n")
    environment = {
        "WAREHOUSE_PATH": str(project.warehouse),
        "DBT_LOG_LEVEL_FILE": "debug",
        "DBT_LOG_PATH": str(directory / "logs"),
        "DBT_TARGET_PATH": str(directory / "target"),
    }
    outcomes: list[Outcome] = []
    with mock.patch.dict(os.environ, environment):
        # a mistake is told as well: a file without a header
        broken = MAPPING.replace("amount: amount}", "amount: nothing}", 1)
        (extracts / "mapping.yml").write_text(broken)
        (extracts / "invoices.csv").rename(extracts / "invoices.whole")
        (extracts / "invoices.csv").write_text(f"{NAME},{EMAIL},{PHONE},{TEXT}\n")
        outcomes.append(run_in_process("load", str(extracts)))
        assert outcomes[-1].code == 1
        (extracts / "mapping.yml").write_text(MAPPING)
        (extracts / "invoices.whole").rename(extracts / "invoices.csv")
        for command in (("load", str(extracts)), ("build",), ("status",), ("docs", "--no-serve")):
            outcomes.append(run_in_process(*command))
            assert outcomes[-1].code == 0, outcomes[-1].stderr
    return Left(project, directory, "".join(one.stdout + one.stderr for one in outcomes))


def test_tables_that_are_not_meant_for_them_hold_none(left: Left) -> None:
    found: set[tuple[str, str]] = set()
    with duckdb.connect(str(left.project.warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " union all select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                f'select coalesce(string_agg(row::varchar), \'\') from "{schema}"."{table}" as row'
            ).fetchone()
            if rows and CANARY.search(rows[0]):
                found.add((schema, table))
    assert ("core", "dim_customers") in found
    assert ("raw_crm", "customers") in found
    assert ("raw_control", "unread_values") in found
    elsewhere = {
        (schema, table)
        for schema, table in found
        if not RAW.fullmatch(schema)
        and table not in (ALLOWED.get(schema, set()) or ({table} if schema in ALLOWED else set()))
    }
    assert elsewhere == set()


def test_the_one_mart_shows_no_more_than_it_is_meant_to(left: Left) -> None:
    with duckdb.connect(str(left.project.warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select distinct row::varchar from core.dim_customers as row where customer_id = 'C1'"
        ).fetchall()
    shown = " ".join(text for (text,) in rows)
    assert NAME in shown
    assert STREET in shown
    assert EMAIL not in shown
    assert PHONE not in shown


def test_nothing_that_is_printed_names_them(left: Left) -> None:
    assert CANARY.findall(left.printed) == []
    # the rows are told all the same, and what fits its column is shown
    for told in (
        "not_a_number:amount",
        "invoices.csv line 4",
        f"text of {len(TEXT)} characters",
        "its first line looks like a row",
        "too_many_columns",
    ):
        assert told in left.printed


def test_no_file_beside_the_warehouse_names_them(left: Left) -> None:
    searched = set()
    for path in sorted(left.directory.rglob("*")):
        if not path.is_file() or path == left.project.warehouse:
            continue
        searched.add(path.name)
        text = path.read_bytes().decode("utf-8", errors="replace")
        assert CANARY.findall(text) == [], path
    assert {"dbt.log", "run_results.json", "manifest.json", "catalog.json"} <= searched
    assert "warehouse.duckdb.runs.jsonl" in searched
    assert any(name.endswith(".sql") for name in searched)
    log = (left.directory / "logs" / "dbt.log").read_text()
    assert "[debug]" in log
