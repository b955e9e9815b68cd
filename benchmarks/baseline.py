"""What the baselines share: how they open a warehouse, and their command line."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import duckdb

from benchmarks.page import write_part
from pipeline.errors import WarehouseError
from pipeline.opening import open_published
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet


class UnusableError(Exception):
    """A data set that cannot be trained or tested on; the message says why."""


@contextmanager
def opened(
    warehouse: Path, mart: str, promised: AbstractSet[str]
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, str]]]:
    """Open a feature table of a built warehouse.

    Args:
        warehouse: A DuckDB file.
        mart: The table.
        promised: Columns it must have.

    Yields:
        A connection that reads, and the types of the table's columns by name.

    Raises:
        UnusableError: If there is no such file, or its table lacks a promised column.
    """
    if not warehouse.exists():
        message = f"there is no {warehouse}: build it first"
        raise UnusableError(message)
    with open_published(warehouse) as connection:
        described = connection.execute(f"describe {mart}").fetchall()
        types = {str(name): str(kind) for name, kind, *_ in described}
        missing = sorted(promised - types.keys())
        if missing:
            message = f"{mart} of {warehouse} has no {', '.join(missing)}"
            raise UnusableError(message)
        yield connection, types


class Won(Protocol):
    """What a trial has to report."""

    @property
    def is_won(self) -> bool:
        """Whether the model was better than the rule it is compared with."""


_Trial = TypeVar("_Trial", bound=Won)


@dataclass(frozen=True)
class Baseline(Generic[_Trial]):
    """What is tried.

    Attributes:
        module: Where `python -m` finds it.
        description: What it is about.
        part: Its part of the page of results.
        run: Tries one warehouse, under a name.
        render: Renders all trials as Markdown.
    """

    module: str
    description: str
    part: str
    run: Callable[[str, Path], _Trial]
    render: Callable[[Sequence[_Trial]], str]

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Train, test, print; record where asked to.

        Ends with 1 where the rule was not beaten, with 2 where there is nothing to test on.
        """
        given = self._parser().parse_args(arguments)
        try:
            trials = [self.run(name, path) for name, path in given.warehouses]
        except (UnusableError, WarehouseError, duckdb.Error) as error:
            print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
            sys.exit(2)
        text = self.render(trials)
        print(text)
        if given.results:
            write_part(given.results, self.part, text)
        if not all(trial.is_won for trial in trials):
            sys.exit(1)

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=f"python -m {self.module}", description=self.description
        )
        parser.add_argument(
            "warehouses",
            type=_named_path,
            nargs="*",
            default=[("warehouse", CHECKOUT / "warehouse.duckdb")],
            metavar="[NAME=]PATH",
            help="built warehouses (the project's own)",
        )
        parser.add_argument("--results", type=Path, help="write the part into this page, too")
        return parser


def _named_path(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name or Path(path).stem, Path(path)
