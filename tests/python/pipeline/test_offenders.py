"""A build that fails names the rows it failed on, by key, file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.offenders import FailedNode, name_offenders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.python.pipeline.toy import Toy

STAGING = """
    create schema staging;
    create table staging.stg_control__extract_files as
    from (values (1, '/data/bills.csv'), (2, '/data/clients.parquet')) as t (file_no, source_file);
    create table staging.stg_billing__invoices as
    from (values
        ('A-1', 'K1', 1, 7, true),
        ('A-1', 'K9', 1, 8, false),
        ('A-2', 'K2', 1, 9, true),
        ('A-3', 'K2', null, null, true)
    ) as t (invoice_id, account_id, file_no, source_line, is_accepted);
    create table staging.stg_crm__accounts as
    from (values ('K1', 2, 3, true)) as t (account_id, file_no, source_line, is_accepted);
    create schema core;
    create table core.fct_invoices as
    from (values ('A-1', 'K1', 5), ('A-2', 'K2', null), ('A-3', 'K2', -1))
        as t (invoice_id, account_id, amount)
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three accepted invoices, one of them simulated, and the mart made of them."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(STAGING)
    return path


def _named(database: Path, node: FailedNode) -> str:
    (named,) = name_offenders(database, [node])
    return named


def _test(sql: str, column: str | None = None) -> FailedNode:
    return FailedNode(sql, "Got 2 results", True, column, "core.fct_invoices")  # noqa: FBT003


def test_rows_that_carry_a_key_are_named_by_it(database: Path) -> None:
    """By the narrowest, from the accepted row; nothing but keys and places is told."""
    sql = "select account_id, amount, invoice_id, 'Ann Other' as full_name from core.fct_invoices"
    named = _named(database, _test(sql + " order by invoice_id"))
    assert named == (
        "invoice_id A-1 (bills.csv line 7); invoice_id A-2 (bills.csv line 9); invoice_id A-3"
    )


def test_a_test_of_a_column_is_traced_to_its_rows(database: Path) -> None:
    """It returns values under names of its own."""
    sql = "select amount as from_field from core.fct_invoices where amount = 5"
    assert _named(database, _test(sql, "amount")) == "invoice_id A-1 (bills.csv line 7)"
    assert not _named(database, _test("select 12 as from_field", "amount"))


def test_a_broken_rule_is_told_in_words_with_its_rows(database: Path) -> None:
    """Each rule of a model by itself; a rule whose rows carry no known key is told all the same."""
    sql = """
        select 'amount_is_not_null' as broken_rule, 1 as broken_rows, invoice_id
        from core.fct_invoices where amount is null
        union all
        select 'no_amount_is_negative', 12, invoice_id from core.fct_invoices where amount < 0
        union all
        select 'days_are_known', 1200, null
    """
    assert sorted(_named(database, _test(sql)).split("; ")) == [
        "amount is not null (1 row): invoice_id A-2 (bills.csv line 9)",
        "days are known (1,200 rows)",
        "no amount is negative (12 rows): invoice_id A-3",
    ]


def test_an_entity_is_known_by_its_type(database: Path) -> None:
    """A key whose first table does not know it is looked for in the next; a row of a Parquet file is a row."""
    sql = "select 'account' as entity_type, unnest(['K1', 'K2']) as entity_id"
    assert _named(database, _test(sql)) == (
        "account_id K1 (clients.parquet row 3); account_id K2 (bills.csv line 9)"
    )


def test_a_broken_contract_is_traced_through_the_query_of_its_model(database: Path) -> None:
    """A null where none may be, or a check that does not hold; any other failure names nothing."""
    reasons = {
        "NOT NULL constraint failed: fct_invoices__dbt_tmp.amount": "invoice_id A-2 (bills.csv line 9)",
        "CHECK constraint failed on table t with expression CHECK((amount > 0))": "invoice_id A-3",
        "Binder Error: Referenced column not found": "",
    }
    for reason, expected in reasons.items():
        node = FailedNode("select * from core.fct_invoices", reason, is_test=False)
        assert _named(database, node) == expected


def test_naming_rows_never_hides_the_failure(database: Path, tmp_path: Path) -> None:
    """A query that fails here as well, a table that is not there and a missing file name nothing."""
    assert not _named(database, _test("select no_such_column from core.fct_invoices"))
    assert _named(database, _test("select 'S' as subscription_id")) == ""
    assert not _named(tmp_path / "none.duckdb", _test("select 1"))


def test_a_failed_build_prints_the_rows(toy: Toy) -> None:
    """From dbt's own results to the terminal."""
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute(STAGING)
    toy.test("-- {{ ref('answers') }}\nselect invoice_id from core.fct_invoices where amount = 5\n")
    outcome = toy.run("build")
    assert outcome.code == 1
    assert "rows: invoice_id A-1 (bills.csv line 7)" in outcome.stderr
