"""The command line against a toy project: what is printed, the exit code, what is published."""

from __future__ import annotations

import re
import signal
from importlib.metadata import version
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.python.pipeline.toy import FAILING_TEST, MODEL, Toy

if TYPE_CHECKING:
    from pathlib import Path


def test_a_build_is_published_while_readers_read_on(toy: Toy) -> None:
    with duckdb.connect(str(toy.project.warehouse), read_only=True) as reader:
        # a child: DuckDB hands out the file a process has open, even if it is another one by now
        builder = toy.start("build")
        stdout, stderr = builder.communicate()
        assert builder.returncode == 0, stderr
        assert "published as of 2024-12-31: 1 model built, 1 test passed" in stdout
        assert stderr == ""
        # the reader keeps the warehouse it opened
        assert reader.execute("select count(*) from raw_control.extract_batches").fetchone() == (1,)
        with pytest.raises(duckdb.CatalogException):
            reader.execute("select * from answers")
    assert toy.answer() == 42


def test_a_warning_is_named_and_does_not_stop_a_build(toy: Toy) -> None:
    toy.test("{{ config(severity='warn') }}\n" + FAILING_TEST)
    outcome = toy.run("build")
    assert outcome.code == 0
    assert "1 model built, 1 with a warning" in outcome.stdout
    assert "  warning: assert_answer: Got 1 result" in outcome.stdout


def test_a_failed_test_publishes_nothing_and_is_named(toy: Toy) -> None:
    before = toy.project.warehouse.read_bytes()
    toy.test(FAILING_TEST)
    outcome = toy.run("build")
    assert outcome.code == 1
    assert "assert_answer: Got 1 result" in outcome.stderr
    assert "1 of 2 models and tests failed; nothing is published" in outcome.errors[-1]
    assert "Traceback" not in outcome.stderr
    assert toy.project.warehouse.read_bytes() == before
    assert toy.answer(toy.project.staging) == 42
    assert "failed" in toy.run("status").stdout


def test_a_model_that_breaks_says_where_and_why(toy: Toy) -> None:
    toy.model("select no_such_column as answer from raw_control.extract_batches\n")
    outcome = toy.run("build")
    assert outcome.code == 1
    assert "answers: Binder Error" in outcome.stderr
    assert "answers.sql]" in outcome.stderr


def test_a_project_that_does_not_parse_is_one_line(toy: Toy) -> None:
    toy.model("select * from {{ ref('nowhere') }}\n")
    outcome = toy.run("build")
    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert "nowhere" in outcome.stderr
    assert not toy.project.staging.exists()  # there is nothing to look at in it
    assert "Traceback" not in outcome.stderr


def test_a_killed_build_leaves_the_published_file_as_it_was(toy: Toy) -> None:
    before = toy.project.warehouse.read_bytes()
    builder = toy.start_slow_build()
    assert toy.project.staging.exists()
    builder.kill()
    builder.communicate()
    assert toy.project.warehouse.read_bytes() == before
    assert "killed" in toy.run("status").stdout
    toy.model(MODEL)
    assert toy.run("build").code == 0
    assert toy.answer() == 42
    assert not toy.project.staging.exists()


def test_an_interrupted_build_says_so_and_leaves_nothing(toy: Toy) -> None:
    before = toy.project.warehouse.read_bytes()
    builder = toy.start_slow_build()
    builder.send_signal(signal.SIGINT)
    try:
        _, stderr = builder.communicate(timeout=120)
    finally:
        builder.kill()
    assert builder.returncode == 130
    assert stderr == "interrupted: the published warehouse is unchanged\n"
    assert toy.project.warehouse.read_bytes() == before
    assert not toy.project.staging.exists()


