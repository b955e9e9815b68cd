"""dbt's own unit tests: `warehouse build` leaves them out, so they run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.dbt_runner import run_dbt
from tests.python.workshop import silent

if TYPE_CHECKING:
    from pipeline.paths import Project
    from tests.python.workshop import Workshop

MANY = 200


def test_every_unit_test_of_a_model_passes(workshop: Workshop, demo: Project) -> None:
    """One that fails stops here, with its name and reason. They need tables with columns, not their rows."""
    project = workshop.copy(demo, "unit_tests")
    arguments = ("test", "--select", "test_type:unit")
    report = run_dbt(project, project.warehouse, arguments, silent)
    assert report.counts["pass"] > MANY
