"""Words for a status that nobody knows, and rows whose own status is not that of their change feed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from pipeline.verdicts import unknown_statuses

if TYPE_CHECKING:
    from tests.python.warehouse.compiled_estate import Estate

DAY = date(2024, 6, 30)
LONGEST_SHOWN = "Awaiting Review By The Back Room"  # 32 characters


def _account(name: str, status: str | None) -> dict[str, object]:
    return {"account_id": name, "line_of_business": "trade_credit", "status": status}


def _event(
    name: str, after: str, day: str = "2024-03-01", op: str = "u", table: str = "raw_crm.accounts"
) -> dict[str, object]:
    return {
        "event_id": f"{name}-{day}",
        "source_table": table,
        "op": op,
        "entity_key": name,
        "source_seq": int(day.replace("-", "")),
        "source_ts": f"{day} 00:00:00",
        "after": f'{{"status": "{after}"}}',
        "arrived_at": f"{day} 00:00:00",
    }


def test_a_word_too_long_to_be_a_status_is_counted_and_not_shown(estate: Estate) -> None:
    """Up to 32 characters it is named whole; a longer one may identify somebody, and is not cut short either."""
    accounts = [
        _account("known", "suspended"),
        _account("fits", LONGEST_SHOWN),
        _account("longer", f"{LONGEST_SHOWN}s"),
        _account("longest", f"Jane Roe of 7 Elm Street says: {'later ' * 60}"),
    ]
    estate.run({"raw_crm.accounts": accounts}, DAY)
    assert estate.broken() == []
    assert dict(estate.query("select account_id, status from staging.stg_crm__accounts")) == {
        "known": "Suspended",
        "fits": "Active",
        "longer": "Active",
        "longest": "Active",
    }
    meaning = "counted as Active; translate it under `statuses:` in mapping.yml"
    assert unknown_statuses(estate.connection) == (
        f"2 accounts say what does not look like a status: {meaning}",
        f"1 account says `{LONGEST_SHOWN}`: {meaning}",
    )


@pytest.mark.parametrize(
    ("status", "fed", "evidence"),
    [
        ("Active", "Cancelled", "Active; by the change feed Cancelled"),
        (None, "Suspended", "Active; by the change feed Suspended"),
        ("past_due", "Active", None),
        ("Cancelled", "canceled", None),
    ],
)
def test_a_row_that_disagrees_with_its_feed_is_a_finding(
    estate: Estate, status: str | None, fed: str, evidence: str | None
) -> None:
    """By what both mean, not by how they write it; who is in no feed has nothing to disagree with."""
    estate.run(
        {
            "raw_crm.accounts": [_account("A", status), _account("B", "Suspended")],
            "raw_cdc.change_events": [_event("A", "Active", "2024-01-01", "c"), _event("A", fed)],
        },
        DAY,
    )
    assert estate.broken() == []
    found = estate.query(
        "select entity_type, entity_id, evidence from intermediate.int_feed_mismatch_findings"
    )
    assert found == ([("account", "A", evidence)] if evidence else [])


def test_the_feed_is_asked_on_the_last_day_of_the_extracts(estate: Estate) -> None:
    """A row tells today's status: as of an earlier day it says nothing about the feed."""
    rows = {
        "raw_crm.accounts": [_account("A", "Cancelled")],
        "raw_cdc.change_events": [
            _event("A", "Active", "2024-01-01", "c"),
            _event("A", "Cancelled", "2024-05-01"),
        ],
    }
    findings = "select count(*) from intermediate.int_feed_mismatch_findings"
    for as_of in (date(2024, 3, 1), DAY):
        estate.run(rows, as_of, extracted_on=DAY)
        assert estate.broken() == []
        assert estate.query(findings) == [(0,)]
