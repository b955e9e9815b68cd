"""Random dirty extracts: each is published, every row and every cent accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from tests.python.faults.trials import Kind, Trial, Watch
from tests.python.warehouse.any_extract import QUIET, extracts
from tests.python.warehouse.compiled_estate import ModelFailedError
from tests.python.warehouse.whole_extract import publish_in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.python.faults.trials import Setting
    from tests.python.warehouse.any_extract import Extract

_EXTRACTS = (200, 3)


def try_all(setting: Setting) -> Iterator[Trial]:
    """Publish extracts in memory; one that fails is told as it was drawn, `make fuzz` shrinks."""
    estate = setting.estate
    drawn = _draw(setting.seed, _EXTRACTS[setting.short])
    for number, extract in enumerate(drawn, start=1):
        watch = Watch()
        rows = sum(len(rows) for rows in extract.rows.values())
        what = f"extract {number}: {rows} rows of {len(extract.rows)} tables as of {extract.as_of}"
        try:
            judged = publish_in_memory(estate, extract)
        except (AssertionError, ModelFailedError) as error:
            yield Trial(what, "not published", str(error)[:1000], watch.seconds)
            continue
        accepted = sum(table.accepted for table in judged.values())
        rejected = sum(table.rejected for table in judged.values())
        got = f"published: {accepted} rows accepted, {rejected} rejected, money alike"
        yield Trial(what, got, None, watch.seconds)


def _draw(root: int, count: int) -> list[Extract]:
    """So many extracts, the same for the same root."""
    drawn: list[Extract] = []

    @seed(root)
    @settings(QUIET, max_examples=count, phases=[Phase.generate])
    @given(extracts())
    def keep(extract: Extract) -> None:
        drawn.append(extract)

    keep()
    if len(drawn) < count:
        message = f"only {len(drawn)} extracts were drawn"
        raise HypothesisException(message)
    return drawn


KIND = Kind("extracts", "random dirty extracts", _EXTRACTS, try_all)
