"""The SQL of a build in one connection, without dbt: what is left of a build's work is dbt's own.

    python -m benchmarks.building.bare WAREHOUSE MANIFEST

makes every model of a built warehouse again, from the SQL that the build compiled, and runs every data test.
Contracts and hooks are left out.
"""

from __future__ import annotations

import json
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "3GB",
    "preserve_insertion_order": False,
    "TimeZone": "UTC",
}


def statements(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What a build asks of the database: models in the order of their needs, then tests.

    Args:
        manifest: dbt's, as a build without a selection wrote it.
    """
    nodes = manifest["nodes"]
    tested = [node for node in nodes.values() if node["resource_type"] == "test"]
    made = {key: n for key, n in nodes.items() if n["resource_type"] in {"model", "snapshot"}}
    needs = {key: set(node["depends_on"]["nodes"]) & set(made) for key, node in made.items()}
    for key in TopologicalSorter(needs).static_order():
        node = made[key]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        relation = f"{node['schema']}.{node['alias']}"
        if node["resource_type"] == "snapshot":
            # its table keeps the versions that others read
            kind, relation = "temporary table", node["alias"]
        yield f"create or replace {kind} {relation} as {node['compiled_code']}"
    for node in tested:
        yield f"select count(*) from ({node['compiled_code']}\n) as failed"  # noqa: S608  (the project's own)


def main(arguments: Sequence[str]) -> None:
    """Run them all on a warehouse, which is changed by it."""
    warehouse, manifest = map(Path, arguments)
    read = json.loads(manifest.read_text(encoding="utf-8"))
    with duckdb.connect(str(warehouse), config=_SETTINGS) as connection:
        for statement in statements(read):
            connection.execute(statement).fetchall()


if __name__ == "__main__":
    main(sys.argv[1:])
