"""Imports between the modules of a package run one way, at every level of its folders.

Two neighbours, modules or packages in one folder, may not import each other, directly or by way of others. Imports
for type checking alone count as well: a reader has to follow those, too.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]


def modules(package: Path) -> dict[tuple[str, ...], Path]:
    """The modules of a package by the parts of their name; a package itself is its `__init__`."""
    return {
        path.relative_to(package.parent).with_suffix("").parts: path
        for path in package.rglob("*.py")
    }


def imported(path: Path) -> Iterator[tuple[str, ...]]:
    """Everything a file imports by its full name, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(name.name.split(".")) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # a name may be a module of the package or something that its `__init__` holds
            yield from ((*node.module.split("."), name.name) for name in node.names)


def circles(package: Path) -> list[str]:
    """One circle for each folder whose modules and packages do not run one way."""
    known = modules(package)
    neighbours: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module, path in known.items():
        for name in imported(path):
            candidates = (name, (*name, "__init__"), name[:-1], (*name[:-1], "__init__"))
            target = next((each for each in candidates if each in known), None)
            if target is None or target == module:
                continue
            level = next(n for n in range(len(module)) if module[n] != target[n])
            neighbours[module[:level]][module[level]].add(target[level])
    found = []
    for folder, graph in sorted(neighbours.items()):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            found.append(f"{'/'.join(folder)}: {' -> '.join(reversed(error.args[1]))}")
    return found


@pytest.mark.parametrize("package", ["seeders", "pipeline", "benchmarks"])
def test_imports_run_one_way(package: str) -> None:
    assert circles(REPOSITORY / package) == []


LINES = sorted(path.parent for path in (REPOSITORY / "seeders/simulation").glob("*/simulate.py"))
DRAWN = {"facts", "draws", "run", "grid"}
"""The modules of a line that hold facts, and what they are drawn from."""


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_injecting_faults_needs_draws_and_facts_alone(line: Path) -> None:
    prefix = ("seeders", "simulation", line.name)
    needed = {name[3] for name in imported(line / "inject.py") if name[:3] == prefix}
    assert needed <= DRAWN
    assert all((line / f"{part}.py").exists() for part in ("facts", "truth", "simulate"))


@pytest.mark.parametrize(
    "guard", ["", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "], ids=["", "types"]
)
def test_a_circle_between_packages_is_found(tmp_path: Path, guard: str) -> None:
    package = tmp_path / "toy"
    for name, content in {
        "__init__": "",
        "faults/__init__": "",
        "faults/leak": f"{guard}from toy.simulation.bills import Bill\n",
        "simulation/__init__": "",
        "simulation/bills": "class Bill: pass\n",
        "simulation/month": "from toy.faults import leak\n",
    }.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    assert circles(package) == ["toy: faults -> simulation -> faults"]
