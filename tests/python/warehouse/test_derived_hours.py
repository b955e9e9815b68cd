"""Registers and other intervals become hours: what is known exactly stays exact, and nobody is accused by a form."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.python.warehouse import readings_by_hand as by_hand
from tests.python.warehouse.compiled_models import set_up
from tests.python.warehouse.readings_by_hand import (
    GAP,
    HOURS,
    LOST,
    OUT_OF_ORDER,
    RESTARTS,
    SUNNY,
    hour_of,
    load,
    moment,
    used,
    write,
)
from tests.python.warehouse.test_readings import differing, execute, run
from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.warehouse.compiled_models import Bench
    from tests.python.workshop import Workshop

FEBRUARY: Final = (RESTARTS[0], RESTARTS[1])
SELECTED: Final = (
    "+fct_row_alerts",
    "+fct_rejected_rows",
    "+fct_readings",
    "+agg_daily_consumption",
    "+fct_meter_anomalies",
    "+fct_leakage_cases",
)


@pytest.fixture(scope="module")
def sent(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every meter of `readings_by_hand`. Read only."""
    workshop.load("sent", write(tmp_path_factory.mktemp("sent")))
    return workshop.make(workshop.project("sent"), select=SELECTED)


def hours(
    project: Project, number: str, columns: str, where: str = "true"
) -> list[tuple[Any, ...]]:
    """Columns of a meter's hours, in order."""
    return query(
        project,
        f"select {columns} from metering.fct_readings where meter_number = '{number}' and {where}"
        " order by read_at",
    )


