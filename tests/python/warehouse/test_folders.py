"""Data flows one way: a folder of models reads only those before it, and the page that draws them is up to date."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipeline.architecture import HOLDS, PAGE, render
from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.python.workshop import Workshop

THEMES = tuple(name for name in HOLDS if name not in ("staging", "marts"))
LINEAGE = "check_lineage_permitted_upstream_models"


@pytest.fixture(scope="module")
def manifest(workshop: Workshop) -> dict[str, Any]:
    """What dbt knows of the project."""
    return workshop.manifest()


@pytest.fixture
def bounce(tmp_path: Path) -> Callable[[dict[str, Any]], tuple[int, str]]:
    """Hold a manifest against the project's rules of lineage; gives the exit code and what was reported."""
    rules = yaml.safe_load((CHECKOUT / "dbt-bouncer.yml").read_text())["manifest_checks"]
    chosen = [rule for rule in rules if rule["name"] == LINEAGE]
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"dbt_artifacts_dir": "target", "manifest_checks": chosen})
    )

    def told(manifest: dict[str, Any]) -> tuple[int, str]:
        (tmp_path / "target").mkdir(exist_ok=True)
        (tmp_path / "target" / "manifest.json").write_text(json.dumps(manifest))
        ran = subprocess.run(
            (Path(sys.executable).with_name("dbt-bouncer"), "--config-file", "rules.yml"),
            cwd=tmp_path,
            env={"PATH": "", "COLUMNS": "400", "DBT_PROJECT_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    return told


def test_the_rules_name_every_theme(manifest: dict[str, Any]) -> None:
    folders = {
        node["original_file_path"].split("/")[2]
        for node in manifest["nodes"].values()
        if node["original_file_path"].startswith("models/intermediate/")
    }
    assert folders == set(THEMES)


def test_no_folder_reads_one_that_comes_after_it(
    manifest: dict[str, Any], bounce: Callable[[dict[str, Any]], tuple[int, str]]
) -> None:
    code, reported = bounce(manifest)
    assert code == 0, reported


def test_a_model_that_reads_a_later_folder_is_reported(
    manifest: dict[str, Any], bounce: Callable[[dict[str, Any]], tuple[int, str]]
) -> None:
    """In every folder; each planted in a copy of the manifest."""
    planted = copy.deepcopy(manifest)
    models = [node for node in planted["nodes"].values() if node["resource_type"] == "model"]

    def first_of(theme: str) -> dict[str, Any]:
        place = f"models/intermediate/{theme}/"
        return next(node for node in models if node["original_file_path"].startswith(place))

    guilty = []
    for theme, later in pairwise(THEMES):
        node = first_of(theme)
        node["depends_on"]["nodes"].append(first_of(later)["unique_id"])
        guilty.append(node["name"])
    code, reported = bounce(planted)
    assert code == 1, reported
    assert [name for name in guilty if name not in reported] == []


def test_the_page_shows_the_folders_as_they_are(manifest: dict[str, Any]) -> None:
    """`python -m pipeline.architecture` writes it again."""
    assert render(manifest) == PAGE.read_text()
