"""Readers of the published file can read that file, and do nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.errors import WarehouseError
from pipeline.opening import FileBusyError, FileUnreadableError, open_published
from tests.python.pipeline.damage import damage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.python.pipeline.toy import Toy

WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A file with one table of one row."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table facts as select 1 as fact")
    return path


def test_a_reader_reads(warehouse: Path) -> None:
    with open_published(warehouse) as connection:
        assert connection.execute("select fact from facts").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into facts values (2)",
        "create table others as select 1 as fact",
        "select * from read_text('{beside}')",
        "select * from '{beside}'",
        "copy facts to '{beside}.csv'",
        "attach '{beside}.duckdb' as other",
        "install httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set memory_limit = '1GB'",
        "reset enable_external_access",
    ],
)
def test_a_reader_can_do_nothing_else(warehouse: Path, tmp_path: Path, statement: str) -> None:
    beside = tmp_path / "secret.csv"
    beside.write_text("a\n1\n")
    before = warehouse.read_bytes()
    sql = statement.format(beside=beside)
    with open_published(warehouse) as connection, pytest.raises(duckdb.Error):
        connection.execute(sql)
    assert warehouse.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"warehouse.duckdb", "secret.csv"}


def test_the_warehouse_that_the_environment_names(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    with open_published() as connection:
        assert connection.execute("select fact from facts").fetchall() == [(1,)]


def test_a_file_that_is_being_written_to_is_busy(warehouse: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(FileBusyError, match="open for writing in another program"):
            open_published(warehouse)
        writer.communicate("")
    open_published(warehouse).close()


@pytest.mark.parametrize("how", ["cut short", "empty", "text", "overwritten"])
def test_a_damaged_file_is_not_taken_for_a_busy_one(warehouse: Path, how: str) -> None:
    damage(warehouse, how)
    with pytest.raises(FileUnreadableError, match="move it away or restore it") as caught:
        open_published(warehouse)
    assert str(warehouse) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def with_log(warehouse: Path) -> tuple[Path, Path]:
    """A file beside whose log lies, as a killed writer leaves it: a second row is in there."""
    killed = f"""
import duckdb, os
connection = duckdb.connect({str(warehouse)!r})
connection.execute("insert into facts values (2)")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    return warehouse, warehouse.with_name("warehouse.duckdb.wal")


@pytest.mark.parametrize("bytes_cut", [1, 100_000, 262_144])
def test_a_file_that_lacks_its_end_is_refused_though_its_tables_can_be_listed(
    warehouse: Path, bytes_cut: int
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table more as select md5(range::varchar) from range(100000)")
        connection.execute("create table last as select 1 as fact")
    whole = warehouse.read_bytes()
    warehouse.write_bytes(whole[:-bytes_cut])
    told = rf"is cut short, {len(whole) - bytes_cut:,} of {len(whole):,} bytes"
    with pytest.raises(FileUnreadableError, match=told):
        open_published(warehouse)
    warehouse.write_bytes(whole)
    open_published(warehouse).close()


def test_a_file_whose_free_end_duckdb_cut_off_is_whole(warehouse: Path) -> None:
    """What was made and dropped in between is still counted among its blocks."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table big as select md5(range::varchar) from range(600000)")
        connection.execute("drop table big")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        row = connection.execute(
            "select block_size * total_blocks from pragma_database_size()"
        ).fetchone()
    assert row is not None
    assert row[0] > warehouse.stat().st_size
    open_published(warehouse).close()


@pytest.mark.parametrize("content", [b"number,customer\n" * 100, b"\xff" * 9, b"x"])
def test_a_log_that_is_none_is_not_passed_over(with_log: tuple[Path, Path], content: bytes) -> None:
    warehouse, log = with_log
    log.write_bytes(content)
    with pytest.raises(FileUnreadableError, match="is not the write-ahead log of warehouse"):
        open_published(warehouse)


def test_a_damaged_log_is_named(with_log: tuple[Path, Path], tmp_path: Path) -> None:
    warehouse, log = with_log
    content = log.read_bytes()
    log.write_bytes(content[:60] + bytes([content[60] ^ 0xFF]) + content[61:])
    with pytest.raises(FileUnreadableError, match=r"warehouse.duckdb.wal cannot be read") as caught:
        open_published(warehouse)
    assert "INTERNAL" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(("kept", "facts"), [(None, [1, 2]), (40, [1]), (2, [1]), (0, [1])])
def test_the_log_of_a_killed_writer_is_read_as_far_as_its_commits_go(
    with_log: tuple[Path, Path], kept: int | None, facts: list[int]
) -> None:
    warehouse, log = with_log
    log.write_bytes(log.read_bytes()[:kept])
    with open_published(warehouse) as connection:
        found = connection.execute("select fact from facts order by fact").fetchall()
    assert [fact for (fact,) in found] == facts


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="there is no"):
        open_published(tmp_path / "nowhere.duckdb")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["cut short", "empty", "text", "overwritten"])
def test_status_of_a_damaged_file_fails_and_still_shows_the_runs(toy: Toy, how: str) -> None:
    assert toy.run("build").code == 0
    assert toy.run("status").code == 0
    damage(toy.project.warehouse, how)
    status = toy.run("status")
    assert status.code == 1
    assert len(status.errors) == 1
    assert "move it away or restore it" in status.stderr
    assert "cannot be read" in status.stdout
    assert "nodes=1 model built, 1 test passed" in status.stdout
    for command in ("build", "advance", "replay", "seed"):
        outcome = toy.run(command)
        assert outcome.code == 1
        assert len(outcome.errors) == 1
        assert "move it away or restore it" in outcome.stderr


def test_status_of_another_database_fails(toy: Toy) -> None:
    with duckdb.connect(str(toy.project.warehouse)) as connection:
        connection.execute("drop table raw_control.extract_batches")
        connection.execute("create table raw_control.extract_batches as select 1 as something")
    for command in ("status", "build"):
        outcome = toy.run(command)
        assert outcome.code == 1
        assert len(outcome.errors) == 1
        assert "this is a bug" not in outcome.stderr


def test_status_of_a_busy_file_is_no_failure(toy: Toy) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(toy.project.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        status, build = toy.run("status"), toy.run("build")
        writer.communicate("")
    assert status.code == 0
    assert "open for writing elsewhere" in status.stdout
    assert build.code == 1
    assert "open for writing in another program: close it there" in build.stderr
