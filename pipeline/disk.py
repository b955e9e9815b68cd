"""Full disks: recognised wherever they show up, and reported in one line.

DuckDB has its own messages, dbt wraps them into the failure of a model, Python raises an `OSError`.
"""

from __future__ import annotations

import errno
import math
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from pipeline.dbt_runner import log_directory, target_directory
from pipeline.errors import AuditError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.paths import Project

_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})
_FULL = "(?:No space left on device|Disk quota exceeded)"
# messages of DuckDB and Python about a failed write; the bare phrase may also occur in the data
_WORDS = (
    re.compile(rf'Could not [^"\n]*file "(?P<path>[^"\n]+)"[^"\n]*: {_FULL}'),
    re.compile(rf"\[Errno \d+\] {_FULL}(?:: '(?P<path>[^'\n]+)')?"),
)
_SPILLED = "failed to offload data block of size"
_MEGABYTE = 1_000_000


class DiskFullError(WarehouseError):
    """A write found no space: the published file is unchanged, the copy was removed."""


def is_full(error: BaseException, project: Project) -> bool:
    """Whether an error of a run was caused by a full disk or an exhausted quota."""
    return any(True for _ in _failed_writes(error, project))


def explained(error: BaseException, project: Project) -> DiskFullError:
    """The error to raise in place of one that `is_full`; to be called before the copy is removed.

    The size it names is a lower bound: what the run had written plus what is still free was not
    enough, and the copy alone takes as much as the published file. The larger of the two is reported.

    Args:
        error: The error of the run.
        project: The warehouse it worked on.
    """
    elsewhere = _elsewhere(error, project)
    if elsewhere is not None:
        return DiskFullError(
            f"disk full: no space left in {elsewhere}; nothing is published:"
            " free some space there, then run this again"
        )
    taken = sum(size_of(path) for path in project.temporary)
    free = shutil.disk_usage(project.warehouse.parent).free
    copied = sum(size_of(path) for path in (project.warehouse, Path(f"{project.warehouse}.wal")))
    needed = math.ceil(max(taken + free, copied) / _MEGABYTE)
    return DiskFullError(
        f"disk full: more than {needed:,} MB needed in {project.workspace}; nothing is published:"
        " free some space there, then run this again"
    )


@contextmanager
def explained_when_full(project: Project) -> Iterator[None]:
    """Report a full disk met outside the staging copy: by the lock, the run history or dbt's own files.

    Raises:
        DiskFullError: In place of an error caused by a full disk.
    """
    try:
        yield
    except Exception as error:
        reported = isinstance(error, WarehouseError) and not isinstance(error, AuditError)
        if reported or not is_full(error, project):
            raise
        raise explained(error, project) from error


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a directory; 0 where it does not exist."""
    try:
        if path.is_dir():
            return sum(size_of(inner) for inner in path.iterdir())
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _elsewhere(error: BaseException, project: Project) -> Path | None:
    """Directory of the failed write, if it is on another disk than the warehouse."""
    places = [place for place in _failed_writes(error, project) if place is not None]
    if not places:
        # the message names no file: take the directory with the least space left
        dbt = (log_directory(project), target_directory(project))
        known = [place for place in (project.workspace, *dbt, Path(gettempdir())) if place.exists()]
        places = sorted(known, key=lambda place: shutil.disk_usage(place).free)
    if not places or _device(places[0]) == _device(project.workspace):
        return None
    return places[0]


def _device(place: Path) -> int:
    """The disk of a directory, which need not exist yet."""
    while not place.exists():
        place = place.parent
    return place.stat().st_dev


def _failed_writes(error: BaseException, project: Project) -> Iterator[Path | None]:
    """The directory of each failed write, None where the message does not name it."""
    for found in _chain(error):
        if isinstance(found, OSError) and found.errno in _ERRORS:
            # in a copy the second name is the one written to
            name = found.filename2 or found.filename
            yield Path(str(name)).absolute().parent if name else None
            continue
        texts = (str(found), *(found.failures if isinstance(found, AuditError) else ()))
        for text in texts:
            if _SPILLED in text:
                yield project.workspace
            for words in _WORDS:
                if match := words.search(text):
                    yield Path(match["path"]).absolute().parent if match["path"] else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__
