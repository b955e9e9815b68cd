"""How readers open the published warehouse."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import Project

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # foreign SQL can read this file only, and cannot change that
    "enable_external_access": "false",
    "lock_configuration": "true",
}


class FileBusyError(WarehouseError):
    """Somebody has the file open for writing."""


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
    try:
        return duckdb.connect(str(path), read_only=True, config=_CONFIG)
    except duckdb.ConnectionException:
        message = f"{path.name} is already open in this process with other settings: close it first"
        raise FileBusyError(message) from None
    except duckdb.Error as error:
        raise unreadable(path, error) from None


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
    message = f"{path} cannot be read as a DuckDB file: move it away or restore it ({reason})"
    return FileUnreadableError(message)
