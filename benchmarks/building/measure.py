"""One scale, measured: a fresh warehouse, one child process a step, its time and its peak memory."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.child import run_child
from pipeline.history import read_runs
from pipeline.paths import CHECKOUT, Project
from seeders.contracts import TABLES


@dataclass(frozen=True)
class Scale:
    """What to simulate: a name for the tables, and the arguments of `warehouse seed`."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One command, measured.

    Attributes:
        seconds: From the command's first work to the published file, without Python's own start.
        peak_bytes: Most memory the process held at once.
        cpu_seconds: Work of all its threads.
    """

    command: str
    seconds: float
    peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True)
class Measurement:
    """One scale.

    Attributes:
        rows: Rows in the raw tables.
        query_seconds: Time of all models and tests, added up over dbt's threads.
        nodes: Time by model or test, slowest first.
        bare_cpu_seconds: Work of the same SQL in one connection, without dbt.
    """

    scale: Scale
    rows: int
    invoices: int
    file_bytes: int
    seed: Step
    build: Step
    query_seconds: float
    nodes: dict[str, float]
    bare_cpu_seconds: float


def measure(scale: Scale) -> Measurement:
    """Seed and build one scale in a directory that is removed afterwards.

    Raises:
        RuntimeError: If a command failed; its own words are part of the message.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CHECKOUT) as place:
        project = Project(CHECKOUT, Path(place) / "warehouse.duckdb")
        seeded = _run(project, "seed", *scale.arguments)
        rows, invoices = _count_rows(project)
        # a checkout is parsed once, not for every build
        run_child("benchmarks.building.parse", (), Path(place))
        built = _run(project, "build")
        target = Path(place) / "target"
        nodes = _node_seconds(target / "run_results.json")
        file_bytes = project.warehouse.stat().st_size
        bare = ("benchmarks.building.bare", (str(project.warehouse), str(target / "manifest.json")))
        return Measurement(
            scale=scale,
            rows=rows,
            invoices=invoices,
            file_bytes=file_bytes,
            seed=seeded,
            build=built,
            query_seconds=sum(nodes.values()),
            nodes=nodes,
            bare_cpu_seconds=run_child(*bare, Path(place)).cpu_seconds,
        )


def _run(project: Project, command: str, *arguments: str) -> Step:
    cost = run_child("pipeline.cli", (command, *arguments), project.warehouse.parent)
    run = read_runs(project.runs, at_work=False)[-1]
    return Step(command, run.seconds or 0.0, cost.peak_bytes, cost.cpu_seconds)


def _count_rows(project: Project) -> tuple[int, int]:
    """Rows of all raw tables, and of the invoices alone."""
    with duckdb.connect(str(project.warehouse), read_only=True) as connection:
        counts = {name: len(connection.table(name)) for name in TABLES}
    return sum(counts.values()), counts["raw_billing.invoices"]


def _node_seconds(run_results: Path) -> dict[str, float]:
    """Execution time by node name, slowest first."""
    results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    seconds = {
        result["unique_id"].split(".")[2]: float(result["execution_time"]) for result in results
    }
    return dict(sorted(seconds.items(), key=lambda item: item[1], reverse=True))
