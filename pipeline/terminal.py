"""What reaches the terminal: every line of every command, and nothing that a terminal would obey.

Names, paths, messages and the run history come from outside. An escape sequence in them could rename the
window, clear the screen or write lines that were never printed; a `[/x]` would be taken for markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType

# control characters, what reverses the direction of writing, separators of lines, bytes that are no text
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def safe(text: object) -> str:
    r"""The text on one line, with every character that a terminal would obey written out.

    Args:
        text: What is to be printed; `str` of it is.

    Returns:
        The same text where nothing has to be written out. An escape becomes `\x1b`, a new line `\n`.
    """
    return _visible(str(text)).replace("\n", "\\n").replace("\t", "\\t")


def terminal(*, errors: bool = False, soft_wrap: bool = True) -> Console:
    """The only way to print: takes texts as they are and never as markup.

    Args:
        errors: Whether to print to standard error.
        soft_wrap: Leave long lines to the terminal, instead of breaking them at its width.
    """
    return _Terminal(stderr=errors, soft_wrap=soft_wrap, markup=False, highlight=False, emoji=False)


class _Terminal(Console):
    """Writes out what a terminal would obey, whichever way it got into what is printed."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Lay out as ever, then go over the text; what rich itself says to the terminal stays."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(_visible(segment.text), segment.style)


def _visible(text: str) -> str:
    return _OBEYED.sub(lambda found: ascii(found.group())[1:-1], text)
