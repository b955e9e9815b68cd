"""Which settings a simulation accepts, and what the user reads about those it does not."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError
from datetime import date
from typing import TYPE_CHECKING

import pytest

from seeders.config import (
    ConfigError,
    PenaltyConfig,
    PolicyConfig,
    config_from_json,
    config_to_json,
    load_config,
    load_policy,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reference_scale() -> None:
    config = load_config("seeds", None, [])
    assert config.subscription.customers == 1_000
    assert (config.period.first_month, config.period.months) == (date(2024, 1, 1), 12)
    assert config.ghost.rate == 0.015
    assert config.zombie.rate == 0.02
    assert (config.leaky.rate, config.leaky.min_paid, config.leaky.max_paid) == (0.03, 0.90, 0.99)
    assert config.subscription.annual_churn == 0.08
    assert config.payments.late_share == 0.10
    assert config.subscription.payment_terms_days == 14
    assert config.trade.first_month == date(2022, 1, 1)
    assert (config.trade.accounts, config.trade.skus) == (200, 100)


@pytest.mark.parametrize("preset", ["demo", "seeds", "large"])
def test_presets_survive_being_written_and_read(preset: str) -> None:
    config = load_config(preset, None, [])
    text = config_to_json(config)
    assert config_from_json(text) == config
    assert config_to_json(config_from_json(text)) == text


def test_overrides_win_and_the_last_one_of_a_key_most() -> None:
    config = load_config("seeds", None, ["ghost.rate=0.5", "ghost.rate=0", "period.months=3"])
    assert config.ghost.rate == 0
    assert isinstance(config.ghost.rate, float)
    assert config.period.months == 3


def test_a_file_states_what_differs_from_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("period: {first_month: 2023-07}\nzombie: {rate: 0.5}\n")
    config = load_config(None, file, ["zombie.rate=0.25"])
    assert config.period.first_month == date(2023, 7, 1)
    assert config.zombie.rate == 0.25
    assert config.subscription.customers == 1_000


def test_a_world_of_subscriptions_may_lie_in_any_year() -> None:
    early = ["period.first_month=2010-01"]
    with pytest.raises(ConfigError, match=r"trade\.first_month"):
        load_config("seeds", None, early)
    with pytest.raises(ConfigError, match=r"utility\.first_day"):
        load_config("seeds", None, [*early, "trade.accounts=0"])
    with pytest.raises(ConfigError, match=r"metering\.first_month"):
        load_config("seeds", None, [*early, "trade.accounts=0", "utility.customers=0"])
    none = [*early, "trade.accounts=0", "utility.customers=0", "metering.meters=0"]
    assert load_config("seeds", None, none).trade.accounts == 0


def test_a_configuration_cannot_be_changed() -> None:
    config = load_config("demo", None, [])
    with pytest.raises(FrozenInstanceError):
        config.ghost.rate = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("ghosts.rate=0", "did you mean ghost"),
        ("ghost.rat=0", "did you mean ghost.rate"),
        ("ghost.rate", "section.key=value"),
        ("ghost=1", "section.key=value"),
        ("ghost.rate=", "section.key=value"),
        ("ghost.rate=[1", "cannot read"),
        ("ghost.rate=often", "a number"),
        ("ghost.rate=.nan", "a number"),
        ("ghost.rate=1.01", "0.0 to 1.0"),
        ("ghost.rate=-0.1", "0.0 to 1.0"),
        ("subscription.annual_churn=1", "0.0 to 0.999"),
        ("subscription.customers=1.5", "a whole number"),
        ("subscription.customers=yes", "a whole number"),
        ("subscription.customers=-1", "from 0"),
        ("period.first_month=2024-13", "a month such as"),
        ("period.first_month=0001-01", "1990"),
        ("period.months=0", "from 1"),
        ("leaky.min_paid=0.999", "is above leaky.max_paid"),
        ("leaky.max_paid=1", "below 1"),
        ("ghost.billed_late_min_days=61", "is above"),
        ("payments.late_share=0.98", "together at most 1"),
        ("trade.first_month=2025-01", "after the end of the period"),
        ("trade.skus=11", "from 12"),
        ("trade.bad_share=0.8", "together at most 1"),
        ("trade.dispute_share=0.99", "together at most 1"),
        ("trade.orphaned_line_rate=0.99", "together at most 1"),
        ("trade.reinstate_min_days=61", "is above"),
        ("policy.zombie_grace_days=3", "dbt_project.yml"),
        ("utility.first_day=2019-02", "a day such as"),
        ("utility.first_day=2019-02-30", "cannot read the value"),
        ("utility.first_day=1989-12-31", "1990"),
        ("utility.first_day=2025-01-01", "after the end of the period"),
        ("utility.low_usage_share=0.8", "together at most 1"),
        ("utility.low_reliability_share=0.6", "together at most 1"),
        ("utility.low_usage_min_kwh=351", "is above"),
        ("utility.high_reliability_min=1.5", "0.0 to 1.0"),
        ("utility.poor_min_paid=0.31", "is above"),
        ("utility.days_early_max=31", "is above utility.cycle_days"),
        ("utility.residential_rate=0.1234567", "at most 6 decimals"),
        ("metering.meters=1000000", "0 to 999999"),
        ("metering.meter=5", "did you mean metering.meters"),
        ("metering.first_month=2024-01-01", "a month such as"),
        ("metering.first_month=2025-01", "after the end of the period"),
        ("metering.tariff_change=2024-07-01", "a month such as"),
        ("metering.zero_run_min_hours=13", "is above metering.zero_run_max_hours"),
        ("metering.technical_loss_max=0.1", "metering.technical_loss_min"),
        ("metering.spike_rate=0.95", "together at most 1"),
        ("metering.failure_rate=0.999", "together at most 1"),
        ("metering.under_billed_rate=0.99", "together at most 1"),
        ("metering.signal_drop_rate=0.3", "more than one run of hours a day"),
        ("metering.missing_rate=1.1", "0.0 to 1.0"),
        ("penalty.suspend_score=10.5", "is above penalty.close_score"),
        ("penalty.partial_ratio=0.7", "is above penalty.major_ratio"),
        ("penalty.minor_penalty=0.0005", "at most 3 decimals"),
        ("penalty.suspend_score=0", "0.001"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(override: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("seeds", None, [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"ghost: [", "not valid YAML"),
        (b"\xff\xfe", "UTF-8"),
        (b"- ghost", "must hold sections"),
        (b"ghost: 1", "must hold settings"),
        (b"unknown: {a: 1}", "unknown section"),
    ],
)
def test_a_wrong_file_is_one_clear_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "mine.yml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(None, file, [])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_and_two_origins_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="demo, seeds, large"):
        load_config("tiny", None, [])
    with pytest.raises(ConfigError, match="not both"):
        load_config("demo", tmp_path / "mine.yml", [])


THRESHOLDS = "zombie_grace_days: 45, invoicing_lag_days: 2, usage_invoicing_lag_days: 3, duplicate_window_days: 4, other: x"
LAGS = "invoicing_lag_days: 0, usage_invoicing_lag_days: 7"
STEPS = (
    "{step_name: minor, min_ratio: 0, penalty: 0.25},"
    " {step_name: partial, min_ratio: 0.2, penalty: 1},"
    " {step_name: major, min_ratio: 0.5, penalty: 2},"
    " {step_name: full, min_ratio: 1, penalty: 3}"
)
PENALTY = f"penalty_policy: {{suspend_score: 4, close_score: 7.5, steps: [{STEPS}]}}"


def test_thresholds_come_from_the_dbt_project(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(f"vars: {{{THRESHOLDS}, {PENALTY}}}\n")
    assert load_policy(project) == PolicyConfig(
        zombie_grace_days=45,
        invoicing_lag_days=2,
        usage_invoicing_lag_days=3,
        duplicate_window_days=4,
    )
    assert load_config("demo", None, [], project).policy.zombie_grace_days == 45


def test_the_penalty_policy_comes_from_the_dbt_project_unless_set(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(f"vars: {{{THRESHOLDS}, {PENALTY}}}\n")
    assert load_config("demo", None, [], project).penalty == PenaltyConfig(
        suspend_score=4,
        close_score=7.5,
        minor_penalty=0.25,
        partial_ratio=0.2,
        partial_penalty=1,
        major_ratio=0.5,
        major_penalty=2,
        full_penalty=3,
    )
    set_here = load_config("demo", None, ["penalty.suspend_score=3"], project).penalty
    assert (set_here.suspend_score, set_here.close_score) == (3, 7.5)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("other: x", r"vars\.penalty_policy"),
        ("penalty_policy: {suspend_score: 4, close_score: 7}", "minor, partial, major, full"),
        (PENALTY.replace("step_name: major", "step_name: most"), "minor, partial, major, full"),
        (PENALTY.replace("min_ratio: 1", "min_ratio: 0.9"), "min_ratio of 0"),
        (PENALTY.replace("suspend_score: 4", "suspend_score: soon"), r"penalty\.suspend_score"),
        (PENALTY.replace("suspend_score: 4, ", ""), r"penalty\.suspend_score"),
    ],
)
def test_another_penalty_policy_is_one_clear_line(tmp_path: Path, policy: str, said: str) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(f"vars: {{{THRESHOLDS}, {policy}}}\n")
    with pytest.raises(ConfigError, match=said) as caught:
        load_config("demo", None, [], project)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name: x", "vars.zombie_grace_days"),
        ("vars: {zombie_grace_days: 30}", "vars.invoicing_lag_days"),
        (
            "vars: {zombie_grace_days: 30, invoicing_lag_days: 0}",
            "vars.usage_invoicing_lag_days",
        ),
        (
            f"vars: {{zombie_grace_days: 30, {LAGS}}}",
            "vars.duplicate_window_days",
        ),
        (
            f"vars: {{zombie_grace_days: soon, {LAGS}, duplicate_window_days: 3}}",
            "a whole number",
        ),
    ],
)
def test_missing_thresholds_are_one_clear_line(tmp_path: Path, content: str, said: str) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(content)
    with pytest.raises(ConfigError, match=said):
        load_policy(project)


def test_a_file_that_nests_without_end_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "deep.yml"
    file.write_text("ghost: " + "[" * 5000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load_config(file=file)


def test_a_setting_that_nests_without_end_is_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="cannot read the value") as caught:
        load_config(overrides=["ghost.rate=" + "[" * 5000])
    assert len(str(caught.value)) < 200


def test_a_pipe_is_no_file_to_wait_for(tmp_path: Path) -> None:
    file = tmp_path / "pipe.yml"
    os.mkfifo(file)
    with pytest.raises(ConfigError, match="it is a directory, a pipe or a device"):
        load_config(file=file)
    with pytest.raises(ConfigError, match="it is a directory, a pipe or a device"):
        load_config(file=tmp_path)
    with pytest.raises(ConfigError, match="No such file"):
        load_config(file=tmp_path / "nowhere.yml")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"policy": {"unknown": 1}}'])
def test_text_that_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        config_from_json(text)
