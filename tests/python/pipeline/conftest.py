"""Fixtures of the publishing tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.python.pipeline.toy import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    """A toy project with raw rows and nothing built."""
    return make_toy(tmp_path)
