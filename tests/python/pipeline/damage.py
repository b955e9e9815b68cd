"""Files that are broken, or replaced by what is no file."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def damage(path: Path, how: str) -> None:
    """Break a file: `cut short`, `empty`, `text`, or `overwritten` behind its header."""
    content = path.read_bytes()
    if how == "cut short":
        path.write_bytes(content[:5000])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "text":
        path.write_text("not a database\n" * 1000)
    else:  # one block of it overwritten: its checksum says so, in words with "lock" in them
        path.write_bytes(content[:12288] + bytes(byte ^ 0x5A for byte in content[12288:]))


def put(path: Path, what: str) -> None:
    """Put a `directory`, a `pipe`, a link to a `device` or a link to itself (`loop`) in the place of a file."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/null")
    else:
        path.symlink_to(path)


class NotBoundError(Exception):
    """Permissions bind nobody here; the message says why."""


def prefix_of_a_bound_user(directory: Path) -> list[str]:
    """What to start a command with so that permissions bind it, root's own commands, too.

    Args:
        directory: Where a file without permissions can be made, to see whether they bind.

    Raises:
        NotBoundError: If they do not.
    """
    rights = "-dac_override,-dac_read_search"
    prefix = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    if os.getuid() != 0:
        prefix = []
    closed = directory / "closed"
    closed.touch(mode=0)
    try:
        read = subprocess.run([*prefix, "cat", str(closed)], check=False, capture_output=True)
    except OSError:
        message = "root cannot drop its rights here"
        raise NotBoundError(message) from None
    finally:
        closed.unlink()
    if read.returncode == 0:
        message = "permissions bind nobody here"
        raise NotBoundError(message)
    return prefix
