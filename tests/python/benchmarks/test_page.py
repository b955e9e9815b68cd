"""A part that is measured anew replaces itself and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.page import PARTS, read_parts, write_part

if TYPE_CHECKING:
    from pathlib import Path


def test_the_other_parts_stay(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    write_part(page, "building", "## Building\n\nten seconds")
    write_part(page, "receivables", "## Receivables\n\none second")
    write_part(page, "building", "## Building\n\nnine seconds")
    assert read_parts(page.read_text()) == {
        "building": "## Building\n\nnine seconds",
        "receivables": "## Receivables\n\none second",
    }


def test_parts_stand_in_their_order_whichever_was_measured_first(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    for name in reversed(PARTS):
        write_part(page, name, name)
    assert list(read_parts(page.read_text())) == list(PARTS)
    assert page.read_text().startswith("# Benchmark\n")
