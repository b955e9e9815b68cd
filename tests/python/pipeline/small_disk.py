"""A disk of a few megabytes, and what a command says of one that is full.

It is a file system in memory, which only root can mount.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipeline.paths import Project
    from tests.python.pipeline.toy import Outcome

FULL = re.compile(
    r"error: disk full: more than ([\d,]+) MB needed in (\S+); nothing is published: .*"
)
MAY_STAY = frozenset({"lock", "runs.jsonl"})
"""What a run leaves beside the published file, after the name of that file."""


class NoSmallDiskError(Exception):
    """None can be mounted here; the message says why."""


@contextmanager
def mounted(directory: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk on a directory, which is made.

    Args:
        directory: Where.
        megabytes: Its size, in MiB.

    Yields:
        The directory.

    Raises:
        NoSmallDiskError: If it cannot be mounted.
    """
    directory.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory))
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)  # noqa: S607


def enlarge(directory: Path, megabytes: int) -> None:
    """Give a mounted disk another size, in MiB."""
    _mount("-o", f"remount,size={megabytes}m", str(directory))


def needed_space(outcome: Outcome, project: Project) -> int:
    """Megabytes that a full disk is said to need, by a command that left nothing on it.

    Raises:
        AssertionError: If it says something else, or left something.
    """
    assert outcome.code == 1, f"exit code {outcome.code}: {outcome.stdout}"
    assert len(outcome.errors) == 1, outcome.stderr
    found = FULL.fullmatch(outcome.errors[0])
    assert found, outcome.stderr
    assert found[2] == str(project.workspace), outcome.stderr
    left = {path.name for path in project.workspace.iterdir()}
    may_stay = {f"{project.warehouse.name}.{suffix}" for suffix in MAY_STAY}
    assert left <= may_stay, f"left: {sorted(left - may_stay)}"
    return int(found[1].replace(",", ""))


def _mount(*arguments: str) -> None:
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError) as error:
        message = f"no small disk can be mounted here: {error}"
        raise NoSmallDiskError(message) from error
