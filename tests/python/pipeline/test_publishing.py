"""If one of these fails, somebody may read a half-built warehouse or lose the one they had."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline import publishing
from pipeline.errors import AuditError, WarehouseError
from pipeline.paths import Project
from pipeline.publishing import lock_holder, staged_copy, write_lock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A warehouse with one table of one row."""
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(project.warehouse)) as connection:
        connection.execute("create table facts as select 1 as fact")
    return project


def facts(path: Path) -> list[int]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute("select fact from facts order by fact").fetchall()
    return [fact for (fact,) in rows]


def insert(path: Path, fact: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into facts values (?)", [fact])


def test_what_a_block_writes_is_published_whole(project: Project) -> None:
    with write_lock(project), staged_copy(project) as database:
        insert(database, 2)
        assert facts(project.warehouse) == [1]
    assert facts(project.warehouse) == [1, 2]
    assert not project.staging.exists()
    assert not project.warehouse.with_name("warehouse.duckdb.wal").exists()


def test_the_first_warehouse_is_published_where_there_was_none(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "new.duckdb")
    with write_lock(project), staged_copy(project) as database:
        assert not database.exists()
        with duckdb.connect(str(database)) as connection:
            connection.execute("create table facts as select 7 as fact")
    assert facts(project.warehouse) == [7]


def test_a_failing_block_leaves_the_published_bytes_and_no_copy(project: Project) -> None:
    before = project.warehouse.read_bytes()

    def fail() -> None:
        with write_lock(project), staged_copy(project) as database:
            insert(database, 2)
            message = "broken"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert project.warehouse.read_bytes() == before
    assert not project.staging.exists()


def test_a_failed_audit_keeps_the_copy_until_the_next_start(project: Project) -> None:
    def fail() -> None:
        with write_lock(project), staged_copy(project) as database:
            insert(database, 2)
            message = "1 test failed"
            raise AuditError(message, ("assert_something: Got 1 result",))

    with pytest.raises(AuditError):
        fail()
    assert facts(project.staging) == [1, 2]
    with write_lock(project), staged_copy(project) as database:
        insert(database, 3)
    assert facts(project.warehouse) == [1, 3]


def test_a_view_still_works_after_publishing(project: Project) -> None:
    with (
        write_lock(project),
        staged_copy(project) as database,
        duckdb.connect(str(database)) as connection,
    ):
        connection.execute("create view seen as select * from warehouse.facts")
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        assert connection.execute("select fact from seen").fetchall() == [(1,)]


def test_what_a_killed_writer_left_in_its_log_is_kept(project: Project) -> None:
    # plain dbt works in place; killed there, its committed rows are in the log beside the file
    killed = f"""
import duckdb, os
connection = duckdb.connect({str(project.warehouse)!r})
connection.execute("insert into facts values (2)")
os._exit(9)
"""
    subprocess.run([sys.executable, "-c", killed], check=False)
    log = project.warehouse.with_name("warehouse.duckdb.wal")
    assert log.stat().st_size > 0
    with write_lock(project), staged_copy(project) as database:
        insert(database, 3)
    assert not log.exists()
    assert facts(project.warehouse) == [1, 2, 3]


def test_what_another_program_wrote_meanwhile_is_not_overwritten(project: Project) -> None:
    def overtake() -> None:
        with write_lock(project), staged_copy(project) as database:
            insert(database, 2)
            insert(project.warehouse, 99)

    with pytest.raises(WarehouseError, match="changed by another program"):
        overtake()
    assert facts(project.warehouse) == [1, 99]


WRITER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
connection.execute("begin")
print(connection.execute("select fact from facts order by fact").fetchall(), flush=True)
sys.stdin.readline()
if sys.argv[2] == "writes":
    connection.execute("insert into facts values (99)")
connection.execute("commit")
print(connection.execute("select fact from facts order by fact").fetchall(), flush=True)
"""


@contextmanager
def in_a_transaction(path: Path, what: str) -> Iterator[subprocess.Popen[str]]:
    """Another program that has the file open and has read it; a line lets it go on."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "[(1,)]\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_warehouse_open_for_writing_elsewhere_is_refused(project: Project) -> None:
    with in_a_transaction(project.warehouse, "writes") as program:
        with (
            pytest.raises(WarehouseError, match="open for writing in another program"),
            write_lock(project),
            staged_copy(project),
        ):
            pass
        assert not project.staging.exists()
        assert program.communicate("\n")[0] == "[(1,), (99,)]\n"
    assert facts(project.warehouse) == [1, 99]


def test_who_opened_it_for_writing_during_a_run_loses_no_commit(project: Project) -> None:
    writers = []

    def overtake() -> None:
        with write_lock(project), staged_copy(project) as database:
            insert(database, 2)
            # nothing of it is in the file yet, so the file looks as it did
            writers.append(stack.enter_context(in_a_transaction(project.warehouse, "writes")))

    with ExitStack() as stack:
        with pytest.raises(WarehouseError, match="open for writing"):
            overtake()
        assert writers[0].communicate("\n")[0] == "[(1,), (99,)]\n"
    assert facts(project.warehouse) == [1, 99]
    with write_lock(project), staged_copy(project) as database:
        insert(database, 2)
    assert facts(project.warehouse) == [1, 2, 99]


def test_a_reader_is_not_hindered_and_hinders_nobody(project: Project) -> None:
    with in_a_transaction(project.warehouse, "reads") as before:
        with write_lock(project), staged_copy(project) as database:
            insert(database, 2)
            with in_a_transaction(project.warehouse, "reads") as meanwhile:
                assert meanwhile.communicate("\n")[0] == "[(1,)]\n"
        assert before.communicate("\n")[0] == "[(1,)]\n"
    assert facts(project.warehouse) == [1, 2]


def test_nobody_can_begin_to_write_while_the_file_is_replaced(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def publish_slowly(staging: Path, warehouse: Path) -> None:
        for what in ("writes", "reads"):
            attempt = subprocess.run(
                [sys.executable, "-c", WRITER, str(warehouse), what],
                input="\n",
                capture_output=True,
                text=True,
                check=False,
            )
            attempts.append((what, attempt.returncode, attempt.stderr[-300:]))
        publish(staging, warehouse)

    publish = publishing._publish  # noqa: SLF001
    monkeypatch.setattr(publishing, "_publish", publish_slowly)
    with write_lock(project), staged_copy(project) as database:
        insert(database, 2)
    (_, code, reason), (_, reading, _) = attempts
    assert code != 0
    assert "Conflicting lock is held" in reason
    assert reading == 0
    assert facts(project.warehouse) == [1, 2]


def test_a_file_that_is_no_warehouse_is_left_alone(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    project.warehouse.write_text("not a database\n" * 1000)
    with (
        pytest.raises(WarehouseError, match="move it away"),
        write_lock(project),
        staged_copy(project),
    ):
        pass
    assert project.warehouse.read_text().startswith("not a database")


def test_one_builder_at_a_time(project: Project) -> None:
    with write_lock(project):
        assert lock_holder(project) == str(os.getpid())
        with (
            pytest.raises(WarehouseError, match=rf"another process \(pid {os.getpid()}\)"),
            write_lock(project),
        ):
            pass
    assert lock_holder(project) is None


def test_the_lock_of_a_dead_builder_is_free(project: Project) -> None:
    project.workspace.mkdir()
    project.lock.write_text("1\n")  # a process that lives, but holds nothing
    assert lock_holder(project) is None
    with write_lock(project):
        pass


def test_what_a_killed_build_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    project.workspace.mkdir()
    left = [Path(f"{project.staging}{suffix}") for suffix in ("", ".wal")]
    for path in left:
        path.write_bytes(b"half a build")
    spilled = Path(f"{project.staging}.tmp")
    spilled.mkdir()
    with write_lock(project), staged_copy(project) as database:
        assert not any(path.exists() for path in (*left, spilled))
        duckdb.connect(str(database)).close()
