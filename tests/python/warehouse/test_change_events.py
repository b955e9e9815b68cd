"""Change events are judged one by one: a broken one costs itself, never the build, and nobody reads what it held."""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Final

import pytest
from rich.console import Console

from pipeline.verdicts import Finding, Verdicts

if TYPE_CHECKING:
    from tests.python.warehouse.compiled_estate import Estate

DAY: Final = date(2024, 6, 30)
PERSON: Final = "Ada Reed, 5 Mill Lane"
DEPTH: Final = 6_000

SUSPENDED: Final = '{"status": "Suspended", "full_name": "' + PERSON + '"}'
ACTIVE: Final = '{"status": "Active"}'
BROKEN: Final = '{"full_name": "' + PERSON + '", '
DEEP: Final = '{"history": ' * DEPTH + f'"{PERSON}"' + "}" * DEPTH

Event = dict[str, object]


def _event(number: int, **changes: object) -> Event:
    return {
        "event_id": f"e{number}",
        "source_table": "raw_crm.accounts",
        "op": "u",
        "entity_key": f"K{number}",
        "source_seq": number,
        "source_ts": "2024-03-01 10:00:00",
        "before": ACTIVE,
        "after": SUSPENDED,
        "arrived_at": "2024-03-01 10:00:05",
        **changes,
    }


# What is changed of an update from Active to Suspended, why it is rejected (None: it is not), and what holds of the
# account from then on (None: what its own row says).
EVENTS: Final[tuple[tuple[Event, str | None, str | None], ...]] = (
    ({}, None, "Suspended"),
    # images that are no object
    ({"after": BROKEN}, "not_a_json_object", None),
    ({"before": BROKEN}, "not_a_json_object", None),
    ({"before": BROKEN, "after": BROKEN}, "not_a_json_object", None),
    ({"after": f'["{PERSON}"]'}, "not_a_json_object", None),
    ({"before": f'["{PERSON}"]'}, "not_a_json_object", None),
    ({"after": f'"{PERSON}"'}, "not_a_json_object", None),
    ({"after": PERSON}, "not_a_json_object", None),
    ({"after": "12.5"}, "not_a_json_object", None),
    ({"after": "true"}, "not_a_json_object", None),
    ({"after": '{"status": "\\ud800"}'}, "not_a_json_object", None),
    ({"after": SUSPENDED + SUSPENDED}, "not_a_json_object", None),
    ({"after": "[" * DEPTH}, "not_a_json_object", None),
    ({"op": "d", "before": BROKEN, "after": None}, "not_a_json_object", None),
    # an image that is not there: an update says what holds from now on, or nothing
    ({"after": None}, "missing_image", None),
    ({"after": " "}, "missing_image", None),
    ({"after": "null"}, "missing_image", None),
    ({"after": "{}"}, "missing_image", None),
    ({"after": "{ }"}, "missing_image", None),
    ({"op": "c", "before": None, "after": None}, "missing_image", None),
    ({"after": None, "_load_reasons": "text_too_long:after"}, "text_too_long:after", None),
    ({"before": None}, None, "Suspended"),
    ({"before": "null"}, None, "Suspended"),
    ({"before": "{}"}, None, "Suspended"),
    ({"op": "c", "before": None}, None, "Suspended"),
    ({"op": "d", "after": None}, None, "Deleted"),
    ({"op": "d", "before": None, "after": None}, None, "Deleted"),
    ({"op": "d", "after": "null"}, None, "Deleted"),
    # an event that tells both a deletion and what holds after it is a deletion
    ({"op": "d"}, None, "Deleted"),
    ({"op": None, "before": None, "after": None}, None, None),
    ({"op": None}, None, None),
    # a column that is read and holds more than a value; beside one that nothing reads
    ({"after": '{"status": {"is": "' + PERSON + '"}}'}, "not_a_plain_value", None),
    ({"after": '{"status": ["Suspended"]}'}, "not_a_plain_value", None),
    ({"before": '{"plan_id": {"id": "' + PERSON + '"}}'}, "not_a_plain_value", None),
    ({"after": '{"status": "Suspended", "tags": ["a"], "o": {"status": []}}'}, None, "Suspended"),
    ({"after": '{"status": "Suspended", "note": "{[status"}'}, None, "Suspended"),
    ({"after": SUSPENDED[:-1] + f', "deep": {DEEP}' + "}"}, None, "Suspended"),
    ({"after": DEEP.replace('"history"', '"status"')}, "not_a_plain_value", None),
    # of a column that is told twice the first counts
    ({"after": '{"status": "Suspended", "status": "Closed"}'}, None, "Suspended"),
    ({"after": '{"status": null}'}, None, "Active"),
    ({"after": '{"status": "a\\u0000b"}'}, None, "Active"),
    ({"after": '{"status": 5}'}, None, "Active"),
    # what an event is about, and where it stands in its feed
    ({"op": "x"}, "unknown_operation", None),
    ({"op": "U"}, "unknown_operation", None),
    ({"op": ""}, "unknown_operation", None),
    ({"entity_key": None}, "missing_entity", None),
    ({"event_id": None}, "missing_key", None),
    ({"source_table": None}, "missing_source_table", None),
    ({"source_ts": None}, "missing_date", None),
    ({"source_seq": None}, None, "Suspended"),
    ({"source_seq": -1, "arrived_at": None}, None, "Suspended"),
    (
        {"event_id": None, "entity_key": None, "op": "x", "after": BROKEN},
        "missing_key,missing_entity,unknown_operation,not_a_json_object",
        None,
    ),
)


