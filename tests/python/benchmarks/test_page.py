"""A part that is measured anew replaces itself and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.page import read_parts, write_part

if TYPE_CHECKING:
    from pathlib import Path

ORDER = ("building", "receivables")


def test_the_other_parts_stay(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    write_part(page, "building", "## Building\n\nten seconds", ORDER)
    write_part(page, "receivables", "## Receivables\n\none second", ORDER)
    write_part(page, "building", "## Building\n\nnine seconds", ORDER)
    assert read_parts(page.read_text()) == {
        "building": "## Building\n\nnine seconds",
        "receivables": "## Receivables\n\none second",
    }


def test_parts_stand_in_their_order_whichever_was_measured_first(tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    for name in ("unknown", "receivables", "building"):
        write_part(page, name, name, ORDER)
    assert list(read_parts(page.read_text())) == ["building", "receivables", "unknown"]
    assert page.read_text().startswith("# Benchmark\n")
