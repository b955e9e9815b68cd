"""Readings on their way from raw rows to validated energy: incrementally, and held against the hidden truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.dbt_runner import run_dbt
from tests.python.workshop import query, silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

# smart meters alone
WORLD = (
    *("subscription.customers=0", "trade.accounts=0", "utility.customers=0"),
    *("metering.meters=24", "period.months=3"),
)
MODELS = ("+fct_readings", "+agg_daily_consumption")
INCREMENTAL = (
    "staging.stg_metering__readings",
    "intermediate.int_reading_days",
    "intermediate.int_validated_days",
    "intermediate.int_estimated_hours",
    "intermediate.int_validated_readings",
    "intermediate.int_daily_consumption",
    "metering.fct_readings",
)
# where all readings are hourly energies, these hold nothing
DERIVED = ("intermediate.int_reading_spans", "intermediate.int_derived_hours")
TABLES = (*INCREMENTAL, *DERIVED, "metering.agg_daily_consumption")

# rows of a batch of its own, told of meters and hours of any age
NEW_BATCH = """
    insert into raw_control.extract_batches by name
    select * replace ('mtr-late' as batch_id, {batch_no} as batch_no)
    from raw_control.extract_batches order by batch_no desc limit 1
"""
NTH_METER = """(
    select meter_number from raw_metering.meters
    where consumer_type != 'feeder' and status = 'Active' and installed_on < '2024-01-01'
    order by meter_number limit 1 offset {nth}
)"""


def meter(nth: int) -> str:
    """A meter that has been there from the start, as a scalar subquery."""
    return NTH_METER.format(nth=nth)


def run(project: Project, *arguments: str) -> Project:
    """Run the models of readings in place, on top of what is there."""
    run_dbt(project, project.warehouse, ["run", *arguments, "--select", *MODELS], silent)
    return project


def execute(project: Project, *statements: str) -> None:
    """Change raw rows by hand."""
    with duckdb.connect(str(project.warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def differing(one: Project, other: Project, where: str = "") -> list[str]:
    """Tables whose rows differ in either direction; `where` filters those of the second."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one.warehouse}' as one (read_only)")
        connection.execute(f"attach '{other.warehouse}' as other (read_only)")
        return [
            table
            for table in TABLES
            if connection.execute(
                f"(from one.{table} except all (from other.{table} {where}))"
                f" union all ((from other.{table} {where}) except all from one.{table})"
            ).fetchall()
        ]


@pytest.fixture(scope="module")
def metered(workshop: Workshop) -> Project:
    """Three months of some meters, built once. Read only."""
    return run(workshop.simulate("metered", *WORLD))


@pytest.fixture
def changed(
    workshop: Workshop, metered: Project, tmp_path: Path
) -> Callable[..., tuple[Project, Project]]:
    """Change raw rows, and build on top of what is held, and anew."""

    def change(*statements: str) -> tuple[Project, Project]:
        grown = workshop.copy(metered, f"{tmp_path.name}-grown")
        execute(grown, *statements)
        anew = workshop.copy(grown, f"{tmp_path.name}-anew")
        return run(grown), run(anew, "--full-refresh")

    return change


def test_months_that_arrive_equal_months_seeded_at_once(
    workshop: Workshop, metered: Project
) -> None:
    """Rows of the last days of a month come with the next: they are taken, whatever is held."""
    advanced = run(workshop.advance(workshop.copy(metered, "metered-advanced")))
    at_once = run(workshop.simulate("metered-at-once", *WORLD, "period.months=4"))
    rows = "select count(*) from metering.fct_readings"
    assert query(advanced, rows) > query(metered, rows)
    late = "select count(*) from ground_truth.reading_faults where fault = 'late_arrival'"
    assert query(metered, late)[0][0] > 0
    assert differing(advanced, at_once) == []


