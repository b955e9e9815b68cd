"""Paths of a warehouse and of the files beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import WarehouseError, WarehouseUsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Project:
    """One dbt project and the one warehouse file it fills.

    The working directory `.build` sits beside the file, not in the checkout: an atomic rename needs
    both on the same file system. The name of everything in it includes the file's name, so that two
    warehouses in one directory do not collide.
    """

    root: Path
    warehouse: Path

    @property
    def workspace(self) -> Path:
        """Directory of the staging copy, the lock and the run history."""
        return self.warehouse.parent / ".build"

    @property
    def staging(self) -> Path:
        """The copy that is built on. Same stem: DuckDB's views store it as the catalog's name."""
        return self.workspace / self.warehouse.name

    @property
    def scratch(self) -> Path:
        """Private directory for the extracts that a load unpacks."""
        return self.workspace / f"{self.warehouse.name}.scratch"

    @property
    def temporary(self) -> tuple[Path, ...]:
        """Everything a run writes before it publishes: the copy, DuckDB's files beside it, scratch."""
        beside = tuple(Path(f"{self.staging}{suffix}") for suffix in (".wal", ".tmp"))
        return (self.staging, *beside, self.scratch)

    @property
    def lock(self) -> Path:
        """The file a builder holds locked, with its process id inside."""
        return self.workspace / f"{self.warehouse.name}.lock"

    @property
    def runs(self) -> Path:
        """The run history, one JSON object a line."""
        return self.workspace / f"{self.warehouse.name}.runs.jsonl"

    @classmethod
    def locate(cls, environment: Mapping[str, str], working_directory: Path) -> Project:
        """Find the project and the warehouse the way dbt itself would.

        Args:
            environment: `WAREHOUSE_PATH` names the file, `DBT_PROJECT_DIR` another project.
            working_directory: What relative paths in the environment are relative to.

        Raises:
            WarehouseUsageError: If the project or the warehouse's directory does not exist, or the
                warehouse is not a file.
        """
        root = _resolved(working_directory / environment.get("DBT_PROJECT_DIR", CHECKOUT))
        named = environment.get("WAREHOUSE_PATH")
        # A symbolic link is followed once, here: renaming over it would replace the link itself.
        warehouse = _resolved(working_directory / named if named else root / "warehouse.duckdb")
        if not root.is_dir():
            message = f"there is no project {root}: DBT_PROJECT_DIR must name the directory of one"
            raise WarehouseUsageError(message)
        if warehouse.parent.is_file():
            message = f"{warehouse.parent} is a file, not a directory: set WAREHOUSE_PATH"
            raise WarehouseUsageError(message)
        if not warehouse.parent.is_dir():
            message = f"there is no directory {warehouse.parent}: create it or set WAREHOUSE_PATH"
            raise WarehouseUsageError(message)
        if warehouse.is_dir():
            message = f"{warehouse} is a directory: WAREHOUSE_PATH must name a file"
            raise WarehouseUsageError(message)
        if warehouse.exists() and not warehouse.is_file():
            # opening a pipe would block, renaming over a device would remove it
            message = f"{warehouse} is a pipe or a device: WAREHOUSE_PATH must name a file"
            raise WarehouseUsageError(message)
        return cls(root, warehouse)


def require_file(path: Path) -> None:
    """Refuse anything but a regular file, or nothing, at a path.

    Raises:
        WarehouseError: If it is a directory, a pipe or a device.
    """
    if path.exists() and not path.is_file():
        message = f"{path} is not a file: move it away, then run this again"
        raise WarehouseError(message)


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError:
        message = f"{path} is a symbolic link that points to itself: choose another WAREHOUSE_PATH"
        raise WarehouseUsageError(message) from None
