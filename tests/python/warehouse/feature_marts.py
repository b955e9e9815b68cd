"""What tests of feature marts share: worlds as of a day, with nothing later, and the dictionary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.dbt_runner import run_dbt
from pipeline.paths import CHECKOUT
from seeders.contracts import TABLES
from tests.python.workshop import silent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    import duckdb

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

# Raw rows that did not exist before a day: by their own date, or with the invoice they belong to.
DROPPED_BY = {
    "raw_billing.subscriptions": ("started_on",),
    "raw_billing.credit_notes": ("credit_date",),
    "raw_billing.write_offs": ("written_off_on",),
    "raw_billing.balance_snapshots": ("check_date", "due_date"),
    "raw_billing.bad_debts": ("closed_on",),
    "raw_metering.readings": ("read_at",),
    "raw_metering.usages": ("cycle_start", "cycle_end"),
    "raw_metering.outages": ("started_at",),
    "raw_metering.meter_events": ("event_at",),
    "raw_metering.meters": ("installed_on",),
    "raw_payments.payments": ("payment_date",),
    "raw_payments.payment_allocations": ("allocated_on",),
    "raw_payments.payment_attempts": ("attempted_at",),
    "raw_payments.refunds": ("refund_date",),
    "raw_payments.disputes": ("opened_on",),
    "raw_service.service_requests": ("opened_at",),
    "raw_service.work_orders": ("opened_at",),
    "raw_service.surveys": ("answered_at",),
    "raw_regulatory.filings": ("filed_on",),
    "raw_regulatory.disconnect_notices": ("served_on",),
    "raw_regulatory.audit_events": ("occurred_at",),
    "raw_cdc.change_events": ("source_ts", "arrived_at"),
}
# Dates that end something: on an older row they were not there yet.
EMPTIED = {
    "raw_crm.accounts": ("closed_on",),
    "raw_billing.subscriptions": ("cancelled_on",),
    "raw_metering.outages": ("ended_at",),
    "raw_payments.disputes": ("resolved_on",),
    "raw_service.service_requests": ("first_response_at", "resolved_at"),
    "raw_service.work_orders": ("completed_at",),
}
# What is left as it is, and why.
KEPT = {
    "raw_crm.customers": "master data: what changed in it is told by the change feed",
    "raw_crm.customer_contacts": "master data: what changed in it is told by the change feed",
    "raw_crm.accounts": "the day of opening is agreed beforehand; limits are set back by hand",
    "raw_billing.invoices": "dropped by hand: invoices of the day itself stay",
    "raw_billing.subscriptions": "bookkeeping of the row's last change",
    "raw_billing.price_books": "agreed beforehand, and valid from a later day",
    "raw_billing.contracts": "agreed beforehand, and valid from a later day",
    "raw_billing.discounts": "agreed beforehand, and valid from a later day",
    "raw_billing.tariffs": "published beforehand, and valid from a later day",
    "raw_billing.delinquency_policies": "published beforehand, and valid from a later day",
    "raw_metering.meters": "bookkeeping of the row's last change",
    "raw_payments.payment_methods": "an expiry is printed on the card",
    "raw_regulatory.filings": "periods and due days are set by law",
    "raw_regulatory.disconnect_notices": "a notice names the day it will take effect",
}


def count_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Raw rows of all loadable tables together."""
    counts = [
        connection.execute(f"select count(*) from {name}").fetchone()
        for name, table in TABLES.items()
        if table.loadable
    ]
    return sum(count[0] for count in counts if count is not None)


def forget(connection: duckdb.DuckDBPyConnection, cut: date) -> None:
    """Drop every raw fact dated on or after a day, but for the invoices and lines of that day."""
    # limits first: what a later event changed is read from the event before it goes
    connection.execute(
        f"""
        update raw_crm.accounts set credit_limit = limits.credit_limit
        from (
            select
                entity_key,
                case
                    when count(*) filter (where source_ts < timestamp '{cut}') > 0
                        then max_by(after->>'credit_limit', source_ts)
                            filter (where source_ts < timestamp '{cut}')
                    else min_by(coalesce(before, after)->>'credit_limit', source_ts)
                end::decimal(18, 2) as credit_limit
            from raw_cdc.change_events where source_table = 'raw_crm.accounts'
            and source_ts is not null group by entity_key
            having count(after->>'credit_limit') + count(before->>'credit_limit') > 0
        ) as limits where account_id = limits.entity_key
        """
    )
    connection.execute(
        "delete from raw_payments.disputes where coalesce(opened_on, (select max(invoice_date)"
        " from raw_billing.invoices where invoices.invoice_id = disputes.invoice_id))"
        f" >= date '{cut}'"
    )
    connection.execute(
        "delete from raw_billing.invoice_line_items where invoice_id in (select invoice_id"
        f" from raw_billing.invoices where invoice_date > date '{cut}')"
    )
    connection.execute(f"delete from raw_billing.invoices where invoice_date > date '{cut}'")
    for table, columns in DROPPED_BY.items():
        later = " or ".join(f"{column} >= date '{cut}'" for column in columns)
        connection.execute(f"delete from {table} where {later}")
    for table, columns in EMPTIED.items():
        for column in columns:
            connection.execute(f"update {table} set {column} = null where {column} >= date '{cut}'")


@dataclass(frozen=True)
class World:
    """A warehouse with its features, and the day they were built for."""

    project: Project
    as_of: date


def run_features(project: Project, as_of: date, *select: str) -> None:
    """Build features, and other models, in place and without tests."""
    as_of_date = json.dumps({"as_of_date": as_of.isoformat()})
    arguments = ("run", "--select", *select, "--vars", as_of_date)
    run_dbt(project, project.warehouse, arguments, silent)


def assert_dictionary_is_true(mart: str, rows: Collection[Mapping[str, Any]]) -> None:
    """Every feature has its unit, its source and what null means; what is never null never is."""
    path = CHECKOUT / "models" / "marts" / "ml_features" / f"{mart}.yml"
    for column in yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["columns"][5:]:
        meta = column["config"]["meta"]
        assert all(meta[key].strip() for key in ("unit", "source", "null_means")), column["name"]
        has_null = any(row[column["name"]] is None for row in rows)
        assert not (has_null and meta["null_means"] == "never null"), column["name"]


def assert_dictionary_is_published(mart: str, workshop: Workshop) -> None:
    """What the docs say of a feature names its unit, its source and what null means."""
    columns = workshop.manifest()["nodes"][f"model.revenue_assurance.{mart}"]["columns"]
    assert len(columns) > 5
    for name, column in list(columns.items())[5:]:
        for word in ("Unit: ", "From: ", "ull"):
            assert word in column["description"], name
