"""What all tests share: one workshop a process, and one demo warehouse that is built once for all.

Under `pytest -n` each worker has a workshop of its own; what several workers read, they share
through a directory of the run: who comes first makes it, the others wait.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from pipeline.paths import Project
    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

# The files that take longest to run, in the order in which workers are to take them up: the demo, which
# others wait for, next to what needs no demo. A file that is not named comes after them.
FIRST = (
    *("test_any_as_of_date.py", "cases/test_cases.py", "test_faults_by_hand.py"),
    *("test_any_extract.py", "benchmarks/test_receivables.py"),
    *("test_trade_credit_example.py", "warehouse/test_ibm_receivables.py"),
    *("test_late_payment_features.py", "test_account_delinquency_features.py", "test_rebuilds.py"),
    *("warehouse/test_bad_input.py", "test_delinquency_ledger.py", "test_penalty_score.py"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the whole suite run on another world."""
    parser.addoption("--world", type=int, default=1, help="root seed of the simulated warehouses")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it at the end."""

    def place(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((n for n, name in enumerate(FIRST) if path.endswith(name)), len(FIRST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def root_seed(request: pytest.FixtureRequest) -> int:
    """Root of every random draw: `--world N`."""
    return int(request.config.getoption("--world"))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, root_seed: int) -> Iterator[Workshop]:
    """A place to make warehouses in, with dbt's own files out of the checkout."""
    # tests that need no warehouse do without the pipeline, too
    from tests.python import workshop as module  # noqa: PLC0415

    place = tmp_path_factory.mktemp("workshop")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    shared.mkdir(exist_ok=True)
    with module.open_workshop(place, shared, root_seed) as opened:
        yield opened


@pytest.fixture(scope="session")
def estate(workshop: Workshop) -> Estate:
    """All models and data tests, compiled: a second for a handful of raw rows, without dbt."""
    from tests.python.warehouse.compiled_estate import compile_estate  # noqa: PLC0415

    return compile_estate(workshop)


@pytest.fixture(scope="session")
def demo(workshop: Workshop) -> Project:
    """What `make build` makes: nine months seeded and built, three replayed. Read only."""

    def make(project: Project) -> None:
        workshop.seed(project, "period.months=9")
        workshop.build(project)
        workshop.replay(project, 3)

    return workshop.share("demo", make, fast=False)


@pytest.fixture(scope="session")
def demo_as_of(workshop: Workshop, demo: Project) -> Callable[[date], Project]:
    """The demo as its books stood on an earlier day; each day is built once. Read only."""

    def build(as_of: date) -> Project:
        def make(project: Project) -> None:
            workshop.copy_to(demo, project)
            workshop.build(project, as_of)

        return workshop.share(f"demo-{as_of}", make)

    return build
