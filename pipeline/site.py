"""The dbt docs site of the published warehouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.building import read_coverage
from pipeline.dbt_runner import run_dbt, target_directory
from pipeline.disk import explained_when_full
from pipeline.publishing import write_lock

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.paths import Project
    from pipeline.progress import Report


def generate(project: Project, report: Report) -> Path:
    """Generate the site from the models and the published file's catalog.

    dbt opens the file for writing even though it only reads it here, hence the lock.

    Returns:
        The site's first page: one file that needs no server.

    Raises:
        WarehouseError: If there is no warehouse, or dbt could not read it.
    """
    read_coverage(project.warehouse)
    with explained_when_full(project), write_lock(project):
        run_dbt(project, project.warehouse, ["docs", "generate", "--static"], report)
    return target_directory(project) / "static_index.html"


def serve(project: Project, port: int) -> None:
    """Serve the generated site until interrupted."""
    # dbt takes seconds to import, so only when it is run
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    places = ["--project-dir", str(project.root), "--profiles-dir", str(project.root)]
    dbtRunner().invoke(["docs", "serve", "--port", str(port), *places])
