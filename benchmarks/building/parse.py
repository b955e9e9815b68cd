"""Reads the project as a build does, so that the build that is measured finds it read."""

from __future__ import annotations

from os import environ
from pathlib import Path

from pipeline.dbt_runner import parse
from pipeline.paths import Project

if __name__ == "__main__":
    parse(Project.locate(environ, Path.cwd()))
