"""Measures growth and history length, and says what came out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from benchmarks.page import paragraph, ratio, setting, size, table
from benchmarks.receivables.measure import measure, prepared
from benchmarks.receivables.rows import AS_OF, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.receivables.measure import Measurement
    from benchmarks.receivables.plan import Plan

NAMES: Final = ("model", "invoices", "what", "holds")

GROWTH_TOLERANCE: Final = 1.2
"""Seconds may grow by this much more than rows: caches and spilling to disk are no law."""

_MILLION: Final = 1_000_000
_NAME_WIDTH: Final = 32

IDLE: Final = Shape(invoices=12, months=12)
"""Next to nothing: what is left of the cost is dbt's own."""

MEMORY: Final = 4 * 2**30
HISTORY: Final = 1.5


@dataclass(frozen=True)
class Sizes:
    """What to measure.

    Attributes:
        invoices: Growing numbers of invoices, at `months` of history.
        history_invoices: Invoices at which the length of the history is varied.
        history: Months of history an account, growing.
        memory_limit: What DuckDB may take.
        alone: How many of the slowest models of the largest size are run again by themselves.
    """

    invoices: tuple[int, ...] = (2_000_000, 24_000_000)
    months: int = 48
    history_invoices: int = 2_000_000
    history: tuple[int, ...] = (12, 48, 192)
    memory_limit: str = "3GB"
    alone: int = 8

    @property
    def growth_shapes(self) -> tuple[Shape, ...]:
        """Shapes of the same history and growing size."""
        return tuple(Shape(count, self.months) for count in self.invoices)

    @property
    def history_shapes(self) -> tuple[Shape, ...]:
        """Shapes of the same size and growing history."""
        return tuple(Shape(self.history_invoices, months) for months in self.history)


def report(sizes: Sizes) -> str:
    """Measure all shapes, each once, and report them as Markdown."""
    measured: dict[Shape, Measurement] = {}
    largest = sizes.growth_shapes[-1]
    with prepared() as template:
        idle = measure(template, IDLE, sizes.memory_limit, slowest=0).cost.cpu_seconds
        for shape in (*sizes.growth_shapes, *sizes.history_shapes):
            if shape in measured:
                continue
            print(f"measuring {shape.name} ...", file=sys.stderr)
            slowest = sizes.alone if shape == largest else 0
            measured[shape] = measure(template, shape, sizes.memory_limit, slowest)
        return render(
            sizes,
            template.plan,
            idle,
            [measured[shape] for shape in sizes.growth_shapes],
            [measured[shape] for shape in sizes.history_shapes],
        )


def render(
    sizes: Sizes,
    plan: Plan,
    idle: float,
    growth: Sequence[Measurement],
    history: Sequence[Measurement],
) -> str:
    """The part of the page: what was promised, each size, each model, each length of history.

    Args:
        sizes: What was asked for.
        plan: What ran on what.
        idle: CPU seconds of the same models on next to nothing: dbt's own.
        growth: Measurements of growing size.
        history: Measurements of growing history.
    """
    largest = growth[-1]
    models = list(largest.models)
    parts = [
        "## Receivables",
        "",
        setting(),
        "",
        *paragraph(_introduction(sizes, plan, largest)),
        "",
        *table(
            ("what", "limit", "measured", "holds"),
            [
                *_growth_claims(growth, idle),
                *_history_claims(history, idle),
                _memory_claim([*growth, *history]),
            ],
            left=NAMES,
        ),
        "",
        *paragraph(
            "`seconds` run from the start of the first model to the end of the last. `CPU s` is the"
            " work of the process on all cores, in the ratios without the"
            f" {idle:,.1f} s that dbt takes to run the same models on a dozen invoices: it hardly"
            " depends on what else the machine does. `memory` is the peak of the whole process."
        ),
        "",
        *table(
            ("invoices", "rows read", "seconds", "invoices/s", "CPU s", "memory", "file"),
            [_size_row(measured) for measured in growth],
            left=NAMES,
        ),
        "",
        "### Each model, as invoices grow",
        "",
        *paragraph(
            "Seconds of each model, one after the other (`WAREHOUSE_THREADS=1`), each on all cores."
            + (
                " `alone`: the same model once more on the largest size, one model in one"
                " process, with the peak of that process."
                if largest.alone
                else ""
            )
        ),
        "",
        *table(
            ("model", *(_short(m.shape.invoices) for m in growth), "ratio", "alone", "memory"),
            [_model_row(name, growth) for name in models],
            left=NAMES,
        ),
        "",
        "### Each model, as histories grow",
        "",
        *paragraph(
            f"{sizes.history_invoices:,} invoices, of fewer accounts the longer their histories."
        ),
        "",
        *table(
            ("model", *(f"{m.shape.months} months" for m in history), "ratio"),
            [
                ("all", *_seconds([m.seconds for m in history])),
                *(
                    (name[:_NAME_WIDTH], *_seconds([m.models.get(name, 0.0) for m in history]))
                    for name in models
                ),
            ],
            left=NAMES,
        ),
    ]
    return "\n".join(parts)


