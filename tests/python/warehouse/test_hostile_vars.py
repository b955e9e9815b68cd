"""Vars are pasted into SQL, so each has a kind and a range, and what is neither stops dbt before it runs any of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from pipeline import dbt_runner
from pipeline.errors import AuditError
from pipeline.paths import CHECKOUT
from seeders.writer import create_raw_tables
from tests.python.workshop import silent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

BOUNDS = CHECKOUT / "macros" / "rules" / "var_bounds.sql"
NO_ROWS = "the warehouse holds no extracts yet"
HOSTILE = "0 or exists (select full_name from raw_crm.customers)"


@pytest.fixture(scope="module")
def counted(workshop: Workshop) -> Project:
    """A warehouse without rows, with a sequence that counts how often it is asked."""
    project = workshop.project("counted")
    with duckdb.connect(str(project.warehouse)) as connection:
        create_raw_tables(connection)
        connection.execute("create sequence main.asked")
    return project


@pytest.fixture(scope="module")
def check(counted: Project) -> Callable[..., str]:
    """Builds one model with other vars, and gives what stops it: at the latest that there are no rows."""

    def told(**chosen: object) -> str:
        arguments = ("build", "--select", "int_as_of_date", "--vars", json.dumps(chosen))
        with pytest.raises(AuditError) as stopped:
            dbt_runner.run_dbt(counted, counted.warehouse, arguments, silent)
        return str(stopped.value)

    return told


def test_every_var_of_the_project_has_a_kind_and_a_range() -> None:
    described = re.findall(r"^        '(\w+)':", BOUNDS.read_text(), re.MULTILINE)
    known = yaml.safe_load((CHECKOUT / "dbt_project.yml").read_text())["vars"]
    assert described == list(known)


def test_the_vars_of_the_project_are_within_them(check: Callable[..., str]) -> None:
    assert NO_ROWS in check()


def test_other_vars_within_them_are_taken(check: Callable[..., str]) -> None:
    chosen: dict[str, Any] = {
        "as_of_date": "2024-02-29",
        "small_balance_tolerance": {"USD": 1, "EUR": 0.5},
        "zombie_grace_days": 0,
        "anomaly_flag_score": 1,
        "season_months": {"wet": [6, 7], "dry": [1]},
        "peak_hours": [18],
        "default_currency": "EUR",
    }
    assert NO_ROWS in check(**chosen)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (
            {
                "as_of_date": "1800-01-01",
                "zombie_grace_days": -1,
                "anomaly_flag_score": 1e9,
                "invoicing_lag_days": 2.5,
                "duplicate_window_days": HOSTILE,
                "default_currency": "usd'",
                "momentary_max_minutes": True,
                "usage_tolerance_kwh": None,
                "profile_days": [7],
                "nominal_voltage": {"volts": 230},
                "recovery_min_invoices": 10**40,
            },
            (
                "the var as_of_date is 1800-01-01: it must be null or a day like 2024-06-30 from 1900-01-01",
                "the var zombie_grace_days is -1: it must be a whole number from 0 to 36500",
                "the var anomaly_flag_score is 1000000000.0: it must be a number from 0 to 1",
                "the var invoicing_lag_days is 2.5: it must be a whole number",
                f"the var duplicate_window_days is text of {len(HOSTILE)} characters: it must be a whole",
                "the var default_currency is text of 4 characters: it must be a code of ISO 4217",
                "the var momentary_max_minutes is true or false: it must be a number",
                "the var usage_tolerance_kwh is missing: it must be a number",
                "the var profile_days is a list of 1: it must be a whole number",
                "the var nominal_voltage is a mapping with 1 keys: it must be a number",
                "the var recovery_min_invoices is no number in any range: it must be a whole number",
            ),
        ),
        (
            {
                "small_balance_tolerance": {"USD": HOSTILE, HOSTILE: 1},
                "penalty_policy": {"suspend_score": 5},
                "season_months": {"winter": [1, HOSTILE], "it's": [2], "spring": []},
                "peak_hours": "18, 19",
                "theft_weights": HOSTILE,
                "as_of_date": f"2024-01-01{HOSTILE}",
                "zombie_grace_days": "30",
            },
            (
                f"the var small_balance_tolerance.USD is text of {len(HOSTILE)} characters: it must be a",
                f"the var small_balance_tolerance has a key that is text of {len(HOSTILE)} characters",
                "the var penalty_policy is a mapping with 1 keys: it must have the keys lines_of_business",
                f"the var season_months.winter[1] is text of {len(HOSTILE)} characters",
                "the var season_months has a key that is text of 4 characters",
                "the var season_months.spring is a list of 0",
                "the var peak_hours is text of 6 characters: it must be a list",
                f"the var theft_weights is text of {len(HOSTILE)} characters: it must have the keys",
                f"the var as_of_date is text of {len(HOSTILE) + 10} characters",
                "the var zombie_grace_days is 30: it must be a whole number",
            ),
        ),
        (
            {"as_of_date": "2049-02-30"},
            ("the var as_of_date is 2049-02-30: it must be null or a day",),
        ),
        (
            {"as_of_date": "2024-01-01\n"},
            ("the var as_of_date is text of 11 characters",),
        ),
    ],
)
def test_a_var_of_another_kind_or_beyond_its_range_is_told(
    check: Callable[..., str], chosen: dict[str, object], words: tuple[str, ...]
) -> None:
    told = check(**chosen)
    assert "\n" not in told
    assert [sentence for sentence in words if sentence not in told] == []
    assert "raw_crm" not in told


@pytest.mark.parametrize("command", ["build", "run", "test"])
def test_nothing_of_a_hostile_var_is_executed(counted: Project, command: str) -> None:
    """Plain dbt, and a model that needs no other: its SQL would be the first to run."""
    hostile = "1990-01-01' as date) + cast(nextval('main.asked') as integer) + cast('0"
    arguments = (
        command,
        *("--select", "int_as_of_date"),
        *("--vars", json.dumps({"as_of_date": hostile})),
    )
    with pytest.raises(AuditError, match="the var as_of_date is text of") as refused:
        dbt_runner.run_dbt(counted, counted.warehouse, arguments, silent)
    assert "nextval" not in str(refused.value)
    with duckdb.connect(str(counted.warehouse), read_only=True) as connection:
        assert connection.execute("select last_value from duckdb_sequences()").fetchall() == [
            (None,)
        ]
        assert connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'int_as_of_date'"
        ).fetchall() == [(0,)]
