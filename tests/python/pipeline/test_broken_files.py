"""Every file the pipeline reads, broken or replaced by something else: one line says what to do."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from pipeline.history import Run
from pipeline.paths import Project
from tests.python.pipeline.damage import NotBoundError, prefix_of_a_bound_user, put
from tests.python.pipeline.toy import Toy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.python.pipeline.toy import Outcome

GOOD = Run("seed", datetime(2024, 1, 1, tzinfo=UTC), "published", 1.0).to_json()


def fails_in_one_line(outcome: Outcome, words: str, code: int = 1) -> None:
    assert outcome.code == code, outcome.stdout
    assert len(outcome.errors) == 1, outcome.stderr
    assert words in outcome.stderr
    assert "this is a bug" not in outcome.stderr
    assert "Traceback" not in outcome.stderr


def changed(**values: object) -> str:
    return json.dumps(json.loads(GOOD) | values)


# --- the run history


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\x00\x80 not UTF-8",
        b"[1, 2]",
        b'"text"',
        b"17",
        b"null",
        b"{}",
        b'{"command": "bui',
        b"\x00" * 512,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        changed(started_at=17).encode(),
        changed(started_at="yesterday").encode(),
        changed(started_at=None).encode(),
        changed(seconds="long").encode(),
        changed(seconds=[1]).encode(),
        changed(seconds=10**400).encode(),
        changed(details=[1]).encode(),
        changed(details="text").encode(),
        changed(details=None).encode(),
        changed(message=17).encode(),
        changed(message=None).encode(),
        changed(command=["seed"]).encode(),
        changed(outcome="splendid").encode(),
        changed(outcome=["failed"]).encode(),
        changed(another=1).encode(),
    ],
)
def test_a_line_that_is_no_run_record_is_skipped_and_counted(toy: Toy, line: bytes) -> None:
    toy.project.workspace.mkdir()
    toy.project.runs.write_bytes(GOOD.encode() + b"\n" + line + b"\n")
    status = toy.run("status")
    assert status.code == 0, status.stderr
    assert "seed" in status.stdout
    told = " ".join(status.stdout.split())
    assert f"skipped 1 line of {toy.project.runs}: not run records" in told


@pytest.mark.parametrize(
    "line",
    [
        GOOD,
        changed(seconds=None),
        changed(details={"a": None, "b": [1, {"c": 2}], "c": "é"}),
        changed(started_at="2024-01-01T00:00:00"),
    ],
)
def test_a_run_record_is_shown(toy: Toy, line: str) -> None:
    toy.project.workspace.mkdir()
    toy.project.runs.write_text(line + "\n")
    status = toy.run("status")
    assert status.code == 0, status.stderr
    assert "2024-01-01 00:00  seed     published" in status.stdout
    assert "skipped" not in status.stdout


def test_a_run_after_a_line_that_was_cut_short_is_not_lost(toy: Toy) -> None:
    toy.project.workspace.mkdir()
    toy.project.runs.write_bytes(GOOD.encode()[:40])
    assert toy.run("build").code == 0
    assert toy.project.runs.read_text().count("\n") == 3
    assert "build" in toy.run("status").stdout


# --- what is no file


@pytest.mark.parametrize("command", ["status", "build"])
@pytest.mark.parametrize("what", ["directory", "pipe", "device", "loop"])
@pytest.mark.parametrize("place", ["warehouse", "lock", "runs"])
def test_what_is_no_file(toy: Toy, place: str, what: str, command: str) -> None:
    path: Path = getattr(toy.project, place)
    put(path, what)
    started = time.monotonic()
    if what == "loop" and place != "warehouse":
        outcome = toy.run(command)
        assert len(outcome.errors) == outcome.code
        assert "bug" not in outcome.stderr
    else:
        told = (
            "a symbolic link"
            if what == "loop"
            else str(Path("/dev/null") if what == "device" and place == "warehouse" else path)
        )
        fails_in_one_line(toy.run(command), told, 2 if place == "warehouse" else 1)
    assert time.monotonic() - started < 30
    assert path.is_symlink() or not path.is_file()


@pytest.mark.parametrize("what", ["directory", "pipe"])
@pytest.mark.parametrize("suffix", ["", ".wal", ".tmp"])
def test_what_stands_in_the_place_of_the_copy_goes(toy: Toy, suffix: str, what: str) -> None:
    place = Path(f"{toy.project.staging}{suffix}")
    put(place, what)
    assert toy.run("build").code == 0
    assert not place.exists()


def test_a_workspace_that_is_a_file(toy: Toy) -> None:
    toy.project.workspace.write_text("")
    fails_in_one_line(toy.run("build"), "is not a directory: move it away")
    status = toy.run("status")
    assert status.code in {0, 1}
    assert "bug" not in status.stderr


def test_a_file_that_a_link_leads_to_is_replaced_and_the_link_stays(toy: Toy) -> None:
    link = toy.project.warehouse.with_name("link.duckdb")
    link.symlink_to(toy.project.warehouse)
    linked = Toy(Project(toy.project.root, link))
    assert linked.run("build").code == 0
    assert link.is_symlink()
    assert toy.answer() == 42


# --- the project


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("profiles.yml", None),
        ("profiles.yml", b"toy: [1]\n"),
        ("profiles.yml", b"\xff\xfe"),
        ("profiles.yml", b"a: " + b"[" * 5000),
        ("dbt_project.yml", None),
        ("dbt_project.yml", b""),
        ("dbt_project.yml", b"\xff\xfe"),
        ("models/answers.sql", b"\xff\xfe"),
        ("models/answers.yml", b"\xff\xfe"),
    ],
)
def test_a_project_that_cannot_be_read(toy: Toy, file: str, content: bytes | None) -> None:
    before = toy.project.warehouse.read_bytes()
    path = toy.project.root / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    fails_in_one_line(toy.run("build"), "")
    assert toy.project.warehouse.read_bytes() == before


def test_a_project_that_is_nowhere(toy: Toy, tmp_path: Path) -> None:
    elsewhere = Toy(Project(tmp_path / "nowhere", toy.project.warehouse))
    fails_in_one_line(elsewhere.run("build"), "there is no project", code=2)
    assert not (tmp_path / "nowhere").exists()


# --- permissions


@pytest.fixture
def bound(toy: Toy, tmp_path: Path) -> Callable[..., Outcome]:
    """Runs a command as a user whom permissions bind: as root, without the right to override them."""
    try:
        prefix = prefix_of_a_bound_user(tmp_path)
    except NotBoundError as error:
        pytest.skip(str(error))
    return partial(toy.run_apart, prefix=prefix)


@pytest.mark.parametrize("which", ["warehouse", "directory", "workspace", "logs", "lock", "runs"])
def test_what_may_not_be_written_or_read(
    toy: Toy, bound: Callable[..., Outcome], which: str
) -> None:
    assert toy.run("build").code == 0
    before = toy.project.warehouse.read_bytes()
    path = {
        "warehouse": toy.project.warehouse,
        "directory": toy.project.warehouse.parent,
        "workspace": toy.project.workspace,
        "logs": toy.log.parent,
        "lock": toy.project.lock,
        "runs": toy.project.runs,
    }[which]
    if which == "directory":  # with a workspace to make
        shutil.rmtree(toy.project.workspace)
    if which == "logs":
        toy.log.unlink()
    allowed = path.stat().st_mode
    path.chmod(0o500 if path.is_dir() and which != "workspace" else 0)
    try:
        build, status = bound("build"), bound("status")
    finally:
        path.chmod(allowed)
    fails_in_one_line(build, "ermi")
    assert len(status.errors) == status.code == int(which == "warehouse"), status.stderr
    assert ("permission to read the run history" in status.stdout) is (
        which in {"workspace", "runs"}
    )
    assert toy.project.warehouse.read_bytes() == before
    control = bound("build")
    assert control.code == 0, control.stderr


def test_a_traceback_that_cannot_be_kept_is_told(toy: Toy) -> None:
    def fail(*_: object, **__: object) -> None:
        message = "boom"
        raise ZeroDivisionError(message)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with mock.patch("pipeline.workflow.build", fail):
        kept = toy.run("build")
        with mock.patch.object(Path, "write_text", refuse):
            told = toy.run("build")
    for outcome in (kept, told):
        assert outcome.code == 1
        assert len(outcome.errors) == 1
        assert "ZeroDivisionError: boom; this is a bug, see " in outcome.stderr
    assert "warehouse.log" in kept.stderr
    assert "Traceback" in told.stderr
