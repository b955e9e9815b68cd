"""Failures that a user can act on, each with its exit code."""

from __future__ import annotations


class WarehouseError(Exception):
    """Something is wrong with the data or a build: the message is one line that says what to do."""

    exit_code = 1


class WarehouseUsageError(WarehouseError):
    """The command was asked for something that does not exist or is impossible."""

    exit_code = 2


class AuditError(WarehouseError):
    """Models or tests failed, or dbt could not run at all, so nothing is published.

    If there are failures to inspect, the staging copy is kept until the next command creates its own.

    Attributes:
        failures: One line for each node that failed.
    """

    def __init__(self, message: str, failures: tuple[str, ...] = ()) -> None:
        """Keep the failing nodes with the one-line message."""
        super().__init__(message)
        self.failures = failures
