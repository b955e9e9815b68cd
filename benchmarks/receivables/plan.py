"""Which models are measured, and which relations they read: both from dbt's own manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

START: Final = "int_invoices"
"""Cash application begins with the invoices of all lines of business; this relation is given."""

CASH: Final = "cash"
"""All of this folder is measured,"""

END: Final = "feat_late_payments"
"""and all that leads from there to the features,"""

FEATURES: Final = "features"
"""and what in this folder gets ready for them whatever else is there to know."""


@dataclass(frozen=True)
class Plan:
    """What to run on what.

    Attributes:
        models: Names of the measured models.
        inputs: Name to `schema.table` of the models they read and that are not measured.
    """

    models: tuple[str, ...]
    inputs: dict[str, str]

    @property
    def has_features(self) -> bool:
        """Whether the project has the features yet."""
        return END in self.models


def read_plan(manifest: Path) -> Plan:
    """Find the models between the invoices and the features.

    Args:
        manifest: dbt's `manifest.json`.

    Raises:
        ValueError: If there is no model to start from.
    """
    nodes: Mapping[str, Mapping[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))[
        "nodes"
    ]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    parents = {
        key: [parent for parent in node["depends_on"]["nodes"] if parent in models]
        for key, node in models.items()
    }
    names = {key: str(node["name"]) for key, node in models.items()}
    starts = {key for key, name in names.items() if name == START}
    if not starts:
        message = f"there is no model {START}: the benchmark starts from it"
        raise ValueError(message)
    features = {key for key, node in models.items() if FEATURES in node["fqn"]}
    cash = {key for key, node in models.items() if CASH in node["fqn"]}
    ends = cash | {key for key, name in names.items() if name == END}
    children: dict[str, list[str]] = {key: [] for key in models}
    for key, above in parents.items():
        for parent in above:
            children[parent].append(key)
    reached = _reach(starts, children) | features | cash
    measured = (reached & _reach(ends, parents)) - starts
    read = {parent for key in measured for parent in parents[key]} - measured
    return Plan(
        models=tuple(sorted(names[key] for key in measured)),
        inputs={
            names[key]: f"{models[key]['schema']}.{models[key]['alias']}"
            for key in sorted(read, key=names.__getitem__)
        },
    )


def _reach(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """All nodes that edges lead to, the first ones included."""
    reached: set[str] = set()
    ahead = list(starts)
    while ahead:
        node = ahead.pop()
        if node not in reached:
            reached.add(node)
            ahead.extend(edges[node])
    return reached
