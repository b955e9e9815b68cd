"""Permissions: nothing a run writes is wider than the published file."""

from __future__ import annotations

import os
from contextlib import contextmanager
from stat import S_IMODE
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.errors import AuditError
from pipeline.history import recorded
from pipeline.paths import Project
from pipeline.publishing import staged_copy, write_lock
from tests.python.workshop import frozen_clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return S_IMODE(path.stat().st_mode)


def publish(project: Project) -> dict[str, int]:
    """One run that leaves a table; what the modes were while it was at work."""
    seen = {}
    with write_lock(project), recorded(project.runs, "seed", frozen_clock), staged_copy(project):
        staged = project.staging
        with duckdb.connect(str(staged)) as connection:
            connection.execute("create or replace table facts as select 7 as fact")
            connection.execute("insert into facts values (8)")
            spilled = staged.with_name(f"{staged.name}.tmp")
            spilled.mkdir()
            for path in (project.workspace, *project.workspace.iterdir()):
                seen[path.name] = mode(path)
    return seen


@pytest.mark.parametrize(
    ("mask", "file", "directory"),
    [(0o000, 0o640, 0o750), (0o022, 0o640, 0o750), (0o077, 0o600, 0o700)],
)
def test_a_first_publication(tmp_path: Path, mask: int, file: int, directory: int) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    with umask(mask):
        seen = publish(project)
        assert os.umask(mask) == mask
    assert mode(project.warehouse) == file
    assert seen == {
        ".build": directory,
        "warehouse.duckdb": file,
        "warehouse.duckdb.wal": file,
        "warehouse.duckdb.tmp": directory,
        "warehouse.duckdb.lock": file,
        "warehouse.duckdb.runs.jsonl": file,
    }


@pytest.mark.parametrize("before", [0o600, 0o640, 0o644, 0o660, 0o664, 0o440])
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_later_ones_are_what_the_one_before_was(tmp_path: Path, before: int, mask: int) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    publish(project)
    project.warehouse.chmod(before)
    with umask(mask):
        seen = publish(project)
    assert mode(project.warehouse) == before
    allowed = before | 0o600
    files = {
        name: found
        for name, found in seen.items()
        if name not in {".build", "warehouse.duckdb.tmp"}
    }
    assert {name: oct(found) for name, found in files.items() if found & ~allowed} == {}
    assert seen["warehouse.duckdb.tmp"] & ~(allowed | (allowed & 0o444) >> 2) == 0
    assert seen[".build"] & 0o007 == 0


def test_a_workspace_beside_a_file_that_everybody_may_write(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    with umask(0):
        duckdb.connect(str(project.warehouse)).close()
        project.warehouse.chmod(0o666)
        seen = publish(project)
    assert seen[".build"] == 0o750
    assert mode(project.warehouse) == 0o666


def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    publish(project)
    for path in (project.lock, project.runs):
        path.chmod(0o666)
    project.workspace.chmod(0o777)
    publish(project)
    assert [mode(path) for path in (project.lock, project.runs)] == [0o640, 0o640]
    assert mode(project.workspace) == 0o770  # the group was let in by somebody, the world was not


def test_the_copy_that_stays_after_a_failed_audit(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    with umask(0):
        publish(project)
        project.warehouse.chmod(0o600)

        def fail() -> None:
            with write_lock(project), staged_copy(project):
                message = "a test failed"
                raise AuditError(message, ("assert_something: Got 1 result",))

        with pytest.raises(AuditError):
            fail()
    assert mode(project.staging) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_the_owner_stays_whoever_publishes(tmp_path: Path) -> None:
    project = Project(tmp_path, tmp_path / "warehouse.duckdb")
    publish(project)
    os.chown(project.warehouse, 1234, 5678)
    publish(project)
    found = project.warehouse.stat()
    assert (found.st_uid, found.st_gid) == (1234, 5678)