def _introduction(sizes: Sizes, plan: Plan, largest: Measurement) -> str:
    rows = largest.rows
    given = ", ".join(
        f"{count:,} {name.split('__')[-1].replace('_', ' ')}"
        for name, count in rows.items()
        if count and name.startswith("stg_")
    )
    movements = ", ".join(f"{count:,} {cause}" for cause, count in largest.movements.items())
    empty = [name for name, count in rows.items() if not count]
    left_out = f" Empty: {', '.join(empty)}." if empty else ""
    reach = (
        "cash application, settlement and the late-payment features"
        if plan.has_features
        else "cash application and settlement; the late-payment features are not there yet"
    )
    return (
        f"{len(plan.models)} models on drawn rows as of {AS_OF}: {reach}. DuckDB's memory_limit"
        f" is {sizes.memory_limit}. The largest size has {rows['int_invoices']:,} invoices"
        f" of {rows['int_accounts']:,} accounts, open item and balance forward, with {given};"
        f" they make {movements} movements.{left_out}"
    )


def _growth_claims(growth: Sequence[Measurement], idle: float) -> list[tuple[str, ...]]:
    claims = []
    for small, large in pairwise(growth):
        limit = GROWTH_TOLERANCE * large.shape.invoices / small.shape.invoices
        sizes = f"{_short(small.shape.invoices)} to {_short(large.shape.invoices)} invoices"
        claims += [
            _claim(f"seconds, {sizes}", limit, large.seconds / small.seconds, "x"),
            _claim(f"CPU s, {sizes}", limit, _work(large, idle) / _work(small, idle), "x"),
        ]
    return claims


def _history_claims(history: Sequence[Measurement], idle: float) -> list[tuple[str, ...]]:
    lengths = f"{history[0].shape.months} to {history[-1].shape.months} months of history"
    seconds = [m.seconds for m in history]
    work = [_work(m, idle) for m in history]
    return [
        _claim(f"seconds, {lengths}", HISTORY, max(seconds) / min(seconds), "x"),
        _claim(f"CPU s, {lengths}", HISTORY, max(work) / min(work), "x"),
    ]


def _work(measured: Measurement, idle: float) -> float:
    """CPU seconds of the models; never 0, however little there was to do."""
    return max(measured.cost.cpu_seconds - idle, 0.1)


def _memory_claim(measured: Sequence[Measurement]) -> tuple[str, ...]:
    peaks = [m.cost.peak_bytes for m in measured]
    peaks += [alone.peak_bytes for m in measured for alone in m.alone.values()]
    return _claim("peak memory of any process", MEMORY / 2**20, max(peaks) / 2**20, " MB")


def _claim(what: str, limit: float, measured: float, unit: str) -> tuple[str, ...]:
    digits = 0 if unit.strip() == "MB" else 1
    holds = "yes" if measured <= limit else "no"
    return (what, f"{limit:,.{digits}f}{unit}", f"{measured:,.{digits}f}{unit}", holds)


def _size_row(measured: Measurement) -> tuple[str, ...]:
    return (
        f"{measured.shape.invoices:,}",
        f"{sum(measured.rows.values()):,}",
        f"{measured.seconds:,.1f}",
        f"{measured.shape.invoices / measured.seconds:,.0f}",
        f"{measured.cost.cpu_seconds:,.1f}",
        size(measured.cost.peak_bytes),
        size(measured.file_bytes),
    )


def _model_row(name: str, growth: Sequence[Measurement]) -> tuple[str, ...]:
    alone = growth[-1].alone.get(name)
    return (
        name[:_NAME_WIDTH],
        *_seconds([m.models.get(name, 0.0) for m in growth]),
        f"{alone.seconds:,.1f}" if alone else "",
        size(alone.peak_bytes) if alone else "",
    )


def _short(count: int) -> str:
    """A count of invoices as the head of a narrow column."""
    return f"{count / _MILLION:g} M" if count >= _MILLION else f"{count / 1_000:g} k"


def _seconds(seconds: Sequence[float]) -> tuple[str, ...]:
    """Seconds at every shape, and the last as a multiple of the first."""
    return (*(f"{value:,.1f}" for value in seconds), ratio(seconds[-1], seconds[0]))
