"""A dbt project of one model and one test, to watch publishing without waiting for the real one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import duckdb

from pipeline.cli import main
from pipeline.paths import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKOUT = Path(__file__).resolve().parents[3]

_PROJECT = """
name: toy
version: 1.0.0
config-version: 2
profile: toy
flags: {send_anonymous_usage_stats: false}
vars: {as_of_date: null, answer: 42}
"""

_PROFILES = """
toy:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('WAREHOUSE_PATH') }}", threads: 1}
"""

MODEL = "{{ config(materialized='table') }}\nselect {{ var('answer') }} as answer\n"
# counts one by one: takes hours and next to no memory
SLOW_MODEL = """
{{ config(materialized='table') }}
with recursive numbers as (
    select 0::bigint as n
    union all
    select n + 1 from numbers where n < 10000000000
)
select max(n) as answer from numbers
"""
FAILING_TEST = "select answer from {{ ref('answers') }}\n"
PASSING_TEST = "select answer from {{ ref('answers') }} where answer is null\n"


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The lines on standard error."""
        return self.stderr.strip().splitlines()


@dataclass(frozen=True)
class Toy:
    """A toy project with a warehouse of its own."""

    project: Project

    @property
    def environment(self) -> dict[str, str]:
        """What a child process needs to work on it, and nothing of dbt that a user would not have set."""
        places = {
            "WAREHOUSE_PATH": str(self.project.warehouse),
            "DBT_PROJECT_DIR": str(self.project.root),
        }
        inherited = {name: value for name, value in os.environ.items() if name[:4] != "DBT_"}
        return {**inherited, **places, "COLUMNS": "200", "NO_COLOR": "1"}

    @property
    def log(self) -> Path:
        """Where dbt logs, unless it is told another place."""
        return self.project.root / "logs" / "dbt.log"

    def model(self, sql: str) -> None:
        """Put `sql` in the place of the one model."""
        (self.project.root / "models" / "answers.sql").write_text(sql)

    def test(self, sql: str) -> None:
        """Put `sql` in the place of the one test."""
        (self.project.root / "tests" / "assert_answer.sql").write_text(sql)

    def run(self, *arguments: str) -> Outcome:
        """Run one `warehouse` command to its end, in this process: dbt is imported only once."""
        with mock.patch.dict(os.environ, self.environment, clear=True):
            return run_in_process(*arguments)

    def run_apart(self, *arguments: str, prefix: Sequence[str] = ()) -> Outcome:
        """Run one `warehouse` command to its end in a process of its own, started by `prefix`."""
        ended = subprocess.run(
            [*prefix, sys.executable, "-m", "pipeline.cli", *arguments],
            cwd=CHECKOUT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start one `warehouse` command, which listens to interrupts as in a terminal.

        A shell that runs the tests in the background has all their children ignore them.
        """
        listening = (
            "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            " runpy.run_module('pipeline.cli', run_name='__main__', alter_sys=True)"
        )
        return subprocess.Popen(
            [sys.executable, "-c", listening, *arguments],
            env=self.environment | environment,
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_slow_build(self) -> subprocess.Popen[str]:
        """Start a build and return once its model is being computed."""
        self.model(SLOW_MODEL)
        self.log.unlink(missing_ok=True)
        builder = self.start("build", DBT_LOG_LEVEL_FILE="debug")
        patience = time.monotonic() + 60
        while not (self.log.exists() and "with recursive numbers" in self.log.read_text()):
            assert builder.poll() is None, builder.communicate()
            assert time.monotonic() < patience, "the build did not reach its model"
            time.sleep(0.05)
        return builder

    def answer(self, warehouse: Path | None = None) -> int:
        """Read the one model's one value."""
        path = warehouse or self.project.warehouse
        with duckdb.connect(str(path), read_only=True) as connection:
            row = connection.execute("select answer from main.answers").fetchone()
        assert row is not None
        return int(row[0])


def spilling_model(memory_limit: str) -> str:
    """A model that sorts 150 MB: more than a small `memory_limit` holds, so that it goes to the disk."""
    return f"""
{{{{ config(materialized='table', pre_hook="set memory_limit = '{memory_limit}'") }}}}
select text, row_number() over (order by text) as answer
from (select md5(range::varchar) || md5((range + 1)::varchar) as text from range(2000000)) as texts
"""


def run_in_process(*arguments: str) -> Outcome:
    """Run one `warehouse` command on the warehouse that the environment names."""
    stdout, stderr, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["warehouse", *arguments]),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Outcome(code, stdout.getvalue(), stderr.getvalue())


def make_toy(directory: Path) -> Toy:
    """Write the project, and a warehouse with one batch of 2024 and nothing built."""
    root = directory / "project"
    for folder in ("models", "tests"):
        (root / folder).mkdir(parents=True)
    (root / "dbt_project.yml").write_text(_PROJECT)
    (root / "profiles.yml").write_text(_PROFILES)
    toy = Toy(Project(root, directory / "warehouse.duckdb"))
    toy.model(MODEL)
    toy.test(PASSING_TEST)
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute("create schema raw_control")
        connection.execute("create schema raw_billing")
        connection.execute("create table raw_billing.invoices (invoice_date date)")
        connection.execute(
            """
            create table raw_control.extract_batches as
            select
                'sub-2024-12' as batch_id,
                'simulation' as source,
                'subscription' as line_of_business,
                date '2024-12-31' as as_of_date,
                date '2024-01-01' as covers_from
            """
        )
    return toy
