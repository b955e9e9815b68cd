"""Build, audit, publish: readers never see a half-built warehouse.

DuckDB has one writer or many readers per file. A build in place would lock readers out for as long
as it takes and, killed halfway, leave them half a warehouse. So every command works on a staging
copy and renames it over the published file once all is well: a rename is atomic, readers keep the
file they have open, and whatever goes wrong before it leaves the published file untouched.

Why: DECISIONS.md#plain-dbt-build-works-in-place
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

import duckdb

from pipeline import disk
from pipeline.errors import AuditError, WarehouseError
from pipeline.opening import open_published
from pipeline.paths import require_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.paths import Project

_Fingerprint = tuple[tuple[int, int, int] | None, ...]

FIRST_MODE = 0o640
"""Permissions of a first publication; later ones keep those of the file they replace."""

_WORKSPACE_MODE = 0o750


@contextmanager
def write_lock(project: Project) -> Iterator[None]:
    """Hold the lock for publishing. The kernel releases it when a process dies.

    Files created inside the block get no wider permissions than the published file has.

    Raises:
        WarehouseError: If another process holds it.
    """
    with _no_wider(project.warehouse), ExitStack() as stack:
        _make_workspace(project)
        # Not truncated on opening: until the lock is ours, the process id inside is that of another process.
        handle = stack.enter_context(project.lock.open("a+", encoding="ascii"))
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
    """Return the process id of the running build, or None if there is none."""
    require_file(project.lock)
    # An ended builder leaves the file empty: only a killed one's id, or a live one's, is probed.
    if not project.lock.exists() or not project.lock.stat().st_size:
        return None
    with project.lock.open(encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(project)
    return None


@contextmanager
def staged_copy(project: Project) -> Iterator[Path]:
    """Provide a private copy of the warehouse, and publish it if the block succeeds.

    The caller holds the write lock, and has closed every connection to the copy at the end of the
    block. After an `AuditError` that names failures the copy is kept for inspection, unless the disk is
    full; after any other error it is removed. Leftovers of a killed process are removed at the next start.

    Yields:
        Path of the copy, absent when there is no warehouse yet.

    Raises:
        WarehouseError: If another program writes to the published file, or wrote to it meanwhile.
        DiskFullError: If there is not enough space for the copy or what the block writes.
    """
    discard_staging(project)
    before = _fingerprint(project.warehouse)
    try:
        if project.warehouse.exists():
            _copy(project.warehouse, project.staging)
        yield project.staging
        _seal(project.staging)
        with _no_writer(project.warehouse):
            _require_unchanged(project.warehouse, before)
            _dress(project.staging, project.warehouse)
            _publish(project.staging, project.warehouse)
    except BaseException as error:
        full = disk.explained(error, project) if disk.is_full(error, project) else None
        if full or not (isinstance(error, AuditError) and error.failures):
            discard_staging(project)
        if full:
            raise full from error
        raise


def discard_staging(project: Project) -> None:
    """Remove everything a run writes before it publishes."""
    for path in project.temporary:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _no_wider(warehouse: Path) -> Iterator[None]:
    """Set a umask under which no file, including DuckDB's logs, gets wider permissions than the warehouse."""
    mode = _mode(warehouse)
    searchable = mode | (mode & 0o444) >> 2  # readable directories are searchable as well
    before = os.umask(0o077)
    os.umask(before | (0o077 & ~searchable))
    try:
        yield
    finally:
        os.umask(before)


def _make_workspace(project: Project) -> None:
    """Create the workspace, and narrow the permissions of what earlier versions left in it."""
    workspace = project.workspace
    if workspace.exists() and not workspace.is_dir():
        message = f"{workspace} is not a directory: move it away, then run this again"
        raise WarehouseError(message)
    workspace.mkdir(mode=_WORKSPACE_MODE, exist_ok=True)
    _narrow(workspace, ~0o007)
    for path in (project.lock, project.runs):
        require_file(path)
        _narrow(path, _mode(project.warehouse) | 0o600)


def _mode(warehouse: Path) -> int:
    """Permissions of the published file, or those that a first one will get."""
    try:
        return S_IMODE(warehouse.stat().st_mode) & 0o777
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return FIRST_MODE & ~mask


def _narrow(path: Path, mode: int) -> None:
    # only the owner can change them
    with suppress(FileNotFoundError, PermissionError):
        found = S_IMODE(path.stat().st_mode)
        if found & ~mode:
            path.chmod(found & mode)


def _holder(project: Project) -> str:
    # Empty for the moment between taking the lock and writing the process id.
    with project.lock.open("rb") as handle:
        text = handle.read(32).strip()
    return text.decode("ascii") if text.isdigit() else "unknown"


def _copy(source: Path, target: Path) -> None:
    """Copy the file and its write-ahead log, which a killed writer leaves behind."""
    # An open reader keeps writers away, so the bytes do not change while they are copied.
    with open_published(source):
        shutil.copyfile(source, target)
        log = _write_ahead_log(source)
        if log.exists():
            shutil.copyfile(log, _write_ahead_log(target))


def _seal(staging: Path) -> None:
    """Make the copy one complete file: no write-ahead log, every byte on the disk."""
    with duckdb.connect(str(staging)) as connection:
        connection.execute("checkpoint")
    if _write_ahead_log(staging).exists():
        message = f"{staging} is still open in another program: close it, then run this again"
        raise WarehouseError(message)
    with staging.open("rb") as handle:
        os.fsync(handle.fileno())


@contextmanager
def _no_writer(warehouse: Path) -> Iterator[None]:
    """Hold a reader's lock on the published file, which keeps writers out while it is replaced.

    A program that has the file open for writing would commit into the replaced file, and silently lose
    its commit.

    Raises:
        FileBusyError: If it is open for writing.
    """
    if not warehouse.exists():
        yield
        return
    # Do not open and close the file inside the block: that would release the lock (POSIX).
    with open_published(warehouse):
        yield


def _require_unchanged(warehouse: Path, before: _Fingerprint) -> None:
    """Refuse to overwrite changes made in place since the copy, for example by plain dbt."""
    if _fingerprint(warehouse) != before:
        message = (
            f"{warehouse.name} was changed by another program during this run;"
            " nothing is published: run this again when it has ended"
        )
        raise WarehouseError(message)


def _dress(staging: Path, warehouse: Path) -> None:
    """Give the copy the permissions and, where allowed, the owner of the file it replaces."""
    mode = _mode(warehouse)
    with suppress(FileNotFoundError):
        old, new = warehouse.stat(), staging.stat()
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with suppress(PermissionError):
                os.chown(staging, -1, old.st_gid)
            with suppress(PermissionError):
                os.chown(staging, old.st_uid, -1)
    staging.chmod(mode)


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
