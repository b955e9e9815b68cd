"""kill -9 at random moments of every command that writes: nobody notices but the one who was killed."""

from __future__ import annotations

import filecmp
import os
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import duckdb

from pipeline.errors import WarehouseError
from pipeline.paths import CHECKOUT, Project
from pipeline.publishing import staged_copy, write_lock
from pipeline.status import read_status
from tests.python.faults.trials import (
    SMALL_WORLD,
    Kind,
    NotTriedError,
    Trial,
    Watch,
    content,
    differing,
    must_succeed,
    output,
    run,
    start,
    temporary,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.python.faults.trials import Setting

KILLS = (20, 1)
"""Of each command, in full and in short."""

_RUNS_AFTERWARDS = {"seed": 4, "advance": 4, "load": 2, "build": 2, "replay": 1}
# In short these are killed within so many seconds, in which no machine gets to publishing.
_LONG = {"build": 8.0, "replay": 8.0}
# As often a kill is not drawn from the clock but follows what the command does: its copy appears, the
# published file is replaced.
_AIMED_SHARE = 0.2
_MOMENTS = ("its copy appears", "it publishes")
_DRAWS = 10
_WITHOUT_DBT = ("seed", "advance")
_SEEDED = "seeded.duckdb"
_POLL = 0.0005

_Content = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class _Command:
    """A command and what it is run on.

    Attributes:
        before: The published file, or None where there is none.
    """

    name: str
    arguments: tuple[str, ...]
    before: Path | None


@dataclass(frozen=True)
class _Reference:
    """The command, run to its end: how long it took, and what it published, one after the other."""

    seconds: float
    published: tuple[_Content, ...]


def _try(name: str, setting: Setting) -> Iterator[Trial]:
    """Kill a command as often as asked for; a kill that met no living process is drawn again."""
    prepared = _prepared(setting)
    command = _command(name, prepared)
    project = Project(CHECKOUT, setting.directory("killed") / "warehouse.duckdb")
    if name not in _WITHOUT_DBT:
        # dbt has read the project before, as it has at everybody's second build
        shutil.copytree(_read_by_dbt(prepared), project.warehouse.parent / "target")
    if setting.short and name in _LONG:
        reference = _Reference(_LONG[name], ())
    else:
        reference = _run_to_the_end(project, command)
    kills = KILLS[setting.short]
    after = int(name != "replay") if setting.short else _RUNS_AFTERWARDS[name]
    checked = {round((number + 1) * kills / after) - 1 for number in range(after)}
    for number in range(kills):
        yield _kill(setting, project, command, reference, runs_afterwards=number in checked)


def _prepared(setting: Setting) -> Path:
    """Directory of a seeded warehouse, made once for all commands."""
    place = setting.place.parent / "prepared"
    if not place.exists():
        place.mkdir()
        made = Project(CHECKOUT, place / "warehouse.duckdb")
        must_succeed(run(made, "seed", *SMALL_WORLD))
        shutil.copyfile(made.warehouse, place / _SEEDED)
    return place


def _read_by_dbt(prepared: Path) -> Path:
    """What dbt keeps of the project once it has read it: made once for all commands."""
    target = prepared / "target"
    if not target.exists():
        made = Project(CHECKOUT, prepared / "warehouse.duckdb")
        must_succeed(run(made, "build", "--select", "+int_as_of_date"))
    return target


def _command(name: str, prepared: Path) -> _Command:
    """A command that writes, on what it usually meets."""
    options = {
        "seed": (*SMALL_WORLD, "--seed", "2"),
        "load": ("examples/quickstart",),
    }
    before = None if name == "load" else prepared / _SEEDED
    return _Command(name, (name, *options.get(name, ())), before)


def _run_to_the_end(project: Project, command: _Command) -> _Reference:
    """Run it once, and keep every file it publishes."""
    _prepare(project, command)
    kept: list[Path] = []
    known = _identity(project.warehouse)
    watch = Watch()
    child = start(project, *command.arguments)
    while True:
        ended = child.poll() is not None
        found = _identity(project.warehouse)
        if found is not None and found != known:
            known = found
            kept.append(project.warehouse.with_name(f"published-{len(kept)}.duckdb"))
            os.link(project.warehouse, kept[-1])
        if ended:
            break
        time.sleep(0.01)
    seconds = watch.seconds
    if child.returncode != 0 or not kept:
        message = f"{command.name} cannot be tried: {output(project)}"
        raise RuntimeError(message)
    published = tuple(content(path) for path in kept)
    for path in kept:
        path.unlink()
    return _Reference(seconds, published)


def _prepare(project: Project, command: _Command) -> None:
    project.warehouse.unlink(missing_ok=True)
    if command.before is not None:
        shutil.copyfile(command.before, project.warehouse)


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _kill(
    setting: Setting,
    project: Project,
    command: _Command,
    reference: _Reference,
    *,
    runs_afterwards: bool,
) -> Trial:
    watch = Watch()
    for _ in range(_DRAWS):
        # what an earlier kill left in the workspace stays: the command meets it when it starts
        _prepare(project, command)
        begun = Watch()
        child = start(project, *command.arguments)
        if setting.chance.random() < _AIMED_SHARE:
            moment = setting.chance.choice(_MOMENTS[: 1 + bool(reference.published)])
            _wait_for(project, child, moment)
        else:
            delay = setting.chance.uniform(0, reference.seconds)
            moment = "by the clock"
            _wait(child, delay)
        at = begun.seconds
        child.kill()
        # one that had ended before keeps its own code
        if child.wait() == -signal.SIGKILL:
            break
    else:
        message = f"{command.name} ended before it was killed, {_DRAWS} times"
        raise NotTriedError(message)
    what = f"{command.name}, killed after {at:.1f} of {reference.seconds:.1f} s, {moment}"
    got, breaches = _look(project, command, reference)
    if runs_afterwards:
        outcome = run(project, *command.arguments)
        got += "; the next run succeeded" if outcome.code == 0 else "; the next run failed"
        if outcome.code != 0:
            breaches.append(f"the next run: {outcome.stderr.strip()[-200:]}")
    return Trial(what, got, "; ".join(breaches) or None, watch.seconds)


def _wait(child: subprocess.Popen[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and child.poll() is None:
        time.sleep(min(0.01, max(0.0, until - time.monotonic())))


def _wait_for(project: Project, child: subprocess.Popen[str], moment: str) -> None:
    """Return as soon as the copy appears, or the published file is another one."""
    path = project.staging if moment == _MOMENTS[0] else project.warehouse
    known = _identity(path)
    while child.poll() is None:
        found = _identity(path)
        if found is not None and found != known:
            return
        time.sleep(_POLL)


def _look(project: Project, command: _Command, reference: _Reference) -> tuple[str, list[str]]:
    """What the kill left: the published file, what lies beside it, and what the next start makes of that."""
    breaches = []
    if _is_unchanged(project, command):
        got = "file unchanged" if command.before else "no file yet"
    else:
        got, breach = _replaced(project, reference)
        breaches += [breach] if breach else []
    try:
        status = read_status(project)
    except WarehouseError as error:
        breaches.append(f"status: {error}")
    else:
        if status.is_broken:
            breaches.append(f"status: {status.trouble}")
    left = _leftovers(project)
    got += f", {_told(left)} left"
    known = set(project.temporary)
    strangers = [path.name for path in left if path not in known]
    if strangers:
        breaches.append(f"not known to the next start: {', '.join(strangers)}")
    _start_and_stop(project)
    still = _leftovers(project)
    got += " and swept" if left and not still else ""
    if still:
        breaches.append(f"not swept: {', '.join(path.name for path in still)}")
    return got, breaches


def _is_unchanged(project: Project, command: _Command) -> bool:
    if command.before is None or not project.warehouse.exists():
        return command.before is None and not project.warehouse.exists()
    return filecmp.cmp(command.before, project.warehouse, shallow=False)


def _replaced(project: Project, reference: _Reference) -> tuple[str, str | None]:
    if not project.warehouse.exists():
        return "file gone", "the published file is gone"
    try:
        found = content(project.warehouse)
    except (WarehouseError, duckdb.Error) as error:
        return "file unreadable", f"the published file cannot be read: {error}"
    for number, published in enumerate(reference.published, start=1):
        if found == published:
            which = f" {number} of {len(reference.published)}" if reference.published[1:] else ""
            return f"new file{which} complete", None
    tables = differing(found, reference.published[-1])
    return "file incomplete", f"neither the old nor a new file: {', '.join(tables[:3])}"


def _leftovers(project: Project) -> list[Path]:
    """Everything a run wrote that is neither the published file nor the lock nor the run history."""
    place = project.warehouse.parent
    kept = {project.warehouse, project.lock, project.runs}
    own = {"target", "logs", "output", "tmp", ".build"}
    found = [path for path in place.iterdir() if path.name not in own and path not in kept]
    for directory in (project.workspace, temporary(project)):
        if directory.exists():
            found += [path for path in directory.iterdir() if path not in kept]
    return sorted(found)


def _told(left: Sequence[Path]) -> str:
    if not left:
        return "nothing"
    size = sum(
        inner.stat().st_size
        for path in left
        for inner in (path.rglob("*") if path.is_dir() else [path])
    )
    return f"{size / 1_000_000:.0f} MB" if size else "an empty directory"


def _start_and_stop(project: Project) -> None:
    """Begin a run as every command does, and do nothing in it."""
    with suppress(KeyboardInterrupt), write_lock(project), staged_copy(project) as copy:
        _interrupt(copy)


def _interrupt(_: Path) -> NoReturn:
    raise KeyboardInterrupt


KINDS = tuple(
    Kind(
        f"kill-{name}",
        f"kill -9 of a living `warehouse {name}`",
        KILLS,
        partial(_try, name),
    )
    for name in ("seed", "advance", "load", "build", "replay")
)