def test_late_rows_of_any_age_are_taken(changed: Callable[..., tuple[Project, Project]]) -> None:
    """One batch repeats and fills in hours of January, one with a lower number comes after the others."""
    grown, anew = changed(
        NEW_BATCH.format(batch_no=900_001),
        NEW_BATCH.format(batch_no=1).replace("mtr-late", "mtr-first"),
        f"""
        insert into raw_metering.readings by name
        select {meter(0)} as meter_number, hour as read_at, 7.25 as kwh, 900001 as _batch_no
        from range(timestamp '2024-01-10 00:00', timestamp '2024-01-13 00:00', interval 1 hour) as t(hour)
        """,
        f"""
        insert into raw_metering.readings by name
        select * replace (kwh + 1 as kwh, 1 as _batch_no) from raw_metering.readings
        where meter_number = {meter(1)} and read_at between '2024-02-20' and '2024-02-21'
        """,
        # half an hour, of an hour that is held as it was told
        f"""
        insert into raw_metering.readings by name
        select {meter(5)} as meter_number, timestamp '2024-01-15 10:30' as read_at, 1 as kwh, 900001 as _batch_no
        """,
    )
    assert query(
        grown,
        "select count(*) > 10 from staging.stg_metering__readings where batch_no = 1 and is_accepted",
    ) == [(True,)]
    assert differing(grown, anew) == []


def test_what_surrounds_readings_may_change(
    changed: Callable[..., tuple[Project, Project]], metered: Project
) -> None:
    """Outages, the load, the end, the feeder and the disconnection of a meter, on a meter each."""
    grown, anew = changed(
        "update raw_metering.outages set ended_at = ended_at + interval 90 minute"
        " where outage_id = (select min(outage_id) from raw_metering.outages where cause = 'fault')",
        "delete from raw_metering.outages"
        " where outage_id = (select max(outage_id) from raw_metering.outages where is_planned)",
        f"update raw_metering.meters set connected_load_kw = 0.4 where meter_number = {meter(2)}",
        "update raw_metering.meters set status = 'Replaced', updated_at = '2024-02-10 10:20:00'"
        f" where meter_number = {meter(3)}",
        f"update raw_metering.meters set feeder = 'elsewhere' where meter_number = {meter(4)}",
        f"""
        insert into raw_metering.meter_events by name
        select 'E1' as event_id, {meter(5)} as meter_number, timestamp '2024-02-12 10:10' as event_at,
            'disconnected' as event_type, 1 as _batch_no
        """,
        f"delete from raw_metering.meters where meter_number = {meter(6)}",
    )
    assert differing(grown, anew) == []
    assert differing(grown, metered) == [table for table in TABLES if table not in DERIVED]


def test_rows_changed_by_hand_are_noticed(changed: Callable[..., tuple[Project, Project]]) -> None:
    """Rows that are gone, have another energy, or never had a key; among them one of two of an hour."""
    grown, anew = changed(
        f"delete from raw_metering.readings where meter_number = {meter(2)}"
        " and read_at between '2024-01-20' and '2024-01-23'",
        f"update raw_metering.readings set kwh = 99 where meter_number = {meter(3)}"
        " and read_at between '2024-02-20 10:00' and '2024-02-20 14:00'",
        """
        insert into raw_metering.readings by name
        select null as meter_number, timestamp '2024-02-01' as read_at, 1 as kwh, 424289 as _batch_no
        union all select 'nobody''s', timestamp '2024-02-01', 1, null
        """,
        """
        delete from raw_metering.readings where rowid in (
            select max(rowid) from raw_metering.readings
            group by meter_number, read_at having count(*) > 1
        )
        """,
    )
    assert query(
        grown, "select count(*) from staging.stg_metering__readings where kept_key is not null"
    ) == [(0,)]
    assert differing(grown, anew) == []


def test_what_leaves_every_sum_as_it_was_is_noticed(
    changed: Callable[..., tuple[Project, Project]], metered: Project
) -> None:
    """Two hours of a meter trade their energies, two meters a day."""
    grown, anew = changed(
        f"""
        update raw_metering.readings set read_at = case
            when read_at = '2024-01-20 10:00' then timestamp '2024-01-20 19:00' else '2024-01-20 10:00' end
        where meter_number = {meter(2)} and read_at in ('2024-01-20 10:00', '2024-01-20 19:00')
        """,
        f"""
        update raw_metering.readings set meter_number = case
            when meter_number = {meter(3)} then {meter(4)} else {meter(3)} end
        where meter_number in ({meter(3)}, {meter(4)}) and read_at::date = '2024-02-10'
        """,
    )
    assert differing(grown, anew) == []
    assert "metering.fct_readings" in differing(grown, metered)


