"""How readers open the published warehouse.

Why: DECISIONS.md#a-damaged-file-is-refused-when-it-is-opened-not-when-it-is-read
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import Project

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # SQL of any origin can read this file only, and cannot change that
    "enable_external_access": "false",
    "lock_configuration": "true",
}

_HEADERS = 3 * 4096
"""Bytes before the first block of a DuckDB file."""

_LOG_START = b"\x64\x00\x62"
"""The first bytes of a write-ahead log of DuckDB 1: a field, and the type of its first entry, the version."""


class FileBusyError(WarehouseError):
    """The file is open for writing."""


class FileUnreadableError(WarehouseError):
    """The file is not a DuckDB file, is damaged, or its permissions forbid reading it."""


def open_published(warehouse: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a warehouse read-only, without access to other files and with the configuration locked.

    Builds work on a copy and are not blocked by readers. The connection keeps showing the file it was
    opened on; connect again to see a later publication.

    Args:
        warehouse: The file; by default `$WAREHOUSE_PATH`, or warehouse.duckdb in the project.

    Returns:
        A connection; use it in a `with` block.

    Raises:
        FileBusyError: If the file is open for writing.
        FileUnreadableError: If it cannot be read.
    """
    path = Path(warehouse or Project.locate(os.environ, Path.cwd()).warehouse)
    _require_log(path)
    try:
        connection = duckdb.connect(str(path), read_only=True, config=_CONFIG)
    except duckdb.ConnectionException:
        message = f"{path.name} is already open in this process with other settings: close it first"
        raise FileBusyError(message) from None
    except duckdb.Error as error:
        raise unreadable(path, error) from None
    try:
        _require_whole(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_log(path: Path) -> None:
    """Refuse a file that is not a write-ahead log: DuckDB would ignore it, and lose what it should contain.

    A truncated log, or one of zeros, is left by a writer that was killed during a commit.
    """
    log = Path(f"{path}.wal")
    if not log.is_file() or not os.access(log, os.R_OK):
        return
    with log.open("rb") as handle:
        start = handle.read(len(_LOG_START))
    if start.strip(b"\0") and not _LOG_START.startswith(start):
        message = f"{log} is not the write-ahead log of {path.name}: move it away, or restore both"
        raise FileUnreadableError(message)


def _require_whole(path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a file that lacks some of its blocks: DuckDB notices only when it reads one of them.

    DuckDB may have truncated free blocks at its end, so only those in use have to be there. With a write-ahead log
    this cannot be checked: blocks that the log adds are counted, but not in the file.
    """
    if Path(f"{path}.wal").exists():
        return
    row = connection.execute(
        "select block_size, used_blocks from pragma_database_size()"
    ).fetchone()
    block, used = (int(row[0]), int(row[1])) if row else (1, 0)
    needed, found = _HEADERS + used * block, path.stat().st_size
    if found < needed or (found - _HEADERS) % block:
        message = (
            f"{path} is cut short, {found:,} of {needed:,} bytes at least:"
            " restore it, or move it away and load or seed again"
        )
        raise FileUnreadableError(message)


def unreadable(path: Path, error: duckdb.Error) -> FileBusyError | FileUnreadableError:
    """Turn DuckDB's error on opening or reading a file into one that says what to do."""
    reason = str(error).strip().partition("\n")[0]
    if "Could not set lock on file" in reason:
        message = (
            f"{path.name} is open for writing in another program:"
            " close it there, then run this again"
        )
        return FileBusyError(message)
    if not path.exists():
        return FileUnreadableError(f"there is no {path}: run `warehouse seed` or `warehouse load`")
    if not os.access(path, os.R_OK):
        return FileUnreadableError(f"no permission to read {path}: ask its owner for it")
    log = Path(f"{path}.wal")
    if "Failure while replaying WAL" in reason:
        # the type of DuckDB's error does not help the reader
        reason = reason.partition(": ")[2] or reason
        message = (
            f"{log} cannot be read as the write-ahead log of {path.name}:"
            f" move it away, or restore both ({reason})"
        )
        return FileUnreadableError(message)
    message = f"{path} cannot be read as a DuckDB file: move it away or restore it ({reason})"
    return FileUnreadableError(message)
