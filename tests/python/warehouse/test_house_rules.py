"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from pipeline.paths import CHECKOUT
from seeders.contracts import TABLES
from tests.python.workshop import query

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

# The one mart that may hold what identifies a person.
PERSONAL_MART = "core.dim_customers"

PROMISED = {
    "core.fct_invoices": "invoice_id account_id customer_id subscription_id line_of_business"
    " invoice_date due_date period_start period_end currency invoiced_amount credited_amount"
    " net_due_amount paid_amount written_off_amount outstanding_amount overpaid_amount settled_date"
    " days_to_settle days_late days_past_due settlement_state timeliness ageing_bucket is_disputed",
    "core.fct_invoice_lines": "line_item_id invoice_id",
    "core.fct_payments": "payment_id applied_amount unapplied_amount is_reversed",
    "core.fct_cash_movements": "invoice_id account_id currency movement_on amount cause source_id",
    "core.dim_customers": "customer_key customer_id customer_name address city state zip_code"
    " customer_type account_status effective_date expiry_date is_current",
    "core.dim_accounts": "account_key account_id effective_date expiry_date is_current",
    "core.dim_subscriptions": "subscription_key subscription_id effective_date expiry_date"
    " is_current",
    "core.dim_dates": "date_key",
    "core.dim_plans": "plan_id plan_name monthly_price currency",
    "core.dim_skus": "sku_id sku_name",
    "core.dim_times": "time_key",
    "core.dim_locations": "location_key district feeder",
    "core.dim_consumer_types": "consumer_type_key consumer_type",
    "core.dim_tariffs": "tariff_key rate_schedule charge_type rate effective_date expiry_date",
    "leakage.fct_leakage_cases": "case_id rule direction entity_type entity_id account_id"
    " invoice_id subscription_id period_start amount currency status superseded_by first_seen_on"
    " resolved_on evidence",
    "leakage.fct_subscription_months": "subscription_id period_start billing_date expected_amount"
    " currency invoice_id is_ghost",
    "leakage.fct_leakage_monthly": "month_start rule currency",
    "leakage.fct_detection_scorecard": "rule true_positives false_positives false_negatives"
    " not_yet_observable precision recall",
    "collections.fct_delinquency_checks": "account_id check_date invoice_id unpaid_ratio penalty"
    " penalty_score delinquency_status recorded_score recorded_status agrees_with_ledger",
    "collections.fct_bad_debts": "account_id closed_on closing_balance is_bad_debt",
    "collections.fct_collection_priorities": "account_id",
    "receivables.fct_account_months": "account_id month_end currency opening_balance"
    " billed_amount credited_amount paid_amount written_off_amount closing_balance received_amount"
    " unapplied_cash past_due_amount oldest_days_past_due ageing_not_due ageing_1_30 ageing_31_60"
    " ageing_61_90 ageing_91_120 ageing_over_120 delinquent_streak penalty_score delinquency_status"
    " dunning_step",
    "metering.fct_bill_rerating": "invoice_id meter_number billed_kwh metered_kwh expected_variable"
    " expected_fixed expected_gst expected_total expected_after_due billed_total difference",
    "metering.dim_meters": "meter_key meter_id effective_date expiry_date is_current",
    "metering.fct_usage": "usage_key customer_key date_key meter_id usage_kwh peak_demand"
    " rate_schedule billing_period",
    "metering.agg_monthly_consumption": "meter_number month_start usage_kwh peak_demand_kw",
    "metering.agg_consumer_type_summary": "consumer_type month_start currency",
    "metering.agg_location_summary": "district feeder month_start currency",
    "metering.agg_payment_summary": "consumer_type month_start currency",
    "ml_features.feat_late_payments": "invoice_id account_id line_of_business currency invoice_date"
    " invoice_amount line_item_count item_quantity terms_days account_age_days invoices_prev_120d"
    " settled_count settled_late_count settled_late_ratio settled_amount settled_late_amount"
    " avg_days_late open_count open_amount open_late_count open_late_amount avg_days_open_late"
    " is_late days_late fold",
    "ml_features.feat_account_delinquency": "account_id cycle snapshot_on currency line_of_business"
    " bill_count billed_amount penalty_count penalty_total suspension_count streak_1_count"
    " streak_2_3_count streak_4_plus_count minor_count partial_count major_count full_count"
    " avg_score_3c avg_score_6c penalty_3c penalty_6c max_score_12c delinquent_amount"
    " avg_delinquent_amount max_delinquent_amount penalty_total_per_cycle penalty_score"
    " delinquency_status unpaid_streak became_bad_debt fold",
    "data_quality.fct_rejected_rows": "source_table batch_id reasons",
    "data_quality.fct_findings": "rule entity_type entity_id account_id invoice_id period_start"
    " amount currency found_on evidence",
}


@pytest.fixture(scope="module")
def manifest(workshop: Workshop) -> dict[str, Any]:
    """What dbt knows of the project."""
    return workshop.manifest()


