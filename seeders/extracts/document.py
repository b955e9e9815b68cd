"""`mapping.yml` as a document: read within bounds, every key once, each mapping with its line.

The parser would expand aliases of aliases to billions of values, and recurse until the stack overflows. So a document
is measured before it is constructed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

from seeders.extracts.bounds import LimitExceededError
from seeders.extracts.delimited import UnreadableFileError
from seeders.extracts.files import require_regular, require_within

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seeders.extracts.bounds import Bounds

MAPPING_FILE: Final = "mapping.yml"


class DocumentError(Exception):
    """The mapping cannot be read at all; the message is one line."""


def read_document(directory: Path, bounds: Bounds) -> dict[object, object]:
    """Read `directory`/mapping.yml, without interpreting it.

    Args:
        directory: Where it is.
        bounds: How large it may be, and where a link may lead.

    Returns:
        The document; the mappings in it are `Lined`.

    Raises:
        DocumentError: It does not exist, is not YAML, is too large or empty.
    """
    _require_mapping(directory, bounds)
    try:
        text = (directory / MAPPING_FILE).read_text(encoding="utf-8")
        _measure(text, bounds)
        document = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except LimitExceededError as error:
        message = f"{MAPPING_FILE}: {error}"
        raise DocumentError(message) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"{MAPPING_FILE}: not valid YAML: {_yaml_problem(error)}"
        raise DocumentError(message) from error
    if not isinstance(document, dict):
        message = f"{MAPPING_FILE}: empty; it needs at least `as_of` and `tables`"
        raise DocumentError(message)
    return document


def _require_mapping(directory: Path, bounds: Bounds) -> None:
    path = directory / MAPPING_FILE
    problem = None
    if directory.is_file():
        problem = f"{directory}: is a file, not a directory; name the one it is in"
    elif not directory.is_dir():
        problem = f"{directory}: no such directory"
    elif not path.exists():
        problem = f"{path}: not found; `load` needs a {MAPPING_FILE} beside the extracts"
    if problem:
        raise DocumentError(problem)
    try:
        require_within(path, MAPPING_FILE, directory, bounds)
        require_regular(path, MAPPING_FILE)
    except UnreadableFileError as error:
        raise DocumentError(str(error)) from error
    if path.stat().st_size > bounds.mapping_bytes:
        too_large = LimitExceededError(bounds.mapping_bytes, "bytes", "mapping_bytes")
        message = f"{MAPPING_FILE}: {too_large}"
        raise DocumentError(message)


def _measure(text: str, bounds: Bounds) -> None:
    """Count the values of a document with every alias expanded, before it is constructed.

    Ten lines of aliases of aliases can expand to billions of values.

    Raises:
        LimitExceededError: They are too many.
        RecursionError: They are nested too deeply.
        yaml.YAMLError: The text is not YAML, or an anchor contains itself.
    """
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        anchor, before = getattr(event, "anchor", None), total
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
        elif isinstance(event, yaml.AliasEvent):
            total += _size_of_alias(event, sizes)
        elif isinstance(event, yaml.NodeEvent):
            total += 1
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((anchor, before))
            if len(opened) > bounds.mapping_depth:
                raise RecursionError
        elif anchor is not None and not isinstance(event, yaml.AliasEvent):
            sizes[anchor] = total - before
        if total > bounds.mapping_values:
            raise LimitExceededError(bounds.mapping_values, "values", "mapping_values")


def _size_of_alias(alias: yaml.AliasEvent, sizes: dict[str, int]) -> int:
    if alias.anchor not in sizes:
        message = f"the alias `*{alias.anchor}` refers to nothing that is complete before it"
        raise yaml.YAMLError(message)
    return sizes[alias.anchor]


class Lined(dict[object, object]):
    """A mapping of the document with the line it begins on."""

    line = 0


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML in which a repeated key is an error, since the first value would be lost silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (list, dict)):
                continue
            if key in seen:
                line = key_node.start_mark.line + 1
                message = f"`{key}` is given twice, the second time on line {line}"
                raise yaml.YAMLError(message)
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_lined(self, node: yaml.MappingNode) -> Iterator[Lined]:
        """Construct the mapping before its content, as anchors require."""
        made = Lined()
        made.line = node.start_mark.line + 1
        yield made
        made.update(self.construct_mapping(node))


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _UniqueKeyLoader.construct_lined)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _yaml_problem(error: Exception) -> str:
    """Return the YAML parser's error in one line, with its most likely cause."""
    if isinstance(error, RecursionError):
        return "nested too deeply: it should hold tables, columns and rows"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _one_line(str(error))
    reason = f"line {error.problem_mark.line + 1}: {_one_line(error.problem or str(error))}"
    if "flow" in (error.context or ""):
        return (
            f"{reason}; inside {{…}} a comma ends a value: put an expression that has one into double"
            " quotes, or give each column a line of its own"
        )
    return (
        f"{reason}; put an expression that begins with a quote, or holds a colon and a blank, into"
        " double quotes"
    )
