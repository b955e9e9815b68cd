"""What all tests share: one workshop, and one demo warehouse that is built once.

The suite runs in one process. Under `pytest -n` it stays right, since each worker has directories of
its own, but each builds the demo anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from pipeline.paths import Project
    from tests.python.workshop import Workshop


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the whole suite run on another world."""
    parser.addoption("--world", type=int, default=1, help="root seed of the simulated warehouses")


@pytest.fixture(scope="session")
def root_seed(request: pytest.FixtureRequest) -> int:
    """Root of every random draw: `--world N`."""
    return int(request.config.getoption("--world"))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory, root_seed: int) -> Iterator[Workshop]:
    """A place to make warehouses in, with dbt's own files out of the checkout."""
    # tests that need no warehouse do without the pipeline, too
    from tests.python.workshop import Workshop  # noqa: PLC0415

    place = tmp_path_factory.mktemp("workshop")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", str(place / "target"))
        patch.setenv("DBT_LOG_PATH", str(place / "logs"))
        yield Workshop(place, root_seed)


@pytest.fixture(scope="session")
def demo(workshop: Workshop) -> Project:
    """What `make build` makes: nine months seeded and built, three replayed. Read only."""
    project = workshop.simulate("demo", "period.months=9")
    workshop.build(project)
    return workshop.replay(project, 3)


@pytest.fixture(scope="session")
def demo_as_of(workshop: Workshop, demo: Project) -> Callable[[date], Project]:
    """The demo as its books stood on an earlier day; each day is built once. Read only."""
    built: dict[date, Project] = {}

    def build(as_of: date) -> Project:
        if as_of not in built:
            built[as_of] = workshop.build(workshop.copy(demo, f"demo-{as_of}"), as_of)
        return built[as_of]

    return build
