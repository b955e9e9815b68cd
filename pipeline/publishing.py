"""Build, audit, publish: nobody ever sees a half-built warehouse.

DuckDB has one writer or many readers per file. A build in place would lock readers out for as long
as it takes and, killed halfway, leave them half a warehouse. So every command works on a staging
copy and renames it over the published file once all is well: a rename is atomic, readers keep the
file they have open, and whatever goes wrong before it leaves the published file untouched.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.errors import AuditError, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.paths import Project

_Fingerprint = tuple[tuple[int, int, int] | None, ...]


@contextmanager
def write_lock(project: Project) -> Iterator[None]:
    """Hold the right to publish. The kernel takes it back from a process that dies.

    Raises:
        WarehouseError: If another process holds it.
    """
    project.workspace.mkdir(exist_ok=True)
    # Not truncated on opening: until the lock is ours the process id inside is somebody else's.
    with project.lock.open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = (
                f"{project.warehouse.name} is being built by another process"
                f" (pid {_holder(project)}): wait for it to end, then run this again"
            )
            raise WarehouseError(message) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        try:
            yield
        finally:
            handle.truncate(0)


def lock_holder(project: Project) -> str | None:
    """Process id of the builder at work, or None when nobody is."""
    # An ended builder leaves the file empty: only a killed one's id, or a live one's, is probed.
    if not project.lock.exists() or _holder(project) == "unknown":
        return None
    with project.lock.open(encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(project)
    return None


@contextmanager
def staged_copy(project: Project) -> Iterator[Path]:
    """Give out a private copy of the warehouse; publish it if the block ends well.

    The caller holds the write lock, and has closed every connection to the copy at the end of the
    block. After an `AuditError` the copy stays for inspection, after anything else it goes; what a
    killed process left is removed here, at the next start.

    Yields:
        Path of the copy, absent when there is no warehouse yet.

    Raises:
        WarehouseError: If another program writes to the published file, or wrote to it meanwhile.
    """
    discard_staging(project)
    before = _fingerprint(project.warehouse)
    try:
        if project.warehouse.exists():
            _copy(project.warehouse, project.staging)
        yield project.staging
        _seal(project.staging)
        _require_unchanged(project.warehouse, before)
        _publish(project.staging, project.warehouse)
    except AuditError:
        raise
    except BaseException:
        discard_staging(project)
        raise


def discard_staging(project: Project) -> None:
    """Remove a staging copy and what DuckDB keeps beside an open file."""
    for suffix in ("", ".wal"):
        Path(f"{project.staging}{suffix}").unlink(missing_ok=True)
    shutil.rmtree(f"{project.staging}.tmp", ignore_errors=True)


def _holder(project: Project) -> str:
    # Empty for the moment between taking the lock and writing the process id.
    return project.lock.read_text(encoding="ascii").strip() or "unknown"


def _copy(source: Path, target: Path) -> None:
    """Copy the file and its write-ahead log, which a killed writer leaves behind."""
    try:
        # An open reader keeps writers away, so the bytes stand still while they are copied.
        with duckdb.connect(str(source), read_only=True):
            shutil.copyfile(source, target)
            shutil.copymode(source, target)
            log = _write_ahead_log(source)
            if log.exists():
                shutil.copyfile(log, _write_ahead_log(target))
    except duckdb.ConnectionException:
        message = f"{source.name} is open for writing in this process: close it first"
        raise WarehouseError(message) from None
    except duckdb.IOException as error:
        reason = str(error).partition("\n")[0]
        if "lock" in reason.lower():
            message = (
                f"{source.name} is open for writing in another program:"
                " close it there, then run this again"
            )
        else:
            message = f"{source} cannot be read as a DuckDB file: move it away ({reason})"
        raise WarehouseError(message) from None


def _seal(staging: Path) -> None:
    """Make the copy one complete file: no write-ahead log, every byte on the disk."""
    with duckdb.connect(str(staging)) as connection:
        connection.execute("checkpoint")
    if _write_ahead_log(staging).exists():
        message = f"{staging} is still open in another program: close it, then run this again"
        raise WarehouseError(message)
    with staging.open("rb") as handle:
        os.fsync(handle.fileno())


def _require_unchanged(warehouse: Path, before: _Fingerprint) -> None:
    """Refuse to overwrite what plain dbt, say, wrote in place since the copy was made."""
    if _fingerprint(warehouse) != before:
        message = (
            f"{warehouse.name} was changed by another program during this run;"
            " nothing is published: run this again when it has ended"
        )
        raise WarehouseError(message)


def _publish(staging: Path, warehouse: Path) -> None:
    # The published file's own log, if a killed writer left one, is part of the copy by now. It goes
    # first: beside the new file it would be a stranger's log, and without it the old file is whole.
    _write_ahead_log(warehouse).unlink(missing_ok=True)
    staging.replace(warehouse)
    directory = os.open(warehouse.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _fingerprint(warehouse: Path) -> _Fingerprint:
    """Identity of the file and its log: any writer changes it."""
    return tuple(_stat(path) for path in (warehouse, _write_ahead_log(warehouse)))


def _stat(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _write_ahead_log(database: Path) -> Path:
    return Path(f"{database}.wal")
