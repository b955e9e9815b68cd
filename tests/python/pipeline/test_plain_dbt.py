"""dbt beside `warehouse`: one project, read once, and tables made in their place."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from unittest import mock

import duckdb

from pipeline.dbt_runner import _on_database
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from tests.python.pipeline.toy import Toy


def _dbt(toy: Toy, *arguments: str) -> tuple[bool, str]:
    """How a plain `dbt` command ended, and what it logged."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    toy.log.unlink(missing_ok=True)
    root = str(toy.project.root)
    log = ("--log-level", "none", "--log-level-file", "debug", "--log-path", str(toy.log.parent))
    # the environment is that of a plain dbt; only the file is let go of afterwards
    with (
        mock.patch.dict(os.environ, toy.environment, clear=True),
        _on_database(toy.project.warehouse),
    ):
        ended = dbtRunner().invoke(
            [*log, *arguments, "--project-dir", root, "--profiles-dir", root]
        )
    return ended.success, toy.log.read_text()


def test_dbt_reads_nothing_again_after_a_build(toy: Toy) -> None:
    """The profile of a build, which works on a copy elsewhere, is not another one."""
    assert toy.run("build").code == 0
    assert "[debug]" not in toy.log.read_text()
    done, log = _dbt(toy, "build")
    assert done
    assert "Nothing changed, skipping partial parsing" in log
    assert "Unable to do partial parsing" not in log
    # and the other way round
    assert toy.run("build").code == 0
    assert "Unable to do partial parsing" not in toy.log.read_text()


def test_a_table_is_replaced_in_its_place_or_stays_as_it_is(toy: Toy) -> None:
    """Whether a table, a view or nothing was there; a model that fails leaves what was."""
    (toy.project.root / "macros").mkdir(exist_ok=True)
    shutil.copy(CHECKOUT / "macros" / "adapter" / "table.sql", toy.project.root / "macros")
    for kind, answer in (("table", 1), ("table", 2), ("view", 3), ("table", 4)):
        toy.model(f"{{{{ config(materialized='{kind}') }}}}\nselect {answer} as answer\n")
        done, log = _dbt(toy, "run")
        assert done, log
        assert _answer(toy) == (answer,)
    toy.model("{{ config(materialized='table') }}\nselect cast('x' as integer) as answer\n")
    done, log = _dbt(toy, "run")
    assert not done
    assert "drop table if exists" in log
    assert _answer(toy) == (4,)


def _answer(toy: Toy) -> tuple[int, ...] | None:
    """The one row, and nothing left beside it."""
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        tables = connection.execute("select table_name from information_schema.tables").fetchall()
        assert [name for (name,) in tables if "__dbt" in name] == []
        return connection.execute("select answer from main.answers").fetchone()
