"""The receivables part measures what it says: the right models, on rows that make them work."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from benchmarks.child import Cost
from benchmarks.page import WIDTH
from benchmarks.receivables.measure import Alone, Measurement, fill, measure, prepared, read_times
from benchmarks.receivables.plan import Plan, read_plan
from benchmarks.receivables.report import Sizes, render
from benchmarks.receivables.rows import AS_OF, Shape, draw_rows

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = Shape(invoices=6_000, months=24)


# --- which models


def node(name: str, folder: str, *parents: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "schema": folder,
        "fqn": ["revenue_assurance", "intermediate", folder, name],
        "depends_on": {"nodes": [f"model.p.{parent}" for parent in parents]},
    }


def plan_of(tmp_path: Path, *nodes: dict[str, Any]) -> Plan:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"nodes": {f"model.p.{node['name']}": node for node in nodes}}))
    return read_plan(manifest)


CASH = (
    node("stg_payments", "staging"),
    node("int_accounts", "entities"),
    node("int_invoices", "invoices", "stg_invoices"),
    node("stg_invoices", "staging"),
    node("int_payments", "cash", "stg_payments", "stg_invoices"),
    node("int_settlement", "cash", "int_payments", "int_accounts", "int_invoices"),
    node("fct_invoices", "core", "int_settlement"),
)


def test_cash_application_is_measured_whole(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, *CASH)
    assert plan.models == ("int_payments", "int_settlement")
    assert plan.inputs == {
        "int_accounts": "entities.int_accounts",
        "int_invoices": "invoices.int_invoices",
        "stg_invoices": "staging.stg_invoices",
        "stg_payments": "staging.stg_payments",
    }
    assert not plan.has_features


def test_features_are_taken_up_with_all_that_leads_to_them(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        *CASH,
        node("stg_requests", "staging"),
        node("stg_lines", "staging"),
        node("int_baskets", "features", "stg_lines"),
        node("int_account_history", "features", "int_settlement", "stg_requests", "int_baskets"),
        node("int_account_outlook", "features", "int_account_history"),
        node("feat_late_payments", "ml_features", "int_account_history"),
        node("fct_priorities", "collections", "int_account_history"),
    )
    assert set(plan.models) == {
        "int_payments",
        "int_settlement",
        "int_baskets",
        "int_account_history",
        "feat_late_payments",
    }
    assert {"stg_requests", "stg_lines"} <= set(plan.inputs)
    assert plan.has_features


def test_a_project_without_the_first_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="int_invoices"):
        plan_of(tmp_path, node("int_accounts", "entities"))


# --- on which rows


@pytest.fixture(scope="module")
def drawn() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name, table in tables(SHAPE).items():
        connection.register(name, table)
    return connection


def tables(shape: Shape) -> dict[str, pa.Table]:
    batches: dict[str, list[pa.RecordBatch]] = defaultdict(list)
    for name, batch in draw_rows(shape):
        batches[name].append(batch)
    return {name: pa.Table.from_batches(pieces) for name, pieces in batches.items()}


def value(connection: duckdb.DuckDBPyConnection, query: str) -> Any:  # noqa: ANN401
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_every_account_has_the_history_asked_for(drawn: duckdb.DuckDBPyConnection) -> None:
    months = drawn.execute(
        """
        select distinct count(*), count(distinct date_trunc('month', invoice_date))
        from int_invoices group by account_id
        """
    ).fetchall()
    assert months == [(24, 24)]
    assert value(drawn, "select count(*) from int_invoices") == 6_000


@pytest.mark.parametrize(
    ("relation", "key"),
    [
        ("int_accounts", "account_id"),
        ("int_invoices", "invoice_id"),
        ("stg_billing__invoice_line_items", "line_item_id"),
        ("stg_payments__payments", "payment_id"),
        ("stg_payments__payment_allocations", "allocation_id"),
        ("stg_payments__refunds", "refund_id"),
        ("stg_billing__credit_notes", "credit_note_id"),
        ("stg_billing__write_offs", "write_off_id"),
        ("stg_payments__disputes", "dispute_id"),
        ("stg_service__service_requests", "request_id"),
        ("stg_crm__accounts", "account_id"),
        ("stg_cdc__change_events", "event_id"),
    ],
)
def test_every_kind_of_row_is_drawn_under_a_key_of_its_own(
    drawn: duckdb.DuckDBPyConnection, relation: str, key: str
) -> None:
    rows = value(drawn, f"select count(*) from {relation}")
    assert rows == value(drawn, f"select count(distinct {key}) from {relation}") > 0
    assert value(drawn, f"select max(strlen({key})) from {relation}") <= 12


def test_both_kinds_of_accounts_are_drawn(drawn: duckdb.DuckDBPyConnection) -> None:
    kinds = drawn.execute(
        "select cash_application, count(*) from int_accounts group by 1 order by 1"
    ).fetchall()
    assert [kind for kind, _ in kinds] == ["balance_forward", "open_item"]
    assert min(count for _, count in kinds) > 50


def test_money_that_is_taken_back_or_told_apart_was_paid(drawn: duckdb.DuckDBPyConnection) -> None:
    beyond = """
        select count(*) from {rows} as told
        left join stg_payments__payments as payments using (payment_id)
        where payments.payment_id is null
            or told.{day} < payments.payment_date
            or told.amount > payments.amount_paid
    """
    refunds = beyond.format(rows="stg_payments__refunds", day="refund_date")
    allocations = beyond.format(rows="stg_payments__payment_allocations", day="allocated_on")
    assert value(drawn, refunds) == 0
    assert value(drawn, allocations) == 0
    in_full = """
        select count(*) from (
            select payment_id, sum(amount) as amount
            from stg_payments__payment_allocations group by payment_id
        ) as told
        inner join stg_payments__payments as payments using (payment_id)
        where told.amount != payments.amount_paid or payments.invoice_id is not null
    """
    assert value(drawn, in_full) == 0


def test_nobody_pays_for_what_is_not_there(drawn: duckdb.DuckDBPyConnection) -> None:
    strangers = """
        select count(*) from stg_payments__payments as payments
        left join int_invoices as invoices using (invoice_id)
        where payments.invoice_id is not null and (
            invoices.invoice_id is null
            or invoices.account_id != payments.account_id
            or invoices.cash_application != 'open_item'
        )
    """
    assert value(drawn, strangers) == 0
    assert (
        value(drawn, f"select count(*) from stg_payments__payments where payment_date > '{AS_OF}'")
        == 0
    )


def test_lines_add_up_to_their_invoice(drawn: duckdb.DuckDBPyConnection) -> None:
    off = """
        select count(*) from int_invoices as invoices
        left join (
            select invoice_id, sum(amount) as amount
            from stg_billing__invoice_line_items group by invoice_id
        ) as lines using (invoice_id)
        where lines.amount is distinct from invoices.invoiced_amount
    """
    assert value(drawn, off) == 0


def test_a_balance_forward_account_owes_no_more_the_longer_it_lives() -> None:
    # else a longer history would measure something else than a longer history
    def invoices_owed(months: int) -> float:
        drawn = tables(Shape(9_600, months))
        connection = duckdb.connect()
        connection.register("invoices", drawn["int_invoices"])
        connection.register("payments", drawn["stg_payments__payments"])
        query = """
            with paid as (select account_id, sum(amount_paid) as paid from payments group by 1)
            select median((sum(invoiced_amount) - coalesce(any_value(paid), 0))
                / avg(invoiced_amount)) over ()
            from invoices left join paid using (account_id)
            where cash_application = 'balance_forward'
            group by account_id
        """
        return float(value(connection, query))

    assert invoices_owed(96) == pytest.approx(invoices_owed(12), abs=0.5)


def test_rows_are_the_same_every_time() -> None:
    once, again = tables(SHAPE), tables(SHAPE)
    assert all(once[name].equals(again[name]) for name in once)


# --- measured


def test_the_models_run_on_the_rows_and_lose_no_invoice() -> None:
    with prepared() as template:
        measured = measure(template, SHAPE, "1GB", slowest=1)
        assert set(measured.models) == set(template.plan.models)
        copied = template.place / "copy.duckdb"
        copied.write_bytes((template.place / "warehouse.duckdb").read_bytes())
        types = column_types(copied, template.plan)
        assert fill(copied, template.plan, Shape(240, 12)) | measured.rows == measured.rows
        assert column_types(copied, template.plan) == types
    assert measured.rows["int_invoices"] == SHAPE.invoices
    assert set(measured.alone) == {next(iter(measured.models))}
    assert measured.seconds >= max(measured.models.values()) > 0
    assert measured.cost.peak_bytes > 50 * 2**20
    # each way to move money was taken
    assert {"payment", "unapplied_cash", "credit_note", "refund", "chargeback"} <= set(
        measured.movements
    )


def column_types(database: Path, plan: Plan) -> dict[str, list[tuple[str, str]]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return {
            relation: [
                (name, kind)
                for name, kind, *_ in connection.execute(f"describe {relation}").fetchall()
            ]
            for relation in plan.inputs.values()
        }


def test_seconds_are_those_of_the_models_alone(tmp_path: Path) -> None:
    def result(key: str, *edges: str) -> dict[str, Any]:
        day = "2024-12-31T00:00:"
        compiled = {"started_at": f"{day}{edges[0]}Z", "completed_at": f"{day}{edges[1]}Z"}
        executed = {"started_at": f"{day}{edges[1]}Z", "completed_at": f"{day}{edges[2]}Z"}
        return {"unique_id": key, "timing": [compiled, executed]}

    results = tmp_path / "run_results.json"
    results.write_text(
        json.dumps(
            {
                "results": [
                    result("operation.p.hook", "00", "01", "02"),
                    result("model.p.first", "10", "11", "14"),
                    result("model.p.second", "12", "13", "19"),
                ]
            }
        )
    )
    assert read_times(results) == (9.0, {"second": 7.0, "first": 4.0})


# --- and told


def measurement(invoices: int, months: int, seconds: float) -> Measurement:
    return Measurement(
        shape=Shape(invoices, months),
        rows={
            "int_invoices": invoices,
            "int_accounts": invoices // months,
            "stg_payments__payments": invoices,
            "stg_service__service_requests": 0,
        },
        cost=Cost(seconds + 8, 2 * seconds + 8, 3 * 2**30),
        seconds=seconds,
        models={"int_a_model_whose_name_is_rather_long": seconds, "int_payments": 1.0},
        alone={"int_payments": Alone(2.0, 2**30)},
        movements={"payment": invoices, "refund": 3},
        file_bytes=200 * invoices,
    )


def page(large_seconds: float, long_seconds: float) -> str:
    plan = Plan(("int_payments", "feat_late_payments"), {})
    growth = [measurement(2_000_000, 48, 20.0), measurement(24_000_000, 48, large_seconds)]
    history = [measurement(2_000_000, 12, 20.0), measurement(2_000_000, 192, long_seconds)]
    return render(Sizes(), plan, 8.0, growth, history)


def test_the_page_fits_80_columns() -> None:
    assert max(map(len, page(250.0, 21.0).splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("large_seconds", "long_seconds", "held"),
    [
        (240.0, 29.0, ["yes", "yes", "yes", "yes", "yes"]),
        (600.0, 31.0, ["no", "no", "no", "no", "yes"]),
    ],
)
def test_a_promise_that_is_not_held_is_told(
    large_seconds: float, long_seconds: float, held: list[str]
) -> None:
    lines = page(large_seconds, long_seconds).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("| what"))
    claims = [line.strip("| ").split("|")[-1].strip() for line in lines[first + 2 : first + 7]]
    assert claims == held


def test_an_input_without_rows_is_named() -> None:
    assert "Empty: stg_service__service_requests." in page(240.0, 20.0).replace("\n", " ")


def test_shapes_are_measured_once() -> None:
    sizes = Sizes()
    shapes = (*sizes.growth_shapes, *sizes.history_shapes)
    assert len(set(shapes)) == len(shapes) - 1
    assert np.all(np.diff([shape.accounts for shape in sizes.history_shapes]) < 0)
