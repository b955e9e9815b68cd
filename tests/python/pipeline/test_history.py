"""The run history outlives kills and cut-off lines, and never invents a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import WarehouseError
from pipeline.history import Run, read_runs, recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that goes on by two seconds each time it is asked."""
    ticks = iter(range(1000))
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return lambda: start + timedelta(seconds=2 * next(ticks))


def test_a_run_that_ends_well(tmp_path: Path, clock: Callable[[], datetime]) -> None:
    path = tmp_path / "runs.jsonl"
    with recorded(path, "build", clock, as_of="2024-06-30") as run:
        assert [seen.outcome for seen in read_runs(path, at_work=True)] == ["running"]
        run.details["nodes"] = "3 models built"
    (told,) = read_runs(path, at_work=False)
    assert (told.command, told.outcome, told.seconds) == ("build", "published", 2.0)
    assert told.details == {"as_of": "2024-06-30", "nodes": "3 models built"}


def test_a_run_that_fails_keeps_its_reason_on_one_line(
    tmp_path: Path, clock: Callable[[], datetime]
) -> None:
    path = tmp_path / "runs.jsonl"

    def fail() -> None:
        with recorded(path, "build", clock):
            message = "two\nlines"
            raise WarehouseError(message)

    with pytest.raises(WarehouseError):
        fail()
    (told,) = read_runs(path, at_work=False)
    assert (told.outcome, told.message) == ("failed", "two lines")


def test_a_start_without_an_end_was_killed_unless_its_builder_lives(
    tmp_path: Path, clock: Callable[[], datetime]
) -> None:
    path = tmp_path / "runs.jsonl"
    for command in ("seed", "build"):
        with path.open("a") as handle:
            handle.write(Run(command, clock()).to_json() + "\n")
    assert [run.outcome for run in read_runs(path, at_work=False)] == ["killed", "killed"]
    assert [run.outcome for run in read_runs(path, at_work=True)] == ["killed", "running"]


def test_a_line_cut_short_is_passed_over(tmp_path: Path, clock: Callable[[], datetime]) -> None:
    path = tmp_path / "runs.jsonl"
    with recorded(path, "seed", clock):
        pass
    with path.open("a") as handle:
        handle.write('{"command": "bui\n[1, 2]\n{"started_at": "2024-01-01", "frob": 1}\n')
    assert [run.command for run in read_runs(path, at_work=False)] == ["seed"]


def test_no_history_is_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "runs.jsonl", at_work=False) == []
