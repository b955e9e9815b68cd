"""Change feeds that are shuffled, delivered again and late: the same history, whatever the order of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seeders.contracts import TABLES
from tests.python.faults.trials import (
    SMALL_WORLD,
    Kind,
    Trial,
    Watch,
    content_of,
    differing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from pipeline.paths import Project
    from tests.python.faults.trials import Setting
    from tests.python.warehouse.compiled_estate import Estate

_FEEDS = (20, 2)
_EVENTS = "raw_cdc.change_events"
# What counts or lists the rows as they were delivered.
_COUNTS = ("raw_", "staging.stg_cdc__", "intermediate.int_rejected_rows", "data_quality.")

_Content = dict[str, tuple[int, int]]


def try_all(setting: Setting) -> Iterator[Trial]:
    """Make every model of one world again and again, whose feed alone is delivered differently."""
    settings = SMALL_WORLD[1::2]
    world = setting.workshop.simulate(f"{setting.name}-world", *settings, root_seed=setting.seed)
    estate = setting.estate
    as_of = _take(estate, world)
    estate.make(as_of)
    straight = _derived(estate)
    (events,) = estate.query(f"select count(*) from {_EVENTS}")[0]
    for _ in range(_FEEDS[setting.short]):
        watch = Watch()
        key, share, days = (
            setting.chance.getrandbits(32),
            setting.chance.uniform(0.05, 1),
            setting.chance.randint(1, 40),
        )
        repeated = _deliver(estate, world, key, share, days)
        estate.make(as_of)
        found = _derived(estate)
        tables = differing(straight, found)
        kept = estate.query(
            "select sum(rows_in) - sum(rows_accepted) - sum(rows_rejected), sum(rows_accepted)"
            f" from data_quality.fct_source_rows where source_table = '{_EVENTS}'"
        )
        what = f"{events} events shuffled, {repeated} of them again up to {days} days later"
        breaches = [f"other rows in {', '.join(tables[:4])}"] if tables else []
        if kept[0][0] != 0:
            breaches.append(f"{kept[0][0]} events are neither accepted nor rejected")
        got = f"{kept[0][1]} events accepted; {len(found)} tables of history, dimensions and marts, all alike"
        yield Trial(what, got, "; ".join(breaches) or None, watch.seconds)


def _take(estate: Estate, world: Project) -> date:
    """Fill the estate's raw tables with those of a world; the last day its extracts know."""
    for name in TABLES:
        estate.connection.execute(f"truncate {name}")
    estate.connection.execute(f"attach '{world.warehouse}' as world (read_only)")
    for name in TABLES:
        estate.connection.execute(f"insert into {name} by name from world.{name}")
    estate.connection.execute("detach world")
    day: date = estate.query("select max(as_of_date) from raw_control.extract_batches")[0][0]
    return day


def _deliver(estate: Estate, world: Project, key: int, share: float, days: int) -> int:
    """Deliver the feed in the order of a key, a share of its events again and later; how many of those."""
    estate.connection.execute(f"truncate {_EVENTS}")
    estate.connection.execute(f"attach '{world.warehouse}' as world (read_only)")
    estate.connection.execute(
        f"""
        create or replace temp table delivered as
        with events as (
            select *, hash(event_id, {key}) as draw from world.{_EVENTS}
        )
        select *, false as is_repeated from events
        union all
        select * replace (arrived_at + to_days((1 + draw % {days})::integer) as arrived_at),
            true as is_repeated
        from events where draw % 1000 < {round(share * 1000)}
        """
    )
    estate.connection.execute("detach world")
    estate.connection.execute(
        f"insert into {_EVENTS} by name select * exclude (draw, is_repeated)"
        f" from delivered order by hash(event_id, arrived_at, {key})"
    )
    (repeated,) = estate.query("select count(*) from delivered where is_repeated")[0]
    estate.connection.execute("drop table delivered")
    return int(repeated)


def _derived(estate: Estate) -> _Content:
    """Everything that is not a count of what was delivered."""
    found = content_of(estate.connection, "warehouse")
    return {name: value for name, value in found.items() if not name.startswith(_COUNTS)}


KIND = Kind("feeds", "change feeds shuffled, repeated and late", _FEEDS, try_all)
