"""Prints every line of a command's output, without control characters.

Names, paths, messages and the run history come from outside. An escape sequence in them could rename the
window, clear the screen or fake lines of output; a `[/x]` would be parsed as markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, RenderableType

# control characters, bidirectional overrides, line separators, bytes that could not be decoded
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def safe(text: object) -> str:
    r"""Return the text on one line, with control characters written as escapes.

    Args:
        text: Anything that `str` can convert.

    Returns:
        The text, unchanged where it is harmless. ESC becomes `\x1b`, a line break `\n`.
    """
    return _visible(str(text)).replace("\n", "\\n").replace("\t", "\\t")


def terminal(*, errors: bool = False, soft_wrap: bool = True) -> Console:
    """Return the console that every command prints to: text is never parsed as markup.

    Args:
        errors: Whether to print to standard error.
        soft_wrap: Leave long lines to the terminal, instead of breaking them at its width.
    """
    return _Terminal(stderr=errors, soft_wrap=soft_wrap, markup=False, highlight=False, emoji=False)


class _Terminal(Console):
    """Escapes control characters wherever they occur in the output."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Lay out as usual and escape the text; control codes of rich itself are kept."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(_visible(segment.text), segment.style)


def _visible(text: str) -> str:
    return _CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)
