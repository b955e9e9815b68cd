"""One command in a process of its own: its time, its work and its peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class Cost:
    """What one process took.

    Attributes:
        seconds: From its start to its end, on the clock.
        cpu_seconds: Work of all its threads, in user and system mode: unlike the clock, hardly moved
            by what else the machine does.
        peak_bytes: Most memory it held at once.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@contextmanager
def place_of_its_own() -> Iterator[Path]:
    """Give out a directory in the checkout, on the disk that is measured, and remove it afterwards.

    Yields:
        Its path.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CHECKOUT) as name:
        yield Path(name)


def run_child(
    module: str, arguments: Sequence[str], place: Path, environment: Mapping[str, str] | None = None
) -> Cost:
    """Run a Python module on the warehouse of a directory, with dbt's own files next to it.

    Args:
        module: The module, as `python -m` takes it.
        arguments: Its command line.
        place: Directory of `warehouse.duckdb`.
        environment: Variables on top of those of this process.

    Raises:
        RuntimeError: If it failed; its own words are part of the message.
    """
    given = {
        **os.environ,
        "WAREHOUSE_PATH": str(place / "warehouse.duckdb"),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
        **(environment or {}),
    }
    with (place / "output").open("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=CHECKOUT,
            env=given,
            stdout=output,
            stderr=output,
        )
        # wait4, not wait: only it gives the peak of this one child
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if child.returncode != 0:
            message = f"{module} {' '.join(arguments)} failed: {output.read()}"
            raise RuntimeError(message)
    # Linux counts in KiB, macOS in bytes
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)
