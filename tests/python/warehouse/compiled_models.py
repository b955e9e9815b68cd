"""Compiled models in a database in memory: they run on whatever facts a test makes up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Invoices come to the models filtered by the as-of date.
INVOICES = """
    create view intermediate.int_invoices as
    select * from intermediate.facts
    where invoice_date <= (select as_of_date from intermediate.int_as_of_date)
"""


@dataclass(frozen=True)
class Bench:
    """A table for everything given and one for every model, ready to be filled again and again.

    Attributes:
        connection: The database in memory.
        given: The tables the models read.
        models: The tables they make, in the order of their needs.
    """

    connection: duckdb.DuckDBPyConnection
    given: tuple[str, ...]
    models: tuple[str, ...]

    def run(self, rows: Mapping[str, Iterable[tuple[object, ...]]]) -> None:
        """Run every model on these rows of the given tables, and on no others."""
        for name in (*self.given, *self.models):
            self.connection.execute(f"truncate {name}")
        for name, values in rows.items():
            literals = ", ".join(map(_literal, values))
            if literals:
                self.connection.execute(f"insert into {name} values {literals}")
        for name in self.models:
            self.connection.execute(f"execute make_{name.partition('.')[2]}")


def memory() -> duckdb.DuckDBPyConnection:
    """A database in memory under the name that compiled models know."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.execute("attach ':memory:' as warehouse")
    connection.execute("use warehouse")
    return connection


def set_up(models: Mapping[str, str], given: Mapping[str, str]) -> Bench:
    """Make a table for everything given and one for every model, without rows.

    Args:
        models: Compiled SQL by the relation it makes, `schema.name`, in the order of their needs.
        given: Columns by the relation they are of.
    """
    connection = memory()
    # a prepared plan must not rest on what the tables held when it was made
    connection.execute("pragma disable_optimizer")
    for schema in sorted({name.partition(".")[0] for name in (*given, *models)}):
        connection.execute(f"create schema {schema}")
    for name, columns in given.items():
        connection.execute(f"create table {name} ({columns})")
    connection.execute(INVOICES)
    for name, sql in models.items():
        connection.execute(f"create table {name} as {sql}")
    for name, sql in models.items():
        connection.execute(f"prepare make_{name.partition('.')[2]} as insert into {name} {sql}")
    return Bench(connection, tuple(given), tuple(models))


def _literal(row: tuple[object, ...]) -> str:
    return "(" + ", ".join(map(_scalar, row)) + ")"


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | Decimal):
        return str(value).lower()
    return f"'{value}'"
