"""The failures a user can do something about, each with the exit code it deserves."""

from __future__ import annotations


class WarehouseError(Exception):
    """Data or a build is at fault: the message is one line that says what to do."""

    exit_code = 1


class WarehouseUsageError(WarehouseError):
    """The command was asked for something that does not exist or cannot be."""

    exit_code = 2


class AuditError(WarehouseError):
    """Models or tests failed, or dbt could not run at all, so nothing is published.

    Where there are failures to look at, the staging copy stays until the next command makes its own.

    Attributes:
        failures: One line for each node that failed.
    """

    def __init__(self, message: str, failures: tuple[str, ...] = ()) -> None:
        """Keep the failing nodes beside the one-line message."""
        super().__init__(message)
        self.failures = failures
