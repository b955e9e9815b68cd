"""The pages lead where they say: links and anchors exist, the index of decisions is whole."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pipeline.paths import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

DECISIONS = CHECKOUT / "DECISIONS.md"
README = CHECKOUT / "README.md"
CODE = ("analyses", "benchmarks", "macros", "models", "pipeline", "seeders", "snapshots", "tests")
TEXT = {".md", ".py", ".sql", ".yml", ".yaml", ".toml"}
PAGES = [
    README,
    DECISIONS,
    CHECKOUT / "CONTRIBUTING.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
    *sorted((CHECKOUT / "analyses").glob("*.md")),
]


def text_of(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(
        r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page: Path) -> list[str]:
    """What GitHub makes of the headings of a page, in their order."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def broken_links(page: Path) -> list[str]:
    """Links of a page to a file or heading of the project that is not there."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        place, _, anchor = link.partition("#")
        target = page.parent / place if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_the_index_lists_every_decision_in_its_place() -> None:
    index, _, _ = DECISIONS.read_text(encoding="utf-8").partition("\n## Seeders\n")
    listed = re.findall(r"^(?:- |\*\*)\[.*?\]\(#(.*?)\)", index, re.MULTILINE)
    assert listed == [
        anchor for anchor in anchors(DECISIONS) if anchor not in ("decisions", "index")
    ]
    assert len(set(listed)) == len(listed)


def test_every_decision_states_its_consequence() -> None:
    parts = re.split(r"^(##+ .*)$", DECISIONS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    entries = {heading: body for heading, body in pairwise(parts) if heading.startswith("### ")}
    assert len(entries) > 100
    assert [name for name, body in entries.items() if body.count("\n**Consequence:** ") != 1] == []


def test_every_reference_to_a_decision_exists() -> None:
    files = [
        path
        for folder in CODE
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in TEXT and path.is_file()
    ]
    files += [*PAGES, CHECKOUT / "dbt_project.yml", CHECKOUT / "dbt-bouncer.yml"]
    known = set(anchors(DECISIONS))
    unknown = [
        f"{path.relative_to(CHECKOUT)}: {anchor}"
        for path in files
        for anchor in re.findall(r"DECISIONS\.md#([\w-]+)", path.read_text(encoding="utf-8"))
        if anchor not in known
    ]
    assert unknown == []


def test_every_place_the_readme_names_exists() -> None:
    section = README.read_text(encoding="utf-8").partition("## Where is …?\n")[2]
    section = section.partition("\n## ")[0]
    rows = [
        line.strip("| ").split(" | ")[1] for line in section.splitlines() if line.startswith("| ")
    ]
    places = {place for row in rows[1:] for place in re.findall(r"`([\w/.<>-]+)`", row)} - {"vars"}
    roots = (CHECKOUT, CHECKOUT / "models/intermediate", CHECKOUT / "models/intermediate/cash")
    assert len(places) > 20
    missing = [
        place
        for place in sorted(places)
        if not any(list(root.glob(re.sub(r"<\w+>", "*", place))) for root in roots)
    ]
    assert missing == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").split()) < 1500