def test_a_second_builder_gets_one_clear_line(toy: Toy) -> None:
    builder = toy.start_slow_build()
    try:
        second = toy.run("build")
        status = toy.run("status")
    finally:
        builder.kill()
        builder.communicate()
    assert second.code == 1
    (line,) = second.errors
    assert f"being built by another process (pid {builder.pid}): wait for it to end" in line
    assert f"process {builder.pid} is building" in status.stdout
    assert "running" in status.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build", "--as-of", "2025-01-01"], "the raw rows end on 2024-12-31"),
        (["build", "--as-of", "2023-12-31"], "the raw rows begin on 2024-01-01"),
        (["build", "--as-of", "2024-02-30"], "is not a day"),
        (["build", "--no-such-option"], "No such option"),
        (["build", "--select", "no_such_model"], "there is no model or test"),
        (["advance", "--months", "0"], "--months"),
        (["seed", "--set", "subscription.customers=-1"], "customers"),
        (["seed", "--preset", "demo", "--config", "x.yml"], "not both"),
        (["seed", "--preset", "enormous"], "enormous"),
        (["frobnicate"], "No such command"),
    ],
)
def test_bad_usage_is_exit_code_2_and_says_why(toy: Toy, arguments: list[str], words: str) -> None:
    before = toy.project.warehouse.read_bytes()
    outcome = toy.run(*arguments)
    assert outcome.code == 2, outcome.stderr
    assert words in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert toy.project.warehouse.read_bytes() == before


@pytest.mark.parametrize("command", ["build", "advance", "replay", "docs"])
def test_without_a_warehouse_a_command_names_the_one_to_run(toy: Toy, command: str) -> None:
    toy.project.warehouse.unlink()
    outcome = toy.run(command)
    assert outcome.code == 1
    assert len(outcome.errors) == 1
    assert "warehouse seed" in outcome.stderr
    assert not toy.project.warehouse.exists()


def test_status_without_a_warehouse(toy: Toy) -> None:
    toy.project.warehouse.unlink()
    outcome = toy.run("status")
    assert outcome.code == 0
    assert "nothing yet" in outcome.stdout
    assert "warehouse seed" in outcome.stdout


def test_status_tells_what_is_loaded_and_what_to_do_next(toy: Toy) -> None:
    outcome = toy.run("status")
    assert "simulation, subscription: 1 batch from 2024-01-01 to 2024-12-31" in outcome.stdout
    assert "as of (never)" in outcome.stdout
    assert "warehouse build" in outcome.stdout


def test_status_tells_what_became_of_the_raw_rows(toy: Toy) -> None:
    """Accepted or rejected; what the loader keeps about its files is no raw row, and unjudged rows are not counted."""
    assert "judged" not in toy.run("status").stdout
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute(
            """
            insert into raw_billing.invoices values (date '2024-01-05'), (date '2024-01-06');
            create schema data_quality;
            create table data_quality.fct_source_rows as
            from (values ('raw_billing.invoices', 2, 1200, 34), ('raw_service.surveys', 1, 1, 0))
                as counted (source_table, rows_in, rows_accepted, rows_rejected)
            """
        )
    told = toy.run("status").stdout
    assert re.search(r"raw rows +2 in 1 table\b", told)
    assert re.search(r"judged +1,201 accepted, 34 rejected\b", told)


def test_a_warehouse_in_a_missing_directory_is_bad_usage(toy: Toy, tmp_path: Path) -> None:
    elsewhere = Toy(type(toy.project)(toy.project.root, tmp_path / "nowhere" / "w.duckdb"))
    outcome = elsewhere.run("status")
    assert outcome.code == 2
    assert "there is no directory" in outcome.stderr


def test_a_warehouse_in_a_file_is_bad_usage(toy: Toy) -> None:
    elsewhere = Toy(type(toy.project)(toy.project.root, toy.project.warehouse / "w.duckdb"))
    outcome = elsewhere.run("status")
    assert outcome.code == 2
    assert "is a file, not a directory" in outcome.stderr


def test_a_simulation_takes_the_place_of_extracts_only_when_told_to(toy: Toy) -> None:
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute("update raw_control.extract_batches set source = 'extracts'")
    before = toy.project.warehouse.read_bytes()
    nothing_else = ("trade.accounts=0", "utility.customers=0", "metering.meters=0")
    settings = ("period.months=1", *nothing_else)
    seeding = ("seed", *(word for setting in settings for word in ("--set", setting)))
    refused = toy.run(*seeding)

    assert refused.code == 2
    (line,) = refused.errors
    assert "holds loaded extracts" in line
    assert "--replace" in line
    assert toy.project.warehouse.read_bytes() == before

    replaced = toy.run(*seeding, "--replace")
    assert replaced.code == 0, replaced.stderr
    assert "raw rows of 1 month from" in replaced.stdout
    # what is simulated is simulated anew without being asked
    assert toy.run(*seeding).code == 0


