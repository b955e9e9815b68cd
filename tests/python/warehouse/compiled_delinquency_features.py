"""The compiled SQL of the delinquency features, run on a handful of checks in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.python.warehouse.compiled_models import memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import duckdb

    from tests.python.warehouse.delinquency_books import Bill, Check, Rhythm
    from tests.python.workshop import Workshop

MART = "feat_account_delinquency"
# In the order of their needs.
MODELS = (
    *("int_delinquency_history", "int_delinquency_bills", "int_delinquency_outcomes"),
    MART,
)
GIVEN = {
    "intermediate.int_delinquency_checks": "account_id text, check_number integer,"
    " check_date date, currency text, unpaid_amount decimal(18, 2), unpaid_ratio decimal(18, 6),"
    " miss_type text, penalty decimal(9, 3), penalty_score decimal(9, 3),"
    " delinquency_status text, unpaid_streak integer, is_suspension boolean",
    "intermediate.int_invoices": "account_id text, currency text, invoice_date date,"
    " invoiced_amount decimal(18, 2)",
    "intermediate.int_accounts": "account_id text, line_of_business text",
}


def connect(workshop: Workshop, rhythm: Rhythm) -> duckdb.DuckDBPyConnection:
    """A database in memory with the models as views on what they are given.

    Args:
        workshop: Where they are compiled.
        rhythm: When snapshots are taken.
    """
    chosen = {
        "delinquency_snapshot_first": rhythm.first,
        "delinquency_snapshot_every": rhythm.every,
        "delinquency_label_cycles": rhythm.ahead,
    }
    nodes = workshop.compile(*MODELS, chosen=chosen)
    connection = memory()
    for schema in ("intermediate", "ml_features"):
        connection.execute(f"create schema {schema}")
    for name, columns in GIVEN.items():
        connection.execute(f"create table {name} ({columns})")
    for model in MODELS:
        node = nodes[model]
        connection.execute(f"create view {node['schema']}.{model} as {node['compiled_code']}")
    return connection


def build(
    connection: duckdb.DuckDBPyConnection,
    checks: Iterable[Check],
    bills: Iterable[Bill],
    lines: Mapping[str, str],
) -> dict[tuple[str, int], dict[str, Any]]:
    """The mart's rows by account and cycle, from these facts."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "intermediate.int_delinquency_checks": list(_numbered(checks)),
        "intermediate.int_invoices": [
            (bill.account_id, bill.currency, bill.issued_on, bill.charges) for bill in bills
        ],
        "intermediate.int_accounts": list(lines.items()),
    }
    for name, values in rows.items():
        connection.execute(f"truncate {name}")
        if values:
            places = ", ".join(["(" + ", ".join("?" * len(values[0])) + ")"] * len(values))
            facts = [value for row in values for value in row]
            connection.execute(f"insert into {name} values {places}", facts)
    return read(connection)


def read(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, int], dict[str, Any]]:
    """The mart's rows by account and cycle."""
    rows = connection.execute(f"select * from ml_features.{MART}").fetchall()
    columns = [column for column, *_ in connection.description or ()]
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return {(row.pop("account_id"), row.pop("cycle")): row for row in named}


def _numbered(checks: Iterable[Check]) -> Iterable[tuple[object, ...]]:
    numbers: dict[str, int] = {}
    streaks: dict[str, int] = {}
    suspended: dict[str, bool] = {}
    for check in sorted(checks, key=lambda check: check.on):
        account_id = check.account_id
        numbers[account_id] = numbers.get(account_id, 0) + 1
        streaks[account_id] = 0 if check.unpaid == 0 else streaks.get(account_id, 0) + 1
        was_suspended = suspended.get(account_id, False)
        suspended[account_id] = check.status == "Suspended"
        yield (
            *(account_id, numbers[account_id], check.on, check.currency),
            *(check.unpaid, check.ratio, check.miss, check.penalty, check.score, check.status),
            *(streaks[account_id], suspended[account_id] and not was_suspended),
        )
