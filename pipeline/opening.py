"""How a published warehouse is opened by whoever only reads it."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import Project

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # SQL that somebody else wrote can read this file and no other, and cannot change that
    "enable_external_access": "false",
    "lock_configuration": "true",
}


class FileBusyError(WarehouseError):
    """Somebody has the file open for writing."""


class FileUnreadableError(WarehouseError):
    """The file is no DuckDB file, is damaged, or may not be read."""


def open_published(warehouse: Path | str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a warehouse to read it: no writing, no other file, no setting can be changed.

    Builders are not hindered: they work on a copy. The connection keeps the content it was opened
    on; connect again to see what was published since.

    Args:
        warehouse: The file; the one that `$WAREHOUSE_PATH` or the project names when left out.

    Returns:
        A connection; use it in a `with` block.

    Raises:
        FileBusyError: If the file is open for writing.
        FileUnreadableError: If it cannot be read.
    """
    path = Path(warehouse or Project.locate(os.environ, Path.cwd()).warehouse)
    try:
        return duckdb.connect(str(path), read_only=True, config=_CONFIG)
    except duckdb.ConnectionException:
        message = f"{path.name} is open in this process in another way: close it first"
        raise FileBusyError(message) from None
    except duckdb.Error as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: duckdb.Error) -> FileBusyError | FileUnreadableError:
    """What DuckDB's error on opening or reading a file means for whoever wanted to read it."""
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
        return FileUnreadableError(f"{path} may not be read: ask its owner for permission")
    message = f"{path} cannot be read as a DuckDB file: move it away or restore it ({reason})"
    return FileUnreadableError(message)
