"""The `warehouse` command: arguments in, one line out when something is wrong."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, date, datetime
from os import environ, strerror
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import duckdb
import typer

from pipeline.errors import AuditError, WarehouseError
from pipeline.paths import CHECKOUT, Project
from pipeline.progress import progress_bar
from pipeline.terminal import safe, terminal
from pipeline.wording import counted

if TYPE_CHECKING:
    from pipeline import workflow
    from seeders.simulation import SeedSummary

# Commands import what they need when they run: NumPy, Arrow and the seeders take most of a second to
# import, which `warehouse status` and `--help` should not spend.
# ruff: noqa: PLC0415

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Fill, build and publish the warehouse: one DuckDB file, $WAREHOUSE_PATH or"
    " warehouse.duckdb in the project.",
)


def _show_version(asked: bool) -> None:  # noqa: FBT001  (an option is given as it is)
    if asked:
        from importlib.metadata import version

        terminal().print(f"warehouse {version('revenue-assurance')}")
        raise typer.Exit


@app.callback()
def _common(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        message = f"{text!r} is not a day: write it as 2024-06-30"
        raise typer.BadParameter(message) from None


_INTERRUPTED = 130  # what a shell calls a process that ended on Ctrl-C

Months = Annotated[int, typer.Option("--months", min=1, max=1000, help="How many months.")]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of", parser=_day, metavar="YYYY-MM-DD", help="The day the books are derived for."
    ),
]


@app.command(epilog="Example: warehouse seed --preset seeds --seed 7 --set ghost.rate=0.03")
def seed(
    preset: Annotated[
        str | None, typer.Option(help="demo (the default), seeds or large.", metavar="NAME")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A YAML file of the same form as a preset.")
    ] = None,
    root_seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**63 - 1, help="Root of every random draw.")
    ] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="One setting on top; repeatable.", metavar="SECTION.KEY=VALUE"),
    ] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace loaded extracts, too.")
    ] = False,
) -> None:
    """Simulate a company's source systems and write the raw tables."""
    from pipeline import landing, workflow

    if preset and config:
        message = "give --preset or --config, not both"
        raise typer.BadParameter(message)
    simulated = landing.read_config(preset, config, settings or [])
    with progress_bar("simulating") as report:
        summary = workflow.seed(_project(), simulated, root_seed, _now, report, replace=replace)
    _print_summary(summary)


@app.command(epilog="Example: warehouse advance --months 3")
def advance(months: Months = 1) -> None:
    """Add the next months of the simulated company."""
    from pipeline import workflow

    with progress_bar("simulating") as report:
        summary = workflow.advance(_project(), months, _now, report)
    _print_summary(summary)


@app.command(epilog="Example: warehouse replay --months 6")
def replay(months: Months = 1) -> None:
    """Advance and build month by month, so that dimensions get a history."""
    from pipeline import workflow

    with progress_bar("replaying") as report:
        workflow.replay(_project(), months, _now, report, _print_build)


@app.command(epilog="Example: warehouse load examples/quickstart --as-of 2024-08-31")
def load(  # noqa: PLR0913
    directory: Annotated[
        Path, typer.Argument(help="Where mapping.yml and the files are.", metavar="DIR")
    ],
    as_of: AsOf = None,
    allowed: Annotated[
        list[Path] | None,
        typer.Option(
            "--allow-dir", help="Where files may be besides DIR; repeatable.", metavar="PATH"
        ),
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option("--limit", help="Read more than usual; repeatable.", metavar="NAME=NUMBER"),
    ] = None,
    *,
    allow_future: Annotated[
        bool, typer.Option("--allow-future", help="Accept an as-of date after tomorrow.")
    ] = False,
    drop_history: Annotated[
        bool,
        typer.Option(
            "--drop-history",
            help="Drop recorded history of later days, or of a simulation, for this load.",
        ),
    ] = False,
    allow_shrink: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-shrink",
            help="Accept a raw table with far fewer rows than the load before; repeatable.",
            metavar="TABLE",
        ),
    ] = None,
) -> None:
    """Load a company's own CSV or Parquet extracts, as DIR/mapping.yml maps them."""
    from pipeline import landing, workflow

    bounds = landing.read_bounds(allowed or [], limits or [], environ)
    with progress_bar("loading") as report:
        loaded = workflow.load(
            _project(),
            directory,
            as_of,
            _now,
            report,
            bounds=bounds,
            allow_future=allow_future,
            drop_history=drop_history,
            allow_shrink=allow_shrink or (),
        )
    console = terminal()
    console.print(f"loaded as of {loaded.landed.as_of}")
    for table in loaded.landed.tables:
        if table.not_selected:
            left_out = counted(table.not_selected, "row")
            console.print(f"{table.table}: {left_out} left out by `where`")
    for note in loaded.landed.notes:
        console.print(safe(note))
    console.print("", loaded.verdicts.render(), sep="\n")
    console.print("\nnext: warehouse build")


