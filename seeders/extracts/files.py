"""The files that a mapping names: found without leaving the directories a load may read.

A mapping and the files beside it may come from an untrusted source. So a name is accepted only if its real path, with
every symbolic link resolved, is in the mapping's directory or in one that the user has named, and only if it is a
regular file: opening a pipe would block.

Why: DECISIONS.md#files-stay-in-the-directory-of-the-mapping
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath
from stat import S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK
from typing import TYPE_CHECKING, Final

from seeders.extracts.bounds import LimitExceededError
from seeders.extracts.delimited import UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seeders.extracts.bounds import Bounds

_GLOB_CHARACTERS: Final = frozenset("*?[")
_KINDS: Final = (
    (S_ISFIFO, "a pipe"),
    (S_ISDIR, "a directory"),
    (S_ISSOCK, "a socket"),
    (S_ISCHR, "a device"),
    (S_ISBLK, "a device"),
)


@dataclass(frozen=True)
class File:
    """One file of a source: its path, its name in messages, and its number in rows."""

    path: Path
    name: str
    number: int = 0

    @property
    def is_parquet(self) -> bool:
        """Whether the file has types of its own."""
        return self.name.lower().endswith(".parquet")


def find_files(directory: Path, pattern: str, bounds: Bounds) -> list[File]:
    """Find the files that a mapping's `file` matches, in order of their names.

    Args:
        directory: What relative names are relative to.
        pattern: A file name, or a glob. A file whose name contains glob characters is found by its name.
        bounds: Which other directories files may be in, and how many files there may be.

    Returns:
        The files; empty if there are none. Names are relative to the directory.

    Raises:
        UnreadableFileError: A name leads out of the directories, or to something that is not a file; the
            message is a whole sentence.
    """
    root = directory.resolve()
    roots = (root, *(place.resolve() for place in bounds.directories))
    if "\0" in pattern:
        reason = f"{pattern!r}: no file has such a name"
        raise UnreadableFileError(reason)
    if len(pattern) > os.pathconf(root, "PC_PATH_MAX"):
        reason = f"{pattern[:40]}…: a name this long is no file's"
        raise UnreadableFileError(reason)
    fixed, rest = _split(pattern)
    start = Path(os.path.normpath(root / fixed))
    _require_inside(start, pattern, root, roots)
    if not rest:
        return [_file(start, root, roots)] if _exists(start) else []
    found = list(islice(_matches(start, rest), bounds.files + 1))
    if len(found) > bounds.files:
        what = "files of one pattern"
        reason = f"{pattern}: {LimitExceededError(bounds.files, what, 'files')}"
        raise UnreadableFileError(reason)
    literal = start / rest
    if _exists(literal) and literal not in found:
        if found:
            reason = (
                f"{pattern}: is the name of a file, and as a pattern matches others ({found[0].name}):"
                " rename the file"
            )
            raise UnreadableFileError(reason)
        found = [literal]
    return [_file(path, root, roots) for path in sorted(found)]


def require_regular(path: Path, name: str) -> None:
    """Refuse anything but a regular file, without opening it.

    Args:
        path: An existing path; links are followed.
        name: Its name in the message.

    Raises:
        UnreadableFileError: It is a pipe, a directory, a socket or a device; the message is a whole sentence.
    """
    mode = path.stat().st_mode
    if not S_ISREG(mode):
        kind = next((kind for is_kind, kind in _KINDS if is_kind(mode)), "something else")
        reason = f"{name}: is {kind}, not a file"
        raise UnreadableFileError(reason)


def require_within(path: Path, name: str, directory: Path, bounds: Bounds) -> None:
    """Refuse a path that leads out of the directories through a symbolic link.

    Args:
        path: A path in `directory`.
        name: What it is called in the message.
        directory: The mapping's.
        bounds: Which other directories it may lead to.

    Raises:
        UnreadableFileError: It leads elsewhere; the message is a whole sentence.
    """
    root = directory.resolve()
    roots = (root, *(place.resolve() for place in bounds.directories))
    _require_inside(_resolved(path, name), name, root, roots)


def _split(pattern: str) -> tuple[Path, str]:
    """Return the parts of a pattern before the first glob, and the remaining parts."""
    parts = PurePath(pattern).parts
    globs = [number for number, part in enumerate(parts) if _GLOB_CHARACTERS & set(part)]
    fixed = globs[0] if globs else len(parts)
    rest = parts[fixed:]
    if ".." in rest:
        reason = f"{pattern}: `..` cannot follow a `*`, `?` or `[`"
        raise UnreadableFileError(reason)
    return Path(*parts[:fixed]), str(PurePath(*rest)) if rest else ""


def _matches(start: Path, rest: str) -> Iterator[Path]:
    return start.glob(rest) if _exists(start) else iter(())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def _file(path: Path, root: Path, roots: tuple[Path, ...]) -> File:
    name = os.path.relpath(path, root)
    real = _resolved(path, name)
    _require_inside(real, name, root, roots)
    require_regular(real, name)
    # by the name it was found under, which says how it is written
    return File(path, name)


def _resolved(path: Path, name: str) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        reason = f"{name}: is a symbolic link that leads to itself"
        raise UnreadableFileError(reason) from None


def _require_inside(path: Path, name: str, root: Path, roots: tuple[Path, ...]) -> None:
    real = _resolved(path, name)
    if any(real.is_relative_to(place) for place in roots):
        return
    reason = f"{name}: leads out of {root}: put the file there, or say --allow-dir with the directory it is in"
    raise UnreadableFileError(reason)
