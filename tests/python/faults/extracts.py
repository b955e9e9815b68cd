"""Random dirty extracts: each is published, every row and every cent accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.python.faults.trials import Kind, Trial, Watch
from tests.python.warehouse.any_extract import any_extract
from tests.python.warehouse.whole_extract import published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.python.faults.trials import Setting

_EXTRACTS = (200, 3)


def try_all(setting: Setting) -> Iterator[Trial]:
    """Publish extracts in memory; one that fails is reported as drawn, `make fuzz` cuts it down."""
    estate = setting.estate
    for number in range(1, _EXTRACTS[setting.short] + 1):
        extract = any_extract(setting.seed, number)
        watch = Watch()
        rows = sum(len(rows) for rows in extract.rows.values())
        what = f"extract {number}: {rows} rows of {len(extract.rows)} tables as of {extract.as_of}"
        failure, judged = published(estate, extract)
        if failure is not None:
            said = f"{failure.kind}: {failure.said}"
            yield Trial(what, "not published", said[:1000], watch.seconds)
            continue
        accepted = sum(table.accepted for table in judged.values())
        rejected = sum(table.rejected for table in judged.values())
        got = f"published: {accepted} rows accepted, {rejected} rejected, money alike"
        yield Trial(what, got, None, watch.seconds)


KIND = Kind("extracts", "random dirty extracts", _EXTRACTS, try_all)