@app.command(epilog="Example: warehouse build --as-of 2024-06-30 --select +fct_leakage_cases")
def build(
    as_of: AsOf = None,
    *,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild incremental models from all rows.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", "-s", help="dbt selection; repeatable.", metavar="NODES"),
    ] = None,
) -> None:
    """Build and test the models on a staging copy, then publish it."""
    from pipeline import building, workflow

    nodes = tuple(node for words in select or () for node in words.split())
    request = building.BuildRequest(as_of, full_refresh, nodes)
    with progress_bar("building") as report:
        built = workflow.build(_project(), request, _now, report)
    _print_build(built)


@app.command(epilog="Example: warehouse status")
def status() -> None:
    """Show what is loaded, built and published, when, and how it went."""
    from pipeline.status import read_status

    found = read_status(_project())
    terminal(soft_wrap=False).print(found.render())
    if found.is_broken and found.trouble is not None:
        raise found.trouble


@app.command(epilog="Example: warehouse docs --port 8081, or warehouse docs --no-serve")
def docs(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to serve.")] = 8080,
    *,
    serve: Annotated[bool, typer.Option(help="Serve the site after generating it.")] = True,
) -> None:
    """Generate the dbt docs site of the published warehouse, and serve it."""
    from pipeline import site

    with progress_bar("generating") as report:
        index = site.generate(_project(), report)
    terminal().print(f"the site is {safe(index)}")
    if serve:
        site.serve(_project(), port)


def main() -> NoReturn:
    """Run the command line; every failure is reported in one line and an exit code."""
    errors = terminal(errors=True)
    try:
        app(prog_name="warehouse")
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            errors.print("interrupted: the published warehouse is unchanged")
        raise
    except WarehouseError as error:
        for line in _details(error):
            errors.print(f"  {safe(line)}")
        errors.print(f"error: {safe(error)}")
        sys.exit(error.exit_code)
    except OSError as error:
        errors.print(f"error: {safe(_reason(error))}; nothing is published")
        sys.exit(1)
    except duckdb.Error as error:
        errors.print(f"error: {safe(' '.join(str(error).split()))}; nothing is published")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (a bug: its traceback goes to a log)
        problem = safe(f"{type(error).__name__}: {error}")
        errors.print(f"error: {problem}; this is a bug, see {safe(_keep_traceback())}")
        sys.exit(1)
    sys.exit(0)


def _reason(error: OSError) -> str:
    """Return the system's error, the file concerned, and a hint about permissions."""
    reason = strerror(error.errno) if error.errno else " ".join(str(error).split())
    where = error.filename2 or error.filename
    message = f"{reason}: {where}" if where else reason
    if isinstance(error, PermissionError):
        message += " (change its permissions, or let WAREHOUSE_PATH name a file elsewhere)"
    return message


def _keep_traceback() -> str:
    """Write the traceback beside dbt's log and return the path, or the traceback if that fails."""
    log = CHECKOUT / environ.get("DBT_LOG_PATH", "logs") / "warehouse.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return traceback.format_exc()
    return str(log)


def _print_build(built: workflow.Built) -> None:
    """Print what was published, and the warnings of tests."""
    console = terminal()
    console.print(f"published as of {built.as_of}: {built.report.summary}")
    for warning in built.report.warnings:
        console.print(f"  warning: {safe(warning)}")


def _print_summary(summary: SeedSummary) -> None:
    console = terminal()
    console.print(
        f"{counted(summary.total_rows, 'raw row')} of {counted(summary.months, 'month')} from"
        f" {summary.first_month} to {summary.last_day}; next: warehouse build"
    )
    if summary.history_dropped:
        console.print("recorded history belonged to another company or a later day and was dropped")


def _details(error: WarehouseError) -> tuple[str, ...]:
    if isinstance(error, AuditError):
        return error.failures
    problems: tuple[str, ...] = getattr(error, "problems", ())
    return problems


def _project() -> Project:
    return Project.locate(environ, Path.cwd())


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