def test_other_thresholds_reach_what_is_held(workshop: Workshop, metered: Project) -> None:
    """And so does going back to those of before."""
    thresholds = ("--vars", "{zero_run_min_hours: 6, spike_load_factor: 0.4, profile_days: 3}")
    turned = run(workshop.copy(metered, "metered-turned"), *thresholds)
    anew = run(workshop.copy(metered, "metered-turned-anew"), "--full-refresh", *thresholds)
    assert differing(turned, anew) == []
    assert "metering.fct_readings" in differing(turned, metered)
    assert differing(run(turned), metered) == []


def test_nothing_is_made_anew_that_has_not_changed(workshop: Workshop, metered: Project) -> None:
    """A mark that no comparison sees stays on every table, also when another month arrives."""
    marked = workshop.copy(metered, "metered-marked")
    column_of = {
        "staging.stg_metering__readings": "alerts",
        "intermediate.int_reading_days": "zero_hours",
        "intermediate.int_validated_days": "gap_hours",
        "intermediate.int_estimated_hours": "estimated_kwh",
        "intermediate.int_validated_readings": "quality",
        "intermediate.int_daily_consumption": "peak_hour",
        "metering.fct_readings": "quality",
    }
    assert tuple(column_of) == INCREMENTAL
    execute(marked, *(f"update {table} set {column} = 99" for table, column in column_of.items()))
    marks = " union all ".join(
        f"select count(*) from {table} where {column}::text in ('99', '99.000')"
        for table, column in column_of.items()
    )
    before = query(marked, marks)
    assert min(before)[0] > 0
    run(marked)
    assert query(marked, marks) == before
    run(workshop.advance(marked))
    after = query(marked, marks)
    # but of the month before, whose late rows and repeats arrive with the next, and days that look back on them
    assert all(now[0] > 0.6 * then[0] for now, then in zip(after, before, strict=True))


def test_another_world_starts_everything_anew(workshop: Workshop, metered: Project) -> None:
    """Same batch numbers, other rows: nothing of the first world is left, without a full refresh."""
    reseeded = workshop.copy(metered, "metered-reseeded")
    other = workshop.root_seed + 1
    workshop.simulate("metered-reseeded", *WORLD, "period.months=2", root_seed=other)
    anew = workshop.simulate("metered-other", *WORLD, "period.months=2", root_seed=other)
    assert differing(run(reseeded), run(anew)) == []
    assert differing(reseeded, metered) == [table for table in TABLES if table not in DERIVED]


def test_the_order_of_readings_does_not_matter(workshop: Workshop, metered: Project) -> None:
    shuffled = workshop.simulate("metered-shuffled", *WORLD)
    execute(
        shuffled,
        *(
            statement
            for table in ("readings", "outages", "meter_events", "meters")
            for statement in (
                f"create temp table mixed as from raw_metering.{table} order by md5({table}::text)",
                f"truncate raw_metering.{table}",
                f"insert into raw_metering.{table} from mixed",
                "drop table mixed",
            )
        ),
    )
    assert differing(run(shuffled), metered) == []


def test_the_readings_of_an_earlier_day_are_a_prefix(workshop: Workshop, metered: Project) -> None:
    """And the day after that, all are there again."""
    earlier = workshop.copy(metered, "metered-earlier")
    run(earlier, "--vars", "{as_of_date: 2024-02-17}")
    assert query(earlier, "select max(read_on)::text from metering.fct_readings") == [
        ("2024-02-17",)
    ]
    for table, day in (("fct_readings", "read_on"), ("agg_daily_consumption", "date_key")):
        sql = f"select * from metering.{table} where {day} <= '2024-02-17' order by all"
        assert query(earlier, sql) == query(metered, sql)
    assert differing(run(earlier), metered) == []


