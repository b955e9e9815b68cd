"""dbt's events, without those that nobody reads.

dbt fires 20 events a node, nearly all at debug level, and puts each into words, a message and a line of
the log before the log's level drops it: a tenth of a build's CPU time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

if TYPE_CHECKING:
    from dbt_common.events.base_types import BaseEvent

PROGRESS: Final = frozenset({"ConcurrencyLine", "NodeFinished"})
"""Events that callbacks wait for, whatever the log keeps."""

_UNREAD: Final = frozenset({EventLevel.TEST, EventLevel.DEBUG})


class ReadEvents(EventManager):
    """Fires what a log keeps or a callback waits for."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,  # noqa: ANN401  (as dbt declares it)
        force_warn_or_error_handling: bool = False,  # noqa: FBT001, FBT002  (as dbt declares it)
    ) -> None:
        """Pass an event on, unless it is at debug level and no log is."""
        if (
            (level or e.level_tag()) in _UNREAD
            and type(e).__name__ not in PROGRESS
            and not any(logger.level in _UNREAD for logger in self.loggers)
        ):
            return
        super().fire_event(e, level, node, force_warn_or_error_handling)


def skip_unread_events() -> None:
    """Let dbt in this process fire only events that are read."""
    if not isinstance(get_event_manager(), ReadEvents):
        ctx_set_event_manager(ReadEvents())
