"""Every raw table is judged and counted: a row that lands is accepted or rejected, whatever it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from seeders.contracts import BOOLEAN, DATE, TABLES, TEXT, TIMESTAMP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seeders.contracts import Column
    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

Row = dict[str, object]

DAY: Final = date(2024, 6, 30)
LOADABLE: Final = tuple(table for table in TABLES.values() if table.loadable)

# What the rows below may name.
KNOWN: Final[Mapping[str, Sequence[Row]]] = {
    "raw_crm.customers": [{"customer_id": "C1"}, {"customer_id": "C2"}],
    "raw_crm.accounts": [
        {"account_id": "K1", "customer_id": "C1"},
        {"account_id": "K2", "customer_id": "C3"},
    ],
    "raw_billing.subscriptions": [{"subscription_id": "S1", "account_id": "K1"}],
    "raw_billing.invoices": [
        {"invoice_id": "I1", "account_id": "K1", "invoice_date": "2024-01-05", "amount": "40.00"},
        {"invoice_id": "I3", "account_id": "K3", "invoice_date": "2024-01-05", "amount": "40.00"},
    ],
    "raw_metering.meters": [{"meter_id": "M1", "meter_number": "777", "feeder": "F1"}],
    "raw_service.service_requests": [
        {"request_id": "R1", "customer_id": "C1", "opened_at": "2024-01-02 10:00:00"}
    ],
}

# A row of each table that nothing is wrong with.
SOUND: Final[Mapping[str, Row]] = {
    "raw_crm.customer_contacts": {
        "contact_id": "1",
        "customer_id": "C1",
        "full_name": "Ada Reed",
        "email": "a@b.test",
        "phone": "555",
        "role": " Billing ",
        "updated_at": "2024-01-01 00:00:00",
    },
    "raw_billing.discounts": {
        "discount_id": "1",
        "subscription_id": "S1",
        "account_id": "K1",
        "kind": " Percent ",
        "value": "10",
        "valid_from": "2024-01-01",
        "valid_to": "2024-03-31",
    },
    "raw_payments.payment_methods": {
        "payment_method_id": "1",
        "account_id": "K1",
        "method": "Card",
        "expires_on": "2027-01-31",
        "is_default": True,
    },
    "raw_payments.payment_attempts": {
        "attempt_id": "1",
        "account_id": "K1",
        "invoice_id": "I1",
        "amount": "40.00",
        "attempted_at": "2024-02-01 08:00:00",
        "outcome": "Failed",
        "failure_code": "expired",
    },
    "raw_service.work_orders": {
        "work_order_id": "1",
        "meter_number": "777",
        "feeder": "F1",
        "kind": "Inspection",
        "opened_at": "2024-02-01 08:00:00",
        "completed_at": "2024-02-03 08:00:00",
    },
    "raw_service.surveys": {
        "survey_id": "1",
        "customer_id": "C1",
        "request_id": "R1",
        "score": 4,
        "answered_at": "2024-02-01 08:00:00",
    },
    "raw_regulatory.filings": {
        "filing_id": "1",
        "kind": "Outage report",
        "period_start": "2024-01-01",
        "period_end": "2024-03-31",
        "due_on": "2024-04-30",
        "filed_on": "2024-04-20",
    },
    "raw_regulatory.disconnect_notices": {
        "notice_id": "1",
        "account_id": "K1",
        "served_on": "2024-02-01",
        "effective_on": "2024-02-15",
        "reason": "Unpaid",
    },
}

# What is changed of the sound row, and every reason for which it is rejected then.
REJECTED: Final[tuple[tuple[str, Row, str], ...]] = (
    ("raw_crm.customer_contacts", {"contact_id": None}, "missing_key"),
    ("raw_crm.customer_contacts", {"customer_id": None}, "missing_customer"),
    ("raw_billing.discounts", {"discount_id": None, "kind": None}, "missing_key,missing_kind"),
    ("raw_billing.discounts", {"account_id": None, "subscription_id": None}, "missing_account"),
    ("raw_billing.discounts", {"kind": "gift", "value": None}, "unknown_kind,missing_value"),
    ("raw_billing.discounts", {"kind": "amount", "value": "-0.01"}, "negative_amount"),
    ("raw_billing.discounts", {"cap_amount": "-0.01"}, "negative_amount"),
    ("raw_billing.discounts", {"value": "100.000001"}, "percent_out_of_range"),
    (
        "raw_billing.discounts",
        {"kind": "amount", "value": "999999999999.999999", "cap_amount": "9999999999999.00"},
        "amount_out_of_range",
    ),
    ("raw_payments.payment_methods", {"payment_method_id": None}, "missing_key"),
    ("raw_payments.payment_methods", {"account_id": None}, "missing_account"),
    (
        "raw_payments.payment_attempts",
        {"attempt_id": None, "account_id": None, "invoice_id": None},
        "missing_key,missing_account",
    ),
    (
        "raw_payments.payment_attempts",
        {"attempted_at": None, "outcome": None},
        "missing_date,missing_outcome",
    ),
    ("raw_payments.payment_attempts", {"amount": "-1.00"}, "negative_amount"),
    ("raw_payments.payment_attempts", {"amount": "9999999999999.00"}, "amount_out_of_range"),
    (
        "raw_service.work_orders",
        {"work_order_id": None, "meter_number": None, "feeder": None},
        "missing_key,missing_meter",
    ),
    ("raw_service.work_orders", {"opened_at": None}, "missing_date"),
    ("raw_service.work_orders", {"completed_at": "2024-02-01 07:59:59"}, "completed_before_opened"),
    (
        "raw_service.surveys",
        {"survey_id": None, "customer_id": None, "request_id": None},
        "missing_key,missing_customer",
    ),
    ("raw_service.surveys", {"answered_at": None, "score": None}, "missing_date,missing_score"),
    ("raw_service.surveys", {"score": 101}, "score_out_of_range"),
    ("raw_service.surveys", {"score": -1}, "score_out_of_range"),
    (
        "raw_regulatory.filings",
        {"filing_id": None, "kind": None, "due_on": None},
        "missing_key,missing_kind,missing_date",
    ),
    (
        "raw_regulatory.disconnect_notices",
        {"notice_id": None, "account_id": None, "served_on": None},
        "missing_key,missing_account,missing_date",
    ),
    # what `load` could not read is not missing
    (
        "raw_regulatory.disconnect_notices",
        {"served_on": None, "_load_reasons": "not_a_date:served_on"},
        "not_a_date:served_on",
    ),
)

# What is changed of the sound row, and what it is accepted with then; None where there is nothing to say.
ACCEPTED: Final[tuple[tuple[str, Row, str | None], ...]] = (
    *((table, {}, None) for table in SOUND),
    ("raw_crm.customer_contacts", {"customer_id": "C9"}, "unknown_customer"),
    ("raw_crm.customer_contacts", {"customer_id": "C3"}, None),
    ("raw_crm.customer_contacts", {"email": None}, None),
    ("raw_crm.customer_contacts", {"email": None, "phone": None}, "no_way_to_contact"),
    ("raw_billing.discounts", {"subscription_id": "S9"}, "unknown_subscription"),
    ("raw_billing.discounts", {"account_id": "K9", "subscription_id": None}, "unknown_account"),
    ("raw_billing.discounts", {"account_id": "K2"}, "other_accounts_subscription"),
    ("raw_billing.discounts", {"account_id": None}, None),
    ("raw_billing.discounts", {"account_id": "K3", "subscription_id": None}, None),
    ("raw_billing.discounts", {"valid_to": "2023-12-31"}, "ends_before_start"),
    ("raw_billing.discounts", {"value": "100", "valid_to": "2024-01-01"}, None),
    ("raw_billing.discounts", {"kind": "amount", "value": "999999999999.99"}, None),
    ("raw_payments.payment_methods", {"account_id": "K9"}, "unknown_account"),
    ("raw_payments.payment_methods", {"account_id": "K3"}, None),
    ("raw_payments.payment_methods", {"method": None}, "no_method"),
    ("raw_payments.payment_attempts", {"account_id": "K9", "invoice_id": None}, "unknown_account"),
    ("raw_payments.payment_attempts", {"invoice_id": "I9"}, "unknown_invoice"),
    ("raw_payments.payment_attempts", {"account_id": None}, None),
    ("raw_payments.payment_attempts", {"account_id": "K2"}, "other_accounts_invoice"),
    ("raw_payments.payment_attempts", {"amount": None}, "no_amount"),
    (
        "raw_payments.payment_attempts",
        {"attempted_at": "2024-07-01 00:00:00"},
        "dated_after_extract",
    ),
    ("raw_payments.payment_attempts", {"attempted_at": "2024-06-30 23:59:59"}, None),
    ("raw_service.work_orders", {"meter_number": "9"}, "unknown_meter"),
    ("raw_service.work_orders", {"meter_number": None, "feeder": "F9"}, "unknown_feeder"),
    ("raw_service.work_orders", {"kind": None}, "no_kind"),
    ("raw_service.work_orders", {"completed_at": "2024-02-01 08:00:00"}, None),
    (
        "raw_service.work_orders",
        {"opened_at": "2024-07-01 00:00:00", "completed_at": None},
        "dated_after_extract",
    ),
    ("raw_service.surveys", {"customer_id": "C9", "request_id": None}, "unknown_customer"),
    ("raw_service.surveys", {"request_id": "R9"}, "unknown_request"),
    ("raw_service.surveys", {"customer_id": "C2"}, "other_customers_request"),
    ("raw_service.surveys", {"customer_id": None, "score": 100}, None),
    ("raw_service.surveys", {"score": 0}, None),
    ("raw_service.surveys", {"answered_at": "2024-07-01 00:00:00"}, "dated_after_extract"),
    ("raw_regulatory.filings", {"period_end": "2023-12-31"}, "ends_before_start"),
    ("raw_regulatory.filings", {"filed_on": "2024-03-30"}, "filed_before_period_end"),
    ("raw_regulatory.filings", {"filed_on": "2024-07-01"}, "dated_after_extract"),
    ("raw_regulatory.filings", {"filed_on": None}, None),
    ("raw_regulatory.disconnect_notices", {"account_id": "K9"}, "unknown_account"),
    ("raw_regulatory.disconnect_notices", {"effective_on": None}, "no_effective_date"),
    (
        "raw_regulatory.disconnect_notices",
        {"effective_on": "2024-01-31"},
        "effective_before_served",
    ),
    (
        "raw_regulatory.disconnect_notices",
        {"served_on": "2024-07-01", "effective_on": "2024-07-15"},
        "dated_after_extract",
    ),
)

# The key of each table, what makes a conflict of a row, and what makes the first of two rows an older version.
REPEATED: Final[Mapping[str, tuple[Row, Row | None]]] = {
    "raw_crm.customer_contacts": ({"phone": "556"}, {"updated_at": "2023-12-31 00:00:00"}),
    "raw_billing.discounts": ({"value": "11"}, None),
    "raw_payments.payment_methods": ({"is_default": False}, None),
    "raw_payments.payment_attempts": ({"failure_code": "refused"}, None),
    "raw_service.work_orders": ({"kind": "Repair"}, {"completed_at": None}),
    "raw_service.surveys": ({"score": 5}, None),
    "raw_regulatory.filings": ({"kind": "Tariff"}, {"filed_on": None}),
    "raw_regulatory.disconnect_notices": ({"reason": "Theft"}, None),
}


def _something(column: Column) -> object:
    values = {TEXT: "x", DATE: "2024-01-31", TIMESTAMP: "2024-01-31 10:00:00", BOOLEAN: True}
    return values.get(column.type, 1)


def test_every_row_of_every_raw_table_is_accepted_or_rejected(estate: Estate) -> None:
    """A row of plain values, the same again, and one without any value: a table of the contract cannot be left out."""
    rows: dict[str, list[Row]] = {}
    for table in LOADABLE:
        plain: Row = {column.name: _something(column) for column in table.columns}
        rows[table.full_name] = [plain, plain, dict.fromkeys(plain)]
    estate.run(rows, DAY)

    counted = {
        table: (rows_in, accepted + rejected)
        for table, rows_in, accepted, rejected in estate.query(
            "select source_table, sum(rows_in), sum(rows_accepted), sum(rows_rejected)"
            " from data_quality.fct_source_rows group by source_table"
        )
    }
    assert counted == {table.full_name: (3, 3) for table in LOADABLE}
    listed = estate.query(
        "select source_table, count(*) filter (where reasons is not null)"
        " from data_quality.fct_rejected_rows group by source_table"
    )
    # no row without a value stands up to the rules, nor does more than one of a key
    assert all(1 <= found <= 3 for _, found in listed)
    assert {table for table, _ in listed} == set(counted)
    assert estate.broken() == []


def test_what_identifies_a_person_is_tagged(workshop: Workshop) -> None:
    """In the source as the contract says, and in the model that renames it."""
    manifest: dict[str, Any] = workshop.manifest()
    tagged = {
        f"{source['source_name']}.{source['name']}": source["meta"].get("pii", [])
        for source in manifest["sources"].values()
    }
    assert {name: found for name, found in tagged.items() if found} == {
        table.full_name: [column.name for column in table.columns if column.pii]
        for table in TABLES.values()
        if any(column.pii for column in table.columns)
    }
    for table in LOADABLE:
        model = f"stg_{table.schema.removeprefix('raw_')}__{table.name}"
        node = manifest["nodes"][f"model.revenue_assurance.{model}"]
        found = [name for name, column in node["columns"].items() if column["meta"].get("pii")]
        assert len(found) == sum(column.pii for column in table.columns), model


def _judged(estate: Estate, table: str, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """Reasons, alerts and the key that stayed, in the order of the rows."""
    given = {name: list(known) for name, known in KNOWN.items()}
    estate.run({**given, table: rows}, DAY)
    assert estate.broken() == []
    system, _, name = table.removeprefix("raw_").partition(".")
    return estate.query(
        "select rejection_reasons, alerts, kept_key"
        f" from staging.stg_{system}__{name} order by source_line"
    )


@pytest.mark.parametrize("table", SOUND)
def test_a_row_is_rejected_with_every_reason(estate: Estate, table: str) -> None:
    cases = [(change, reasons) for name, change, reasons in REJECTED if name == table]
    key = TABLES[table].key[0]
    rows = [{**SOUND[table], key: f"N{n}", **change} for n, (change, _) in enumerate(cases)]
    assert [row[0] for row in _judged(estate, table, rows)] == [reasons for _, reasons in cases]


@pytest.mark.parametrize("table", SOUND)
def test_an_odd_row_is_accepted_with_an_alert(estate: Estate, table: str) -> None:
    """A key that nothing knows is told, and never keeps the build from being published."""
    cases = [(change, alert) for name, change, alert in ACCEPTED if name == table]
    key = TABLES[table].key[0]
    rows = [{**SOUND[table], key: f"N{n}", **change} for n, (change, _) in enumerate(cases)]
    found = _judged(estate, table, rows)
    assert [row[:2] for row in found] == [(None, alert) for _, alert in cases]
    listed = estate.query(
        "select row_key, alert from data_quality.fct_row_alerts"
        f" where source_table = '{table}' order by source_line"
    )
    assert listed == [(f"N{n}", alert) for n, (_, alert) in enumerate(cases) if alert]


@pytest.mark.parametrize("table", SOUND)
def test_of_a_key_one_row_stays(estate: Estate, table: str) -> None:
    """A copy is a copy, other content a conflict, and what the source replaced an older version."""
    other, older = REPEATED[table]
    sound = SOUND[table]
    rows: list[Row] = [sound, sound, {**sound, **other}]
    expected: list[tuple[str | None, str | None]] = [
        (None, None),
        ("duplicate_key", "1"),
        ("conflicting_key", "1"),
    ]
    if older:
        rows.insert(0, {**sound, **older})
        expected.insert(0, ("older_version", "1"))
    found = _judged(estate, table, rows)
    assert [(reasons, kept) for reasons, _, kept in found] == expected


def test_what_names_another_row_takes_its_account_or_customer(estate: Estate) -> None:
    tables = ("raw_billing.discounts", "raw_payments.payment_attempts", "raw_service.surveys")
    unnamed = {"account_id": None, "customer_id": None}
    rows: dict[str, Sequence[Row]] = {
        table: [{k: unnamed.get(k, value) for k, value in SOUND[table].items()}] for table in tables
    }
    estate.run({**KNOWN, **rows}, DAY)
    assert estate.query("select account_id, discount_kind from staging.stg_billing__discounts") == [
        ("K1", "percent")
    ]
    assert estate.query(
        "select account_id, outcome from staging.stg_payments__payment_attempts"
    ) == [("K1", "failed")]
    assert estate.query("select customer_id from staging.stg_service__surveys") == [("C1",)]