@pytest.fixture(scope="module")
def judged(estate: Estate) -> Estate:
    """Every event for an account of its own, and the same events of another table and of meters beside them."""
    events = [_event(number, **changes) for number, (changes, *_) in enumerate(EVENTS)]
    elsewhere = [
        {**event, "event_id": f"{table}-{event['event_id']}", "source_table": table}
        for table in ("raw_crm.customers", "raw_billing.subscriptions", "raw_metering.meters")
        for event in events
    ]
    keys = [f"K{number}" for number in range(len(EVENTS))]
    estate.run(
        {
            "raw_crm.accounts": [{"account_id": key, "status": "Active"} for key in keys],
            "raw_metering.meters": [{"meter_id": key, "status": "Active"} for key in keys],
            "raw_cdc.change_events": [*events, *elsewhere],
        },
        DAY,
    )
    return estate


def test_an_event_is_accepted_or_rejected_with_its_reasons(judged: Estate) -> None:
    """And no build fails for it."""
    found = judged.query(
        "select rejection_reasons from staging.stg_cdc__change_events"
        f" where source_line <= {len(EVENTS)} order by source_line"
    )
    assert [reasons for (reasons,) in found] == [reasons for _, reasons, _ in EVENTS]
    assert judged.broken() == []


def test_what_is_rejected_says_nothing_of_an_account(judged: Estate) -> None:
    """What nothing can be read from is not read as a status; what is accepted is read as it stands."""
    found = dict(
        judged.query(
            "select entity_key, max_by(status, changed_on) from intermediate.int_status_changes"
            " where source_table = 'raw_crm.accounts' group by entity_key"
        )
    )
    expected = {f"K{n}": status for n, (*_, status) in enumerate(EVENTS) if status}
    assert found == expected


def test_other_tables_may_nest_what_they_like(judged: Estate) -> None:
    """Nothing is read from their events."""
    found = judged.query(
        "select count(*) from staging.stg_cdc__change_events"
        " where source_table = 'raw_crm.customers' and rejection_reasons like '%plain_value%'"
    )
    assert found == [(0,)]


def test_nobody_is_shown_what_an_event_held(judged: Estate) -> None:
    """Neither by what is listed of it nor by any table but those of the feed itself."""
    holding = {
        f"{schema}.{table}"
        for schema, table, column in judged.query(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where not internal and data_type = 'VARCHAR'"
        )
        if judged.query(
            f"""select 1 from {schema}.{table} where contains("{column}", 'Reed') limit 1"""
        )
    }
    # an accepted image of a meter is read once more where its columns are told
    assert holding == {
        "raw_cdc.change_events",
        "staging.stg_cdc__change_events",
        "intermediate.int_status_changes",
    }
    listed = judged.query(
        "select source_table, reasons, row_key from data_quality.fct_rejected_rows"
        " union all select source_table, alert, row_key from data_quality.fct_row_alerts"
    )
    assert len(listed) > len(EVENTS)
    findings = tuple(Finding(table, what, 1, (str(key),)) for table, what, key in listed)
    page = io.StringIO()
    Console(file=page, width=80).print(Verdicts((), findings, ()).render())
    assert "not_a_plain_value" in page.getvalue()
    assert "Reed" not in page.getvalue()


def test_a_subscription_known_only_from_the_feed_is_what_the_feed_says(estate: Estate) -> None:
    """Its unpaid invoice is a case while it is active, and none once it is cancelled; both builds pass."""
    told = {"source_table": "raw_billing.subscriptions", "op": "c", "before": None}
    estate.run(
        {
            "raw_billing.invoices": [
                {
                    "invoice_id": f"I{number}",
                    "account_id": "K1",
                    "subscription_id": f"S{number}",
                    "invoice_date": "2024-03-31",
                    "amount": "12.34",
                }
                for number in (1, 2)
            ],
            "raw_cdc.change_events": [
                _event(1, **told, entity_key="S1", after=ACTIVE),
                _event(2, **told, entity_key="S2", after='{"status": "Cancelled"}'),
            ],
            "raw_control.extract_batches": [
                {"as_of_date": DAY, "line_of_business": "trade_credit"}
            ],
        },
        DAY,
    )
    assert estate.broken() == []
    assert estate.query("select rule, invoice_id from leakage.fct_leakage_cases") == [
        ("zombie", "I1")
    ]
