"""The same raw rows give the same marts, however they came together.

The demo has passed all data tests. What is compared with it row by row is built without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.python.workshop import query

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

MARTS = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_schema in ('core', 'leakage', 'data_quality', 'ml_features', 'collections')
    order by 1
"""

# what snapshots remember depends on when they looked, and so do the versions read from them
REMEMBERED = {"core.dim_customers", "core.dim_accounts", "core.dim_subscriptions"}


def differing_marts(
    one: Project, other: Project, *, but: frozenset[str] = frozenset()
) -> list[str]:
    """Marts whose rows differ in either direction."""
    marts = [mart for (mart,) in query(one, MARTS) if mart not in but]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one.warehouse}' as one (read_only)")
        connection.execute(f"attach '{other.warehouse}' as other (read_only)")
        return [
            mart
            for mart in marts
            if connection.execute(
                f"(from one.{mart} except all from other.{mart})"
                f" union all (from other.{mart} except all from one.{mart})"
            ).fetchall()
        ]


@pytest.fixture(scope="module")
def straight(workshop: Workshop) -> Project:
    """The whole year seeded at once and built once."""
    return workshop.make(workshop.simulate("straight"))


def test_a_build_after_advance_equals_a_full_refresh(demo: Project, straight: Project) -> None:
    """The demo was seeded to September and advanced month by month, with a build after each."""
    assert len(query(demo, MARTS)) > 10
    assert differing_marts(demo, straight, but=frozenset(REMEMBERED)) == []


def test_what_snapshots_remember_ends_in_the_same_present(demo: Project, straight: Project) -> None:
    for dimension, key in (
        ("dim_customers", "customer_id"),
        ("dim_accounts", "account_id"),
        ("dim_subscriptions", "subscription_id"),
    ):
        present = f"""
            select * exclude ({key[:-3]}_key, effective_date)
            from core.{dimension} where is_current and not is_deleted order by {key}
        """
        assert query(demo, present) == query(straight, present)


def test_building_again_changes_nothing(workshop: Workshop, demo: Project) -> None:
    again = workshop.make(workshop.copy(demo, "again"), full_refresh=True)
    assert differing_marts(demo, again) == []
    for snapshot in ("snap_customers", "snap_accounts", "snap_subscriptions", "snap_meters"):
        versions = f"select * from snapshots.{snapshot} order by all"
        assert query(again, versions) == query(demo, versions)


def test_the_order_of_raw_rows_does_not_matter(workshop: Workshop, straight: Project) -> None:
    shuffled = workshop.copy(straight, "shuffled")
    with duckdb.connect(str(shuffled.warehouse)) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema like 'raw%' and table_schema != 'raw_control'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                f"create temp table mixed as from {table} order by md5({table.split('.')[1]}::text)"
            )
            connection.execute(f"delete from {table}")
            connection.execute(f"insert into {table} from mixed")
            connection.execute("drop table mixed")
    workshop.make(shuffled)
    assert differing_marts(straight, shuffled) == []


def test_a_change_feed_may_repeat_and_reorder_itself(workshop: Workshop, straight: Project) -> None:
    repeated = workshop.copy(straight, "repeated")
    with duckdb.connect(str(repeated.warehouse)) as connection:
        connection.execute(
            "insert into raw_cdc.change_events"
            " select * replace (arrived_at + interval 3 day as arrived_at)"
            " from raw_cdc.change_events order by event_id desc"
        )
    workshop.make(repeated)
    counts = frozenset({"data_quality.fct_rejected_rows", "data_quality.fct_source_rows"})
    assert differing_marts(straight, repeated, but=counts) == []
    duplicates = query(
        repeated,
        "select count(*), count(kept_key), min(reasons), max(reasons)"
        " from data_quality.fct_rejected_rows where source_table = 'raw_cdc.change_events'",
    )
    events = query(straight, "select count(*) from raw_cdc.change_events")[0][0]
    assert duplicates == [(events, events, "duplicate_key", "duplicate_key")]
