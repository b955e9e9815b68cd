"""Sequence decides within an entity of the change feed, whatever the clock, the order of rows and the replays.

The reference below looks up every day by itself: what holds is the event of the highest sequence among those dated
up to that day; where a feed has no sequence, the latest of them.
"""

from __future__ import annotations

import json
import random
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.python.warehouse.compiled_estate import Estate

FIRST: Final = date(2024, 1, 1)
DAYS: Final = 40
AS_OF: Final = FIRST + timedelta(days=DAYS)
SEEDS: Final = range(5)
ENTITIES: Final = 40
STATUSES: Final = ("Active", "Suspended", "Paused", "Closed")
SPELLS: Final = {
    "raw_crm.accounts": ("int_account_spells", "account_id"),
    "raw_billing.subscriptions": ("int_subscription_spells", "subscription_id"),
    "raw_metering.meters": ("int_meter_versions", "meter_id"),
}
DIMENSIONS: Final = {
    "raw_crm.accounts": ("core.dim_accounts", "account_id", "account_status"),
    "raw_billing.subscriptions": (
        "core.dim_subscriptions",
        "subscription_id",
        "subscription_status",
    ),
    "raw_metering.meters": ("metering.dim_meters", "meter_id", "meter_status"),
}

Event = dict[str, Any]
History = dict[tuple[str, str, date], str]


def make_feed(draw: random.Random) -> list[Event]:
    """Events of entities whose clock was set back and forth between them; every third entity has no sequence."""
    events: list[Event] = []
    for number in range(ENTITIES):
        table = draw.choice(list(SPELLS))
        before: str | None = None
        for turn in range(draw.randint(1, 6)):
            gone = turn > 0 and draw.random() < 0.1
            limit = draw.randint(1, 9) * 100
            image = json.dumps({"status": draw.choice(STATUSES), "credit_limit": limit})
            day = FIRST + timedelta(days=draw.randrange(DAYS))
            events.append(
                {
                    "event_id": f"e{number}-{turn}",
                    "source_table": table,
                    "entity_key": f"k{number}",
                    "op": "d" if gone else "u" if turn else "c",
                    "source_seq": None if number % 3 == 2 else turn * 10,
                    "source_ts": datetime.combine(day, time(draw.randrange(24), number)),
                    "before": before,
                    "after": None if gone else image,
                    "arrived_at": datetime.combine(AS_OF, time()),
                }
            )
            before = None if gone else image
    return events


def place(event: Event) -> tuple[int, datetime, str]:
    """Where an event stands among those of its entity, which number all or none of theirs."""
    return (event["source_seq"] or 0, event["source_ts"], event["event_id"])


def status_on(feed: list[Event], day: date) -> str:
    """What holds of an entity on a day: before all of its events, what the first of them found."""
    known = [one for one in feed if one["source_ts"].date() <= day]
    if known:
        held = max(known, key=place)
        return "Deleted" if held["op"] == "d" else str(json.loads(held["after"])["status"])
    first = min(feed, key=place)
    if first["op"] != "c" and first["before"] is not None:
        return str(json.loads(first["before"])["status"])
    return status_on(feed, min(one["source_ts"].date() for one in feed))


def expected(events: list[Event]) -> History:
    entities: dict[tuple[str, str], list[Event]] = {}
    for one in events:
        entities.setdefault((one["source_table"], one["entity_key"]), []).append(one)
    return {
        (*entity, day): status_on(feed, day)
        for entity, feed in entities.items()
        for day in (FIRST + timedelta(days=n) for n in range(DAYS))
    }


def recorded(estate: Estate) -> History:
    """Statuses by day, as the spells have them."""
    return {
        (table, key, day): status
        for table, (model, column) in SPELLS.items()
        for key, day, status in estate.query(
            f"""
            select {column}, cast(days.day as date), status
            from intermediate.{model}
            inner join generate_series(date '{FIRST}', date '{AS_OF}' - 1, interval 1 day) as days (day)
                on days.day >= valid_from and days.day < valid_to
            where {column} like 'k%'
            """
        )
    }


