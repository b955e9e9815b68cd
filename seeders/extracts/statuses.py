"""The source's own words for a status, translated as the `statuses` of mapping.yml say.

Words that the models know need no translation. Others are translated while the row lands: in every column `status`,
and in the row images of a change feed, so that models see one vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seeders.extracts.sql import text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly

    from seeders.contracts import Table

STATUSES: Final = (
    "Active",
    "Trial",
    "Suspended",
    "Paused",
    "Pending",
    "Cancelled",
    "Closed",
    "Disconnected",
    "Replaced",
)
"""What a word may be translated to."""

_SEPARATORS: Final = " -_"
_STATUS: Final = "status"
_FEED: Final = "raw_cdc.change_events"
_IMAGES: Final = ("before", "after")


def plain_word(word: str) -> str:
    """Return a word in lower case without spaces, hyphens and underscores: `Past-Due` and `past_due` are equal."""
    return word.lower().translate({ord(separator): None for separator in _SEPARATORS})


def translated(table: Table, column: str, value: str, statuses: ReadOnly[str, str]) -> str:
    """Return SQL for a value with its words for a status translated, if the column has any.

    Args:
        table: The raw table.
        column: Name of its column.
        value: SQL expression for the column's text.
        statuses: Statuses by the plain word for each.

    Returns:
        SQL expression of type varchar; the value itself if there is nothing to translate.
    """
    if not statuses:
        return value
    if column == _STATUS:
        return f"case {_plain(value)} {_cases(statuses)} else {value} end"
    if table.full_name == _FEED and column in _IMAGES:
        found = f"try(json_extract_string({value}, '$.{_STATUS}'))"
        status = f"case {_plain(found)} {_cases(statuses)} end"
        # a patch of null would remove the key, so the text is touched only where the word is translated
        return (
            f"case when {status} is null then {value}"
            f" else cast(json_merge_patch({value}, json_object('{_STATUS}', {status})) as varchar) end"
        )
    return value


def _cases(statuses: ReadOnly[str, str]) -> str:
    return " ".join(
        f"when {text_literal(word)} then {text_literal(status)}"
        for word, status in statuses.items()
    )


def _plain(value: str) -> str:
    plain = f"lower({value})"
    for separator in _SEPARATORS:
        plain = f"replace({plain}, '{separator}', '')"
    return plain