def test_a_day_depends_on_no_later_day(workshop: Workshop, metered: Project) -> None:
    """Without any later reading the days up to it are validated alike."""
    cut = workshop.simulate("metered-cut", *WORLD)
    execute(cut, "delete from raw_metering.readings where read_at >= '2024-02-17'")
    run(cut)
    kept = "select * from intermediate.int_validated_readings where read_on < '2024-02-17' order by all"
    assert query(cut, kept) == query(metered, kept)


# Which flag is to tell which fault, and of how many of its hours at least. A spike of a small load may stay
# below what is plausible, a sag may fall on an hour without a row. Where another meter's reading stands beside it, the
# hour is known as one told twice and is not believed: which row stays is not chosen for what it says.
FOUND = {
    "missing": ("is_missing", 0.99),
    "signal_drop": ("is_missing or is_estimated", 1.0),
    "negative": ("is_negative or is_duplicate and validated_kwh is distinct from kwh", 1.0),
    "reverse_energy": ("is_reverse_energy", 1.0),
    "zero_run": ("is_zero_run", 0.98),
    "spike": ("is_spike", 0.95),
    "voltage_sag": ("is_voltage_sag", 0.95),
    "wrong_meter": ("is_missing", 0.95),
    "duplicate": ("is_duplicate", 0.9),
}
FAULTY_HOURS = """
    with hours as (
        select
            fault,
            meter_number,
            unnest(range(date_trunc('hour', starts_at), ends_at, interval 1 hour)) as read_at
        from ground_truth.reading_faults
        where fault in ('{faults}')
    )
"""


@pytest.mark.parametrize("fault", sorted(FOUND))
def test_faults_of_the_data_are_flagged(metered: Project, fault: str) -> None:
    flag, floor = FOUND[fault]
    ((hours, found),) = query(
        metered,
        FAULTY_HOURS.format(faults=fault)
        + f"""
        select count(*), count(*) filter (where {flag})
        from hours
        inner join metering.fct_readings using (meter_number, read_at)
        """,
    )
    assert hours > 0
    assert found / hours >= floor


@pytest.mark.parametrize(
    ("flag", "faults"),
    [
        ("is_negative", "negative"),
        ("is_reverse_energy", "reverse_energy"),
        ("is_spike", "spike"),
        ("is_zero_run", "zero_run', 'failure"),
        ("is_voltage_sag", "voltage_sag"),
    ],
)
def test_flags_tell_faults(metered: Project, flag: str, faults: str) -> None:
    """Where nobody steals: thieves have their own ways of zeros, negative readings and voltages."""
    flagged, right = query(
        metered,
        FAULTY_HOURS.format(faults=faults)
        + f"""
        select count(*), count(hours.read_at)
        from metering.fct_readings
        left join (select distinct meter_number, read_at from hours) as hours
            using (meter_number, read_at)
        inner join raw_metering.meters using (meter_number)
        where {flag} and meter_id not in (
            select entity_id from ground_truth.faults where rule = 'energy_theft'
        )
        """,
    )[0]
    assert flagged > 0
    assert right / flagged >= 0.95


def test_validated_energy_comes_close_to_what_was_registered(metered: Project) -> None:
    """Months of meters that nobody robbed and that did not fail; raw readings miss by far."""
    rows = query(
        metered,
        """
        with months as (
            select
                meters.meter_id,
                cast(date_trunc('month', read_on) as date) as month,
                sum(kwh) as raw_kwh,
                sum(kwh) filter (where validation_method = 'as_read') as read_kwh,
                sum(validated_kwh) as validated_kwh
            from metering.fct_readings
            inner join raw_metering.meters using (meter_number)
            group by all
        )
        select
            sum(registered_kwh),
            sum(abs(raw_kwh - registered_kwh)),
            sum(abs(read_kwh - registered_kwh)),
            sum(abs(validated_kwh - registered_kwh)),
            median(abs(validated_kwh - registered_kwh) / registered_kwh)
        from months
        inner join ground_truth.meter_months using (meter_id, month)
        where
            stolen_kwh = 0 and registered_kwh > 0
            and meter_id not in (select entity_id from ground_truth.faults where entity_type = 'meter')
        """,
    )
    registered, raw, read, validated, median = (float(value) for value in rows[0])
    assert raw / registered > 0.05
    assert read / registered > 0.03
    assert validated / registered < 0.01
    assert median < 0.01