def shown(estate: Estate) -> History:
    """The same, as the dimensions show it of entities that have a row."""
    return {
        (table, key, day): status
        for table, (dimension, column, status_column) in DIMENSIONS.items()
        for key, day, status in estate.query(
            f"""
            select {column}, cast(days.day as date), {status_column}
            from {dimension}
            inner join generate_series(date '{FIRST}', date '{AS_OF}' - 1, interval 1 day) as days (day)
                on days.day >= effective_date and days.day < expiry_date
            where {column} like 'k%'
            """
        )
    }


def world(events: list[Event]) -> dict[str, list[Event]]:
    """The feed beside a row of every entity in it."""
    rows: dict[str, dict[str, Event]] = {table: {} for table in SPELLS}
    for one in events:
        key, table = one["entity_key"], one["source_table"]
        row: Event = {SPELLS[table][1]: key}
        if table == "raw_billing.subscriptions":
            row |= {"account_id": "A", "started_on": FIRST}
        elif table == "raw_crm.accounts":
            row |= {"opened_on": FIRST}
        else:
            row |= {"meter_number": key, "installed_on": FIRST}
        rows[table][key] = row
    return {table: list(found.values()) for table, found in rows.items()} | {
        "raw_cdc.change_events": events
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_and_replayed_feeds_give_the_history_of_the_sequence(
    estate: Estate, seed: int
) -> None:
    """Of every day, in the spells and in the dimensions, for clocks that disagree with the sequence."""
    draw = random.Random(f"change feed {seed}")  # noqa: S311
    events = make_feed(draw)
    assert any(
        later["source_seq"] and later["source_ts"].date() < one["source_ts"].date()
        for one, later in pairwise(events)
        if later["entity_key"] == one["entity_key"]
    )
    wanted = expected(events)
    estate.run(world(events), AS_OF)
    assert recorded(estate) == wanted
    assert shown(estate) == wanted
    assert estate.broken() == []
    limits = estate.query("select * from intermediate.int_credit_limits order by all")

    again = [one | {"arrived_at": one["arrived_at"] + timedelta(days=1)} for one in events]
    replayed = events + draw.sample(again, len(again) // 2)
    draw.shuffle(replayed)
    estate.run(world(replayed), AS_OF)
    assert recorded(estate) == wanted
    assert shown(estate) == wanted
    assert estate.query("select * from intermediate.int_credit_limits order by all") == limits


def test_an_older_sequence_with_a_later_clock_is_over(estate: Estate) -> None:
    """K was suspended on the 10th, by the sequence after its pause of the 12th; L's clock agrees with its sequence."""

    def event(key: str, seq: int, day: int, status: str, limit: int) -> Event:
        return {
            "event_id": f"{key}{seq}",
            "source_table": "raw_crm.accounts",
            "entity_key": key,
            "op": "u" if seq > 1 else "c",
            "source_seq": seq,
            "source_ts": datetime(2024, 1, day),  # noqa: DTZ001
            "after": json.dumps({"status": status, "credit_limit": limit}),
        }

    feed = [
        event("K", 1, 2, "Active", 100),
        event("K", 2, 12, "Paused", 200),
        event("K", 3, 10, "Suspended", 300),
        event("L", 1, 2, "Active", 100),
        event("L", 2, 10, "Paused", 200),
        event("L", 3, 12, "Suspended", 300),
    ]
    estate.run(world(feed), AS_OF)
    statuses = (
        "select account_id, account_status, effective_date from core.dim_accounts order by 1, 3"
    )
    assert estate.query(statuses) == [
        ("K", "Active", FIRST),
        ("K", "Suspended", date(2024, 1, 10)),
        ("L", "Active", FIRST),
        ("L", "Paused", date(2024, 1, 10)),
        ("L", "Suspended", date(2024, 1, 12)),
    ]
    limits = (
        "select account_id, credit_limit::int from intermediate.int_credit_limits"
        " order by account_id, known_from_day"
    )
    found = estate.query(limits)
    assert [limit for key, limit in dict.fromkeys(found) if key == "K"] == [100, 300]
    assert [limit for key, limit in dict.fromkeys(found) if key == "L"] == [100, 200, 300]
