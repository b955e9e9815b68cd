"""Less memory than a build would take: it spills to the disk, gives the same rows and leaves nothing there."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.disk import size_of
from pipeline.paths import CHECKOUT, Project
from tests.python.faults.trials import (
    Kind,
    Trial,
    Watch,
    content,
    differing,
    must_succeed,
    run,
)
from tests.python.pipeline.toy import make_toy, spilling_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.python.faults.trials import Setting

# Large enough to need more than 1 GB, which 80,000 customers do not; cash, settlement and features need most.
_WORLD = (
    *("--set", "subscription.customers=200000", "--set", "trade.accounts=10"),
    *("--set", "utility.customers=10", "--set", "metering.meters=8"),
)
_LIMIT = "1GB"
_UNLIMITED = "64GB"
_BUILD = ("build", "--select", "+feat_late_payments")
_POLL = 0.02

_Content = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class _Built:
    """What a build made, how much it spilled at most at once, and what was left of that."""

    content: _Content
    spilled: int
    left: tuple[str, ...]


def try_all(setting: Setting) -> Iterator[Trial]:
    """Build the same rows twice, with little memory and with as much as there is."""
    watch = Watch()
    build = _toy(setting) if setting.short else _company(setting)
    limited, unlimited = build(little=True), build(little=False)
    breaches = []
    if not limited.spilled:
        breaches.append("memory was never short: nothing was tried")
    tables = differing(limited.content, unlimited.content)
    if tables:
        breaches.append(f"other rows in {', '.join(tables[:3])}")
    if limited.left:
        breaches.append(f"left: {', '.join(limited.left)}")
    rows = sum(count for count, _ in limited.content.values())
    got = (
        f"{limited.spilled / 1e6:,.0f} MB spilled at once, nothing left of it;"
        f" {len(limited.content)} tables of {rows:,} rows, all alike"
        f" ({unlimited.spilled / 1e6:,.0f} MB spilled without the limit)"
    )
    what = (
        "a sort of 150 MB in 40 MB"
        if setting.short
        else f"features of 200,000 customers in {_LIMIT}"
    )
    yield Trial(what, got, "; ".join(breaches) or None, watch.seconds)


def _company(setting: Setting) -> Callable[..., _Built]:
    project = Project(CHECKOUT, setting.directory("company") / "warehouse.duckdb")
    seeded = project.warehouse.with_name("seeded.duckdb")
    must_succeed(run(project, "seed", *_WORLD))
    project.warehouse.rename(seeded)

    def build(*, little: bool) -> _Built:
        shutil.copyfile(seeded, project.warehouse)
        limit = _LIMIT if little else _UNLIMITED
        return _watched(
            project,
            lambda: must_succeed(run(project, *_BUILD, more={"WAREHOUSE_MEMORY_LIMIT": limit})),
        )

    return build


def _toy(setting: Setting) -> Callable[..., _Built]:
    toy = make_toy(setting.directory("toy"))

    def build(*, little: bool) -> _Built:
        toy.model(spilling_model("40MB" if little else "2GB"))
        return _watched(toy.project, lambda: must_succeed(toy.run("build")))

    return build


def _watched(project: Project, build: Callable[[], None]) -> _Built:
    """Build, and look at the spill folder meanwhile."""
    spill, most = _spill(project), [0]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_POLL):
            most[0] = max(most[0], size_of(spill))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        build()
    finally:
        ended.set()
        looking.join()
    kept = {project.lock, project.runs}
    left = tuple(path.name for path in project.workspace.iterdir() if path not in kept)
    return _Built(content(project.warehouse), most[0], left)


def _spill(project: Project) -> Path:
    return project.staging.with_name(f"{project.staging.name}.tmp")


KIND = Kind("memory", "a build that needs more memory than it may take", (1, 1), try_all)
