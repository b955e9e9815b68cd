"""A disk that fills up while the warehouse is built: the published file and the space are kept."""

from __future__ import annotations

import filecmp
import shutil
from typing import TYPE_CHECKING

from pipeline.paths import CHECKOUT, Project
from tests.python.faults.trials import (
    SMALL_WORLD,
    Kind,
    NotTriedError,
    Trial,
    Watch,
    must_succeed,
    run,
)
from tests.python.pipeline.small_disk import NoSmallDiskError, enlarge, mounted, needed_space

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.python.faults.trials import Setting

_SIZES = (5, 1)
_LARGE = 1000
_MIB = 2**20
_AT_LEAST = 0.9
"""Share of the disk behind the published file that the message has to account for."""


def try_all(setting: Setting) -> Iterator[Trial]:
    """Build on disks of sizes between room for no copy and just too little for the build."""
    made = Project(CHECKOUT, setting.directory("made") / "warehouse.duckdb")
    must_succeed(run(made, "seed", *SMALL_WORLD))
    before = made.warehouse.with_name("seeded.duckdb")
    shutil.copyfile(made.warehouse, before)
    smallest = before.stat().st_size / _MIB + 0.5
    if setting.short:
        (made.warehouse.parent / "target").mkdir()
        largest = 2 * smallest  # too little for the copy: found out before dbt starts
    else:
        must_succeed(run(made, "build"))
        largest = smallest + 0.9 * made.warehouse.stat().st_size / _MIB
    count = _SIZES[setting.short]
    step = (largest - smallest) / count
    for number in range(count):
        size = smallest + (number + setting.chance.random()) * step
        yield _build(setting, before, round(size + 0.5), is_last=number == count - 1)


def _build(setting: Setting, before: Path, megabytes: int, *, is_last: bool) -> Trial:
    watch = Watch()
    what = f"build of a file of {before.stat().st_size / 1e6:.0f} MB on a disk of {megabytes} MiB"
    disk = setting.place / f"disk-{megabytes}"
    number = 2
    while disk.exists():
        disk, number = setting.place / f"disk-{megabytes}-{number}", number + 1
    elsewhere = setting.directory(f"dbt-{disk.name}")
    places = {
        "DBT_TARGET_PATH": str(elsewhere / "target"),
        "DBT_LOG_PATH": str(elsewhere / "logs"),
        "TMPDIR": str(elsewhere),
    }
    shutil.copytree(setting.place / "made" / "target", elsewhere / "target", dirs_exist_ok=True)
    try:
        with mounted(disk, megabytes):
            project = Project(CHECKOUT, disk / "warehouse.duckdb")
            shutil.copyfile(before, project.warehouse)
            outcome = run(project, "build", more=places)
            try:
                needed = needed_space(outcome, project)
            except AssertionError as error:
                return Trial(what, f"code {outcome.code}", str(error)[-300:], watch.seconds)
            got = f"disk full, more than {needed} MB needed; copy dropped, file kept"
            breaches = []
            copied = before.stat().st_size
            free = max(copied, _AT_LEAST * (megabytes * _MIB - copied))
            if not 0.9 * free <= needed * 1_000_000 <= free / _AT_LEAST + 2_000_000:
                breaches.append(f"{needed} MB is not what was needed")
            if not filecmp.cmp(before, project.warehouse, shallow=False):
                breaches.append("the published file has changed")
            if is_last and not setting.short:
                enlarge(disk, _LARGE)
                again = run(project, "build", more=places)
                got += f"; built on a disk of {_LARGE} MiB"
                if again.code != 0:
                    breaches.append(f"the next build failed: {again.stderr[-200:]}")
            return Trial(what, got, "; ".join(breaches) or None, watch.seconds)
    except NoSmallDiskError as error:
        raise NotTriedError(str(error)) from error


KIND = Kind("disks", "a disk that fills up during a build", _SIZES, try_all)