def test_the_version_is_told(toy: Toy) -> None:
    outcome = toy.run("--version")
    assert outcome.code == 0
    assert outcome.stdout.strip() == f"warehouse {version('revenue-assurance')}"


def test_a_model_can_be_selected(toy: Toy) -> None:
    outcome = toy.run("build", "--select", "answers", "--full-refresh", "--as-of", "2024-06-30")
    assert outcome.code == 0, outcome.stderr
    assert "published as of 2024-06-30" in outcome.stdout


def test_another_day_reaches_the_models_and_the_project_is_not_read_anew(toy: Toy) -> None:
    toy.model(
        "{{ config(materialized='table') }}\n"
        "select {{ (var('as_of_date', none) or '0') | replace('-', '') }} as answer\n"
    )
    answers = []
    for arguments in ([], ["--as-of", "2024-06-30"], ["--as-of", "2024-07-01"], []):
        assert toy.run("build", *arguments).code == 0
        answers.append(toy.answer())
    assert answers == [0, 20240630, 20240701, 0]
    log = toy.log.read_text()
    assert log.count("Unable to do partial parsing") == 1


def test_the_log_that_an_error_points_to_says_what_failed(toy: Toy) -> None:
    toy.test(FAILING_TEST)
    outcome = toy.run("build")
    named = outcome.errors[-1].rpartition("the log ")[2]
    assert named == str(toy.log)
    log = toy.log.read_text()
    assert "Failure in test assert_answer" in log
    assert "[debug]" not in log


def test_a_log_at_the_level_and_place_that_were_asked_for(toy: Toy, tmp_path: Path) -> None:
    places = {"DBT_LOG_PATH": str(tmp_path / "elsewhere"), "DBT_LOG_LEVEL_FILE": "debug"}
    builder = toy.start("build", **places)
    builder.communicate()
    assert builder.returncode == 0
    assert "[debug]" in (tmp_path / "elsewhere" / "dbt.log").read_text()
    assert not toy.log.exists()


def test_a_selection_is_audited_by_the_tests_of_what_it_builds(toy: Toy) -> None:
    _add_model(toy, "others", "select answer + 1 as answer from {{ ref('answers') }}")
    comparing = "select * from {{ ref('answers') }} natural join {{ ref('others') }}"
    (toy.project.root / "tests" / "assert_they_differ.sql").write_text(comparing)
    fresh = toy.run("build", "--select", "answers")
    assert fresh.code == 0, fresh.stderr
    assert "1 model built, 1 test passed" in fresh.stdout  # there is no table of the other yet
    assert "2 models built, 2 tests passed" in toy.run("build", "--select", "+others").stdout
    # what the selected one is made of stands, so their test runs, and can fail
    (toy.project.root / "tests" / "assert_they_differ.sql").write_text(
        comparing.replace("natural join", "cross join")
    )
    assert "assert_they_differ" in toy.run("build", "--select", "others").stderr


def test_a_selection_of_what_reads_unbuilt_models_is_told_what_to_select(toy: Toy) -> None:
    _add_model(toy, "others", "select answer + 1 as answer from {{ ref('answers') }}")
    outcome = toy.run("build", "--select", "others")
    assert outcome.code == 1
    (line,) = outcome.errors
    assert "`--select others` reads what is not built yet (answers): put a + before" in line
    assert not toy.project.staging.exists()


def _add_model(toy: Toy, name: str, sql: str) -> None:
    text = "{{ config(materialized='table') }}\n" + sql + "\n"
    (toy.project.root / "models" / f"{name}.sql").write_text(text)


@pytest.mark.parametrize(
    "command", ["seed", "advance", "replay", "load", "build", "status", "docs"]
)
def test_every_command_shows_an_example(toy: Toy, command: str) -> None:
    outcome = toy.run(command, "--help")
    assert outcome.code == 0
    assert f"Example: warehouse {command}" in outcome.stdout