@pytest.mark.parametrize("mart", sorted(PROMISED))
def test_promised_columns_are_there(demo: Project, mart: str) -> None:
    schema, _, name = mart.partition(".")
    columns = query(
        demo,
        "select column_name from information_schema.columns"
        f" where table_schema = '{schema}' and table_name = '{name}'",
    )
    assert set(PROMISED[mart].split()) <= {column for (column,) in columns}


def test_sources_are_the_raw_tables_of_the_contract() -> None:
    described = set()
    for path in (CHECKOUT / "models" / "staging").glob("*/_*__sources.yml"):
        for source in yaml.safe_load(path.read_text())["sources"]:
            described |= {f"{source['name']}.{table['name']}" for table in source["tables"]}
    assert described == set(TABLES)


def test_a_copy_agrees_in_every_column_of_its_source(manifest: dict[str, Any]) -> None:
    """What tells copies from conflicts is told every column but the key and the two stamps."""
    ranked = r"rank_within_key\(\s*'([^']+)',\s*\[([^\]]+)\]"
    compared = set()
    for node in manifest["nodes"].values():
        for key, content in re.findall(ranked, node["raw_code"]):
            read = re.findall(r"source\('(\w+)', '(\w+)'\)", node["raw_code"])
            named = [TABLES[".".join(source)] for source in read]
            # a model may read other tables beside the one whose rows it ranks
            table = next((one for one in named if ", ".join(one.key) == key), named[0])
            columns = {column.name for column in table.columns}
            told = set(re.findall(r"\w+", content)) | set(key.split(", ")) & columns
            assert columns - told <= {"updated_at", "arrived_at"}, node["name"]
            compared.add(table.full_name)
    # readings are far too many, and have a model of their own
    judged = manifest["macros"]["macro.revenue_assurance.judged_sources"]["macro_sql"]
    assert len(compared) == len(re.findall(r"\['stg_", judged)) - 1


def test_only_the_scorecards_read_the_hidden_truth(manifest: dict[str, Any]) -> None:
    readers = {
        name.rpartition(".")[2]
        for name, node in manifest["nodes"].items()
        if name.startswith(("model.", "snapshot."))
        for parent in node["depends_on"]["nodes"]
        if "ground_truth" in parent
    }
    assert readers == {
        "stg_ground_truth__faults",
        "fct_detection_scorecard",
        "fct_anomaly_scorecard",
    }


def test_every_model_and_column_is_described(manifest: dict[str, Any], demo: Project) -> None:
    columns: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in query(
        demo, "select table_schema, table_name, column_name from information_schema.columns"
    ):
        columns.setdefault((schema, table), set()).add(column)
    for name, node in manifest["nodes"].items():
        if name.startswith(("model.", "snapshot.")):
            described = {key for key, column in node["columns"].items() if column["description"]}
            assert columns[node["schema"], node["name"]] == described, name


def test_no_mart_carries_what_identifies_a_person(demo: Project) -> None:
    """Looks at the values, whatever the columns are called."""
    names = {
        name
        for row in query(demo, "select full_name, street from raw_crm.customers")
        for name in row
    }
    text_columns = query(
        demo,
        """
        select table_schema || '.' || table_name, column_name from information_schema.columns
        where table_schema in ('core', 'leakage', 'data_quality', 'ml_features', 'collections')
        and data_type = 'VARCHAR'
        """,
    )
    assert len(text_columns) > 20
    # one connection: opening the file takes longer than any of these queries
    with duckdb.connect(str(demo.warehouse), read_only=True) as connection:
        for mart, column in text_columns:
            values = {
                value
                for (value,) in connection.execute(
                    f"select distinct {column} from {mart}"
                ).fetchall()
                if value is not None
            }
            personal = {
                value for value in values if value in names or re.search(r"@|\+1555", value)
            }
            assert not personal or mart == PERSONAL_MART, (mart, column, sorted(personal)[:3])


def test_logs_carry_no_names(demo: Project) -> None:
    names = {name for (name,) in query(demo, "select full_name from raw_crm.customers")}
    logs: list[Path] = list((demo.warehouse.parent / "logs").rglob("*.log*"))
    text = "".join(log.read_text() for log in logs)
    assert "[debug]" in text
    assert not [name for name in names if name in text]


def test_every_question_is_listed_described_and_answered(workshop: Workshop, demo: Project) -> None:
    files = {path.stem for path in (CHECKOUT / "analyses").glob("*.sql")}
    listed = re.findall(
        r"^\| `(\w+)` \|", (CHECKOUT / "analyses/README.md").read_text(), re.MULTILINE
    )
    described = yaml.safe_load((CHECKOUT / "analyses/_analyses.yml").read_text())["analyses"]
    assert sorted(listed) == sorted(entry["name"] for entry in described) == sorted(files)

    questions = workshop.compile("path:analyses")
    assert {name for name in questions if name in files} == files
    unanswered = [name for name in files if not query(demo, questions[name]["compiled_code"])]
    assert unanswered == []
