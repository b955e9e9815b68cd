"""One shape, measured: its rows in a fresh file, the models run on them by dbt in a child process."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from benchmarks.child import run_child
from benchmarks.receivables.plan import read_plan
from benchmarks.receivables.rows import draw_rows
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.child import Cost
    from benchmarks.receivables.plan import Plan
    from benchmarks.receivables.rows import Shape

FILE = "warehouse.duckdb"
_DBT = "dbt.cli.main"


@dataclass(frozen=True)
class Template:
    """A warehouse in which every input of the models exists as the project makes it.

    Attributes:
        place: Directory of the file and of dbt's own files.
        plan: What runs on what.
    """

    place: Path
    plan: Plan


@dataclass(frozen=True)
class Alone:
    """One model, run again in a process of its own."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Measurement:
    """One shape.

    Attributes:
        rows: Rows of each input that was filled.
        cost: Of the whole `dbt run`, its start included.
        seconds: From the start of the first model to the end of the last.
        models: Seconds by model, slowest first.
        alone: The slowest models, each run alone; empty where that was not asked for.
        movements: Movements of money by cause.
        file_bytes: Size of the file afterwards.
    """

    shape: Shape
    rows: dict[str, int]
    cost: Cost
    seconds: float
    models: dict[str, float]
    alone: dict[str, Alone]
    movements: dict[str, int]
    file_bytes: int


@contextmanager
def prepared() -> Iterator[Template]:
    """Make the template: a small simulation, staged by the project's own models.

    The inputs so have the columns and types of today's project, whatever they are.

    Yields:
        The template, gone at the end of the block.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CHECKOUT) as directory:
        place = Path(directory)
        months = ("--set", "period.months=3")
        run_child("pipeline.cli", ("seed", "--preset", "demo", *months), place)
        run_child(_DBT, ("parse",), place)
        plan = read_plan(place / "target" / "manifest.json")
        upstream = [f"+{name}" for name in plan.inputs]
        run_child(_DBT, ("run", "--select", *upstream), place)
        yield Template(place, plan)


def measure(template: Template, shape: Shape, memory_limit: str, slowest: int) -> Measurement:
    """Draw the rows of one shape and run the models on them.

    Args:
        template: What to fill.
        shape: With how much.
        memory_limit: What DuckDB may take, as its setting of that name is written.
        slowest: How many of the slowest models to run again, each alone in a process.

    Raises:
        RuntimeError: If a model failed, or lost an invoice.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CHECKOUT) as directory:
        place = Path(directory)
        # the same name: a view knows its catalog by it; dbt's parsed project is taken along
        shutil.copyfile(template.place / FILE, place / FILE)
        shutil.copytree(template.place / "target", place / "target")
        rows = fill(place / FILE, template.plan, shape)
        limit = {"WAREHOUSE_MEMORY_LIMIT": memory_limit}
        # one model after the other, as large builds are to be run: two would share the memory
        arguments = ("run", "--threads", "1", "--select", *template.plan.models)
        cost = run_child(_DBT, arguments, place, limit)
        seconds, models = read_times(place / "target" / "run_results.json")
        _require_every_invoice(place / FILE, template.plan, rows["int_invoices"])
        movements = _count_movements(place / FILE)
        file_bytes = (place / FILE).stat().st_size
        alone = {name: _run_alone(place, name, limit) for name in list(models)[:slowest]}
        return Measurement(shape, rows, cost, seconds, models, alone, movements, file_bytes)


def fill(database: Path, plan: Plan, shape: Shape) -> dict[str, int]:
    """Put the drawn rows in place of what the inputs hold; what is not drawn is left empty.

    Args:
        database: A copy of the template's file.
        plan: Names the inputs.
        shape: How much to draw.

    Returns:
        Rows of each input, 0 for one that is empty.

    Raises:
        duckdb.BinderException: If a drawn column is not one of the input's.
    """
    counts = dict.fromkeys(plan.inputs, 0)
    with duckdb.connect(str(database), config={"memory_limit": "2GB"}) as connection:
        for relation in plan.inputs.values():
            _empty(connection, relation)
        for name, batch in draw_rows(shape):
            if name in plan.inputs:
                connection.register("drawn", batch)
                connection.execute(
                    f"insert into {plan.inputs[name]} by name select * from drawn"  # noqa: S608
                )
                connection.unregister("drawn")
                counts[name] += len(batch)
        connection.execute("checkpoint")
    return counts


def read_times(run_results: Path) -> tuple[float, dict[str, float]]:
    """Read what dbt measured.

    Args:
        run_results: dbt's `run_results.json`.

    Returns:
        Seconds from the start of the first model to the end of the last, and seconds by model,
        slowest first.
    """
    results = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    models = [result for result in results if result["unique_id"].startswith("model.")]
    spans = {
        result["unique_id"].split(".")[2]: [
            datetime.fromisoformat(timing[edge])
            for timing in result["timing"]
            for edge in ("started_at", "completed_at")
        ]
        for result in models
    }
    total = max(map(max, spans.values())) - min(map(min, spans.values()))
    seconds = {name: (max(span) - min(span)).total_seconds() for name, span in spans.items()}
    ordered = sorted(seconds.items(), key=lambda item: item[1], reverse=True)
    return total.total_seconds(), dict(ordered)


def _empty(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Make an input an empty table of the columns and types it had, be it a table or a view."""
    schema, _, name = relation.partition(".")
    kind = connection.execute(
        "select table_type from information_schema.tables"
        " where table_schema = ? and table_name = ?",
        [schema, name],
    ).fetchone()
    noun = "view" if kind == ("VIEW",) else "table"
    connection.execute(f"create temp table shape as select * from {relation} limit 0")  # noqa: S608
    connection.execute(f"drop {noun} {relation}")
    connection.execute(f"create table {relation} as select * from shape")  # noqa: S608
    connection.execute("drop table shape")


def _require_every_invoice(database: Path, plan: Plan, invoices: int) -> None:
    """Refuse a figure for models that did less than their work."""
    relations = ["intermediate.int_invoice_settlement"]
    relations += ["ml_features.feat_late_payments"] if plan.has_features else []
    with duckdb.connect(str(database), read_only=True) as connection:
        for relation in relations:
            count = len(connection.table(relation))
            if count != invoices:
                message = f"{relation} has {count:,} rows of {invoices:,} invoices"
                raise RuntimeError(message)


def _count_movements(database: Path) -> dict[str, int]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(
            connection.execute(
                "select cause, count(*) from intermediate.int_cash_movements"
                " group by cause order by count(*) desc, cause"
            ).fetchall()
        )


def _run_alone(place: Path, name: str, environment: Mapping[str, str]) -> Alone:
    arguments: Sequence[str] = ("run", "--threads", "1", "--select", name)
    cost = run_child(_DBT, arguments, place, environment)
    seconds, _ = read_times(place / "target" / "run_results.json")
    return Alone(seconds, cost.peak_bytes)