def usage(project: Project, number: str) -> list[Decimal]:
    """What a meter used month by month."""
    rows = query(
        project,
        f"select usage_kwh from intermediate.int_meter_usage where meter_number = '{number}' order by period_start",
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize("number", ["PLAIN", "EVERY", "ENDS"])
def test_hours_are_what_they_were(sent: Project, number: str) -> None:
    """However they are sent: by the hour, stamped with their end, or as the register that counts them."""
    told = hours(sent, number, "validated_kwh, validation_method, kwh = validated_kwh")
    assert told == [(load(hour), "as_read", True) for hour in range(HOURS)]


def test_zeros_that_come_back_at_the_same_hours_are_readings(sent: Project) -> None:
    """Panels at noon: from the second half of the first week on, nothing is estimated."""
    week = f"read_at >= '{moment(7 * 24)}'"
    told = hours(sent, "SOLAR", "validated_kwh, validation_method", week)
    assert told == [
        (Decimal(0) if hour in SUNNY else load(hour), "as_read") for hour in range(7 * 24, HOURS)
    ]


def test_zeros_of_a_single_day_or_of_all_hours_are_no_readings(sent: Project) -> None:
    first, last = moment(OUT_OF_ORDER[0]), moment(OUT_OF_ORDER[-1])
    noon = f"read_at between '{first}' and '{last}'"
    estimated = hours(sent, "PAUSED", "is_zero_run, validated_kwh > 0", noon)
    assert set(estimated) == {(True, True)}
    stopped = hours(sent, "STOPPED", "is_zero_run", f"read_at >= '{first}'")
    assert set(stopped) == {(True,)}


@pytest.mark.parametrize("number", ["HALVES", "QUARTERS"])
def test_an_hour_of_which_a_part_is_missing_is_not_read(sent: Project, number: str) -> None:
    told = hours(sent, number, "kwh, is_missing, validation_method = 'as_read'")
    assert told == [
        (None, True, False) if hour in LOST else (load(hour), False, True) for hour in range(HOURS)
    ]


def test_quarters_of_a_register_are_exact_hours(sent: Project) -> None:
    told = hours(sent, "QUARTER", "kwh, validation_method")
    # the register of the end never came
    assert told[:-1] == [(load(hour), "as_read") for hour in range(HOURS - 1)]


def test_a_gap_adds_up_to_what_the_register_counted(sent: Project) -> None:
    gap = f"read_at >= '{moment(GAP[0])}' and read_at < '{moment(GAP[-1] + 1)}'"
    told = hours(sent, "GAP", "validated_kwh, validation_method", gap)
    assert len(told) == len(GAP)
    assert {method for _, method in told} == {"allocated"}
    assert sum(kwh for kwh, _ in told) == used(GAP[0], GAP[-1] + 1)
    even = used(GAP[0], GAP[-1] + 1) / len(GAP)
    assert all(abs(kwh - even) <= Decimal("0.001") for kwh, _ in told)
    others = hours(sent, "GAP", "validated_kwh, validation_method", f"not ({gap})")
    assert others == [(load(hour), "as_read") for hour in range(HOURS) if hour not in GAP]


@pytest.mark.parametrize("number", ["PLAIN", "EVERY", "GAP", "MONTHS", "DAYS", "ENDS"])
def test_months_are_exact(sent: Project, number: str) -> None:
    """Read each hour or once a month."""
    assert usage(sent, number) == [
        used(0, FEBRUARY[0]),
        used(*FEBRUARY),
        used(FEBRUARY[1], HOURS),
    ]


def test_days_are_shared_by_their_hours(sent: Project) -> None:
    assert {method for (method,) in hours(sent, "DAYS", "validation_method")} == {"allocated"}
    days = query(
        sent,
        "select read_on, validated_kwh from intermediate.int_daily_consumption"
        " where meter_number = 'DAYS' order by 1",
    )
    assert days == [(moment(hour).date(), used(hour, hour + 24)) for hour in range(0, HOURS, 24)]


def test_a_register_read_at_odd_times_is_not_lost(sent: Project) -> None:
    """Read at five past two each day: every whole hour between the first and the last read, none of a part."""
    told = hours(sent, "DAILY", "read_at, validated_kwh", "validation_method = 'allocated'")
    last = HOURS - 24 + 14
    first, end = 15, (last // 24) * 24 - 24 + 14
    assert [at for at, _ in told] == [moment(hour) for hour in range(first, end)]
    total = sum(kwh for _, kwh in told)
    # but for 55 minutes of the first hour and 5 of the last
    truth = used(first, end)
    assert abs(total - truth) < 2


def test_a_register_that_stands_still_has_counted_nothing(sent: Project) -> None:
    """No energy is made up for it; that it stopped is told."""
    still = hour_of("2025-02-10")
    assert usage(sent, "STILL") == [used(0, FEBRUARY[0]), used(FEBRUARY[0], still), 0]
    assert flagged(sent, "meter_failure") == {"STILL", "STOPPED"}


@pytest.mark.parametrize("number", ["RESTART", "ANEW"])
def test_a_counter_that_starts_anew_is_no_theft(sent: Project, number: str) -> None:
    """As a register or subtracted without a look: the hour of the restart is estimated, and no other."""
    told = hours(sent, number, "validated_kwh, validation_method = 'as_read'")
    first = 1 if number == "RESTART" else 0  # what was counted before the first value nobody knows
    for hour in range(first, HOURS):
        kwh, is_read = told[hour]
        assert is_read == (hour not in RESTARTS)
        assert kwh == load(hour) if is_read else abs(kwh - load(hour)) < Decimal("0.2")
    assert turned_back_on(sent, number) == [None, None, None]


def turned_back_on(project: Project, number: str) -> list[date | None]:
    rows = query(
        project,
        f"select turned_back_on from intermediate.int_meter_usage where meter_number = '{number}' order by period_start",
    )
    return [row[0] for row in rows]


def flagged(project: Project, kind: str) -> set[str]:
    """Meters that are flagged with a kind of anomaly."""
    rows = query(
        project,
        f"select meter_id from metering.fct_meter_anomalies where is_flagged and anomaly_type = '{kind}'",
    )
    return {row[0] for row in rows}


def test_only_a_register_that_was_turned_back_is_accused(sent: Project) -> None:
    """Sentinels, garbage and restarts are none; a thief's register is, sent as energies or as what it shows."""
    assert flagged(sent, "energy_theft") == {"THIEF", "BACK"}
    estimates = query(
        sent,
        "select meter_id, estimated_kwh from metering.fct_meter_anomalies"
        " where anomaly_type = 'energy_theft' and is_flagged order by 1",
    )
    stolen = sum(
        load(hour) - (energy or 0) for hour, energy in by_hand.turned_back(Decimal("0.6")).items()
    )
    assert all(0 < kwh <= stolen for _, kwh in estimates)
    assert turned_back_on(sent, "THIEF") == turned_back_on(sent, "BACK")
    assert None not in turned_back_on(sent, "THIEF")


@pytest.mark.parametrize("number", ["MINUS", "NINES", "ODD"])
def test_what_no_meter_can_give_is_flagged_and_estimated(sent: Project, number: str) -> None:
    odd = hours(sent, number, "is_spike or is_negative, validated_kwh", "abs(kwh) > 1000")
    assert odd
    assert all(is_flagged and 0 <= kwh < 1 for is_flagged, kwh in odd)
    assert turned_back_on(sent, number) == [None, None, None]
    assert abs(sum(usage(sent, number)) - used(0, HOURS)) < 1


def test_a_known_load_decides_what_is_a_spike(sent: Project) -> None:
    """A kettle is none, whether the load is known or not; what the house cannot take is one."""
    spikes = query(
        sent,
        "select meter_number, kwh from metering.fct_readings where is_spike and kwh < 99 order by 1",
    )
    assert spikes == [("NOBODY", 40), ("TOWER", 40)]
    peak = {hour: Decimal("4.200") for hour in by_hand.PEAKS}
    for number in ("KETTLE", "ZERO-KW"):
        assert hours(sent, number, "validated_kwh") == [
            (peak.get(hour, load(hour)),) for hour in range(HOURS)
        ]


def test_a_right_bill_is_right_however_its_meter_is_read(sent: Project) -> None:
    """Of five bills the one that asks half as much again is told, and it alone."""
    cases = query(
        sent,
        "select rule, invoice_id from leakage.fct_leakage_cases where rule != 'ghost' order by all",
    )
    assert cases == [("over_billed", "F-EVERY")]


def test_forms_that_were_not_mapped_are_told(sent: Project) -> None:
    grown = "select row_key from data_quality.fct_row_alerts where alert = 'values_only_grow'"
    assert query(sent, grown) == [("GROWS",)]
    split = query(
        sent,
        "select count(*) from data_quality.fct_rejected_rows where reasons = 'not_on_the_hour'",
    )
    assert split == [(48,)]
    assert flagged(sent, "energy_theft").isdisjoint({"GROWS", "SPLIT"})


# --- on top of what is held

FEW: Final = frozenset({"GAP", "RESTART", "HALVES", "DAYS", "DAILY", "MONTHS", "PLAIN"})
COLUMNS: Final = "meter_number, read_at, kwh, _batch_no, _file_no"


@pytest.fixture(scope="module")
def few(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A meter of each form, built once. Read only."""
    chosen = tuple(sender for sender in by_hand.senders() if sender.number in FEW)
    workshop.load("few", write(tmp_path_factory.mktemp("few"), chosen))
    return run(workshop.project("few"))


@pytest.fixture
def changed(
    workshop: Workshop, few: Project, tmp_path: Path
) -> Callable[..., tuple[Project, Project]]:
    """Change raw rows, and build on top of what is held, and anew."""

    def change(*statements: str) -> tuple[Project, Project]:
        grown = workshop.copy(few, f"{tmp_path.name}-grown")
        execute(grown, *statements)
        anew = workshop.copy(grown, f"{tmp_path.name}-anew")
        return run(grown), run(anew, "--full-refresh")

    return change


def file_of(number: str) -> str:
    """The file a meter came in, as a scalar subquery."""
    return (
        f"(select any_value(_file_no) from raw_metering.readings where meter_number = '{number}')"
    )


def test_late_registers_change_the_hours_between(
    changed: Callable[..., tuple[Project, Project]], few: Project
) -> None:
    late = GAP[50]
    shown = by_hand.counted(late)
    grown, anew = changed(
        f"insert into raw_metering.readings ({COLUMNS})"
        f" select 'GAP', timestamp '{moment(late)}', {shown}, 1, {file_of('GAP')}"
    )
    assert differing(grown, anew) == []
    assert "intermediate.int_derived_hours" in differing(grown, few)
    before = hours(
        grown, "GAP", "kwh", f"read_at >= '{moment(GAP[0])}' and read_at < '{moment(late)}'"
    )
    assert sum(kwh for (kwh,) in before) == used(GAP[0], late)


def test_rows_of_every_form_may_change(
    changed: Callable[..., tuple[Project, Project]], few: Project
) -> None:
    """Gone, repeated in other words, another value, another meter's; an hourly reading among days; a meter gone."""
    grown, anew = changed(
        f"delete from raw_metering.readings where meter_number = 'GAP' and read_at = '{moment(100)}'",
        f"insert into raw_metering.readings ({COLUMNS})"
        f" select meter_number, read_at, kwh + 1, _batch_no, _file_no from raw_metering.readings"
        f" where meter_number = 'HALVES' and read_at between '{moment(30)}' and '{moment(31)}'",
        f"update raw_metering.readings set kwh = null where meter_number = 'HALVES' and read_at = '{moment(50.5)}'",
        f"update raw_metering.readings set kwh = kwh + 5 where meter_number = 'DAYS' and read_at = '{moment(48)}'",
        f"update raw_metering.readings set meter_number = 'PLAIN' where meter_number = 'RESTART'"
        f" and read_at = '{moment(500)}'",
        f"insert into raw_metering.readings ({COLUMNS})"
        f" values ('DAYS', timestamp '{moment(77)}', 0.5, 1, null)",
        "delete from raw_metering.meters where meter_number = 'MONTHS'",
    )
    assert differing(grown, anew) == []
    told = hours(grown, "DAYS", "kwh, validation_method", f"read_at = '{moment(77)}'")
    assert told == [(Decimal("0.5"), "as_read")]
    conflict = hours(
        grown, "HALVES", "is_duplicate, validation_method", f"read_at = '{moment(30)}'"
    )
    assert conflict == [(True, "interpolated")]
    assert set(differing(few, grown)) >= {
        "intermediate.int_reading_spans",
        "intermediate.int_derived_hours",
        "metering.fct_readings",
    }


def test_nothing_is_derived_anew_that_has_not_changed(workshop: Workshop, few: Project) -> None:
    marked = workshop.copy(few, "few-marked")
    execute(
        marked,
        "update intermediate.int_derived_hours set quality = 'mark'",
        "update intermediate.int_reading_spans set course = 'mark'",
        # one meter of them changes
        f"insert into raw_metering.readings ({COLUMNS})"
        f" select 'GAP', timestamp '{moment(GAP[9])}', {by_hand.counted(GAP[9])}, 1, {file_of('GAP')}",
    )
    run(marked)
    for table, column in (("int_derived_hours", "quality"), ("int_reading_spans", "course")):
        rows = query(
            marked,
            f"select meter_number, bool_and({column} = 'mark'), bool_or({column} = 'mark')"
            f" from intermediate.{table} group by 1",
        )
        marks = {number: (every, some) for number, every, some in rows}
        assert marks.pop("GAP") in {(False, False), (None, None)}
        assert set(marks.values()) == {(True, True)}


def test_the_order_of_rows_does_not_matter(workshop: Workshop, few: Project) -> None:
    shuffled = workshop.copy(few, "few-shuffled")
    execute(
        shuffled,
        "create temp table mixed as from raw_metering.readings order by md5(readings::text)",
        "truncate raw_metering.readings",
        "insert into raw_metering.readings from mixed",
    )
    assert differing(run(shuffled, "--full-refresh"), few) == []


def test_within_a_gap_nobody_knows_what_the_register_will_show(
    workshop: Workshop, few: Project
) -> None:
    """As of a day in the gap its hours are missing and estimated; later all is as if that had never been asked."""
    earlier = workshop.copy(few, "few-earlier")
    run(earlier, "--vars", "{as_of_date: 2025-02-12}")
    cut = f"read_at >= '{moment(GAP[0])}'"
    told = hours(earlier, "GAP", "is_missing, validation_method", cut)
    assert len(told) == hour_of("2025-02-13") - GAP[0]
    assert set(told) == {(True, "profile_estimate")}
    anew = workshop.copy(few, "few-earlier-anew")
    run(anew, "--full-refresh", "--vars", "{as_of_date: 2025-02-12}")
    assert differing(earlier, anew) == []
    assert differing(run(earlier), few) == []


# --- any register

MODELS: Final = {
    "intermediate.int_reading_spans": "int_reading_spans",
    "intermediate.int_derived_hours": "int_derived_hours",
}
GIVEN: Final = {
    # what every bench has
    "intermediate.int_as_of_date": "as_of_date date",
    "intermediate.facts": "invoice_date date",
    "staging.stg_control__extract_files": "file_no integer, reading_kind text, interval_minutes integer,"
    " is_stamped_at_end boolean, reading_form text",
    "staging.stg_metering__readings": "meter_number text, read_at timestamp, kwh decimal(18, 3),"
    " voltage decimal(18, 3), quality text, is_repeated boolean, is_conflicting boolean, batch_no integer,"
    " file_no integer, is_part boolean, is_accepted boolean",
}


@pytest.fixture(scope="module")
def bench(workshop: Workshop) -> Bench:
    """The two models in memory, ready for any rows."""
    compiled = workshop.compile(*MODELS.values())
    return set_up({name: compiled[model]["compiled_code"] for name, model in MODELS.items()}, GIVEN)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    reads=st.lists(
        st.tuples(st.integers(1, 400), st.integers(0, 400_000)), min_size=2, max_size=25
    ),
    on_the_hour=st.booleans(),
    begins=st.integers(0, 99_000_000),
)
def test_hours_of_any_register_add_up_to_it(
    bench: Bench, reads: list[tuple[int, int]], begins: int, *, on_the_hour: bool
) -> None:
    """Whole hours between the first read and the last, each once, and to the last Wh where reads are on the hour."""
    at, shown = datetime(2025, 1, 1), begins  # noqa: DTZ001
    rows = []
    for minutes, watt_hours in [(0, 0), *reads]:
        at += timedelta(minutes=minutes * (60 if on_the_hour else 1))
        shown += watt_hours
        kwh = Decimal(shown).scaleb(-3)
        rows.append(("m", at, kwh, None, None, False, False, 1, 1, True, True))
    bench.run(
        {
            "staging.stg_control__extract_files": [(1, "register", None, True, "register end")],
            "staging.stg_metering__readings": rows,
        }
    )
    told = bench.connection.execute(
        "select read_at, kwh from intermediate.int_derived_hours order by 1"
    ).fetchall()
    first, last = rows[0][1], rows[-1][1]
    whole = -(-first.timestamp() // 3600) * 3600, last.timestamp() // 3600 * 3600
    assert len(told) == max(0, int(whole[1] - whole[0]) // 3600)
    assert len({hour for hour, _ in told}) == len(told)
    total = sum(kwh for _, kwh in told)
    assert total <= rows[-1][2] - rows[0][2]
    assert all(kwh >= 0 for _, kwh in told)
    if on_the_hour:
        assert total == rows[-1][2] - rows[0][2]
