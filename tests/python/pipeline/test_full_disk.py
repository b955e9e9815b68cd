"""A disk that fills up: one line says so, the copy is removed, the published file is unchanged.

A small disk is a file system in memory, which only root can mount. The second half needs none: it raises
the errors themselves.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, NoReturn

import duckdb
import pytest

from pipeline import history, publishing
from pipeline.cli import main as _main  # noqa: F401  (imported before a disk is full)
from pipeline.paths import Project
from tests.python.pipeline.small_disk import NoSmallDiskError, mounted, needed_space
from tests.python.pipeline.toy import FAILING_TEST, MODEL, Outcome, Toy, make_toy, spilling_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# rows that hardly compress: more than 10 MB
LARGE_MODEL = """
{{ config(materialized='table') }}
select md5(range::varchar) as text, 42 as answer from range(600000)
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of a given number of megabytes."""
    with ExitStack() as stack:

        def mount(megabytes: int) -> Path:
            try:
                return stack.enter_context(mounted(tmp_path / f"disk{megabytes}", megabytes))
            except NoSmallDiskError as error:
                pytest.skip(str(error))

        yield mount


@pytest.fixture
def toy_on(tmp_path: Path) -> Callable[[Path], Toy]:
    """Makes a toy whose warehouse, with some 3 MB of rows, is on a disk; its project is not."""

    def make(disk: Path) -> Toy:
        made = make_toy(tmp_path)
        with duckdb.connect(str(made.project.warehouse)) as connection:
            connection.execute(
                "create table raw_billing.lines as select md5(range::varchar) as a from range(100000)"
            )
        warehouse = disk / "warehouse.duckdb"
        shutil.copyfile(made.project.warehouse, warehouse)
        return Toy(Project(made.project.root, warehouse))

    return make


def told(outcome: Outcome, toy: Toy) -> int:
    """Megabytes that a full disk is said to need."""
    return needed_space(outcome, toy.project)


def test_a_copy_that_finds_no_room(
    small_disk: Callable[[int], Path], toy_on: Callable[[Path], Toy]
) -> None:
    toy = toy_on(small_disk(4))
    before = toy.project.warehouse.read_bytes()
    assert len(before) > 2_000_000
    needed = told(toy.run("build"), toy)
    assert len(before) <= needed * 1_000_000 <= len(before) + 1_000_000
    assert toy.project.warehouse.read_bytes() == before
    status = toy.run("status")
    assert "disk full" in status.stdout
    # control: with the rows out of the way it fits
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute("drop table raw_billing.lines")
    shutil.copyfile(make_small(toy), toy.project.warehouse)
    assert toy.run("build").code == 0


def make_small(toy: Toy) -> Path:
    """The warehouse without the room that dropped rows leave in it."""
    path = toy.project.root / "small.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{toy.project.warehouse}' as old (read_only)")
        connection.execute("copy from database old to small")
    return path


@pytest.mark.parametrize("model", [LARGE_MODEL, spilling_model("40MB")], ids=["table", "spill"])
def test_a_model_that_finds_no_room(
    small_disk: Callable[[int], Path], toy_on: Callable[[Path], Toy], model: str
) -> None:
    disk = small_disk(10)
    toy = toy_on(disk)
    before = toy.project.warehouse.read_bytes()
    toy.model(model)
    needed = told(toy.run("build"), toy)
    # all but the published file was there for the run, and was too little
    assert 10 * 2**20 - len(before) - 1_000_000 <= needed * 1_000_000 <= 12 * 2**20
    assert toy.project.warehouse.read_bytes() == before
    toy.model(MODEL)
    assert toy.run("build").code == 0
    assert toy.answer() == 42


def test_the_same_model_on_a_larger_disk(
    small_disk: Callable[[int], Path], toy_on: Callable[[Path], Toy]
) -> None:
    toy = toy_on(small_disk(60))
    toy.model(LARGE_MODEL)
    assert toy.run("build").code == 0


def test_a_seed_that_finds_no_room(small_disk: Callable[[int], Path], tmp_path: Path) -> None:
    toy = Toy(Project(make_toy(tmp_path).project.root, small_disk(1) / "warehouse.duckdb"))
    told(toy.run("seed", "--set", "subscription.customers=10", "--set", "period.months=2"), toy)
    assert not toy.project.warehouse.exists()


def test_a_load_that_finds_no_room(small_disk: Callable[[int], Path], tmp_path: Path) -> None:
    toy = Toy(Project(make_toy(tmp_path).project.root, small_disk(2) / "warehouse.duckdb"))
    extracts = tmp_path / "extracts"
    extracts.mkdir()
    (extracts / "mapping.yml").write_text(
        "as_of: 2024-03-31\ntables:\n  raw_billing.invoices:\n    file: invoices.csv\n"
        "    columns: {invoice_id: number, amount: amount}\n"
    )
    rows = (f"{number * 7919:020d}{number:020d},{number}.00" for number in range(50_000))
    (extracts / "invoices.csv").write_text("number,amount\n" + "\n".join(rows))
    told(toy.run("load", str(extracts)), toy)
    assert not toy.project.warehouse.exists()


def test_a_disk_without_room_for_a_single_line(
    small_disk: Callable[[int], Path], toy_on: Callable[[Path], Toy]
) -> None:
    disk = small_disk(5)
    toy = toy_on(disk)
    before = toy.project.warehouse.read_bytes()
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 4096)
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017  (what fills the disk)
    told(toy.run("build"), toy)
    assert toy.project.warehouse.read_bytes() == before
    assert toy.run("status").code == 0


@pytest.mark.parametrize("what", ["logs", "target"])
def test_a_full_disk_elsewhere(small_disk: Callable[[int], Path], toy: Toy, what: str) -> None:
    place = small_disk(1)
    (place / "filler").write_bytes(b"\0" * (2**20 - 8192))
    toy.model("\n".join([MODEL, *(f"-- {'x' * 80} {line}" for line in range(2000))]))
    name = {"logs": "DBT_LOG_PATH", "target": "DBT_TARGET_PATH"}[what]
    builder = toy.start("build", **{name: str(place), "DBT_LOG_LEVEL_FILE": "debug"})
    _, stderr = builder.communicate()
    if what == "logs":  # the log is not what is built
        assert (builder.returncode, stderr) == (0, "")
        return
    assert builder.returncode == 1
    (line,) = stderr.splitlines()
    assert line.startswith(f"error: disk full: no space left in {place}")
    assert not toy.project.staging.exists()


# --- without a disk of its own

WORDS = 'Could not write file "{path}.wal": No space left on device'


def test_a_model_whose_write_fails_is_told_as_a_full_disk(toy: Toy) -> None:
    before = toy.project.warehouse.read_bytes()
    words = WORDS.format(path=toy.project.staging)
    toy.model("{{ config(materialized='table') }}\nselect error('" + words + "') as answer\n")
    told(toy.run("build"), toy)
    assert toy.project.warehouse.read_bytes() == before


def test_a_row_that_speaks_of_a_full_disk_is_no_full_disk(toy: Toy) -> None:
    toy.model(
        "{{ config(materialized='table') }}\nselect error('No space left on device') as answer\n"
    )
    outcome = toy.run("build")
    assert outcome.code == 1
    assert "1 of 2 models and tests failed" in outcome.errors[-1]
    assert toy.project.staging.exists()


def test_a_failed_audit_is_no_full_disk(toy: Toy) -> None:
    toy.test(FAILING_TEST)
    assert "disk full" not in toy.run("build").stderr
    assert toy.project.staging.exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["copyfile", "fsync", "replace", "append"])
def test_a_step_that_finds_no_room(
    toy: Toy, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    before = toy.project.warehouse.read_bytes()

    def fail(*_: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    place, name = {
        "copyfile": (shutil, "copyfile"),
        "fsync": (os, "fsync"),
        "replace": (publishing, "_publish"),
        "append": (history, "_append"),
    }[step]
    monkeypatch.setattr(place, name, fail)
    told(toy.run("build"), toy)
    assert toy.project.warehouse.read_bytes() == before


def test_another_error_of_the_system_is_told_as_it_is(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO), "some file")

    monkeypatch.setattr(shutil, "copyfile", fail)
    outcome = toy.run("build")
    assert outcome.code == 1
    assert outcome.errors == ["error: Input/output error: some file; nothing is published"]


def test_what_was_published_is_not_denied_where_the_history_finds_no_room(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(history, "_end", fail)
    outcome = toy.run("build")
    assert outcome.code == 1
    (line,) = outcome.errors
    assert line.startswith("error: published, but ")
    assert toy.answer() == 42


def test_the_first_error_is_told_where_the_history_finds_no_room_either(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    toy.test(FAILING_TEST)
    monkeypatch.setattr(history, "_end", fail)
    assert "1 of 2 models and tests failed" in toy.run("build").errors[-1]
