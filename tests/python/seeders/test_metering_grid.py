"""Minutes of interruption, counted by interval, against a count minute by minute."""

from __future__ import annotations

import numpy as np
import pytest

from seeders.simulation.metering.grid import CAUSES, MINUTES_PER_HOUR, SAG, Outages
from seeders.simulation.normal import STEPS, looked_up


@pytest.mark.parametrize("sags", [False, True])
@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_what_overlaps_is_counted_once(count: int, *, sags: bool) -> None:
    feeders, hours = 4, 48
    minutes = hours * MINUTES_PER_HOUR
    drawn = np.random.default_rng(count)
    begins = drawn.integers(0, minutes, count)
    outages = Outages(
        feeder=drawn.integers(0, feeders, count),
        begins=begins,
        # some of them last until the end, where the next feeder begins
        ends=np.minimum(begins + drawn.integers(1, 400, count), minutes),
        cause=drawn.integers(0, len(CAUSES), count).astype(np.int8),
    )
    is_out = np.zeros((feeders, minutes), dtype=np.bool_)
    for feeder, first, end, cause in zip(
        outages.feeder, outages.begins, outages.ends, outages.cause, strict=True
    ):
        is_out[feeder, first:end] |= (cause == SAG) == sags
    counted = is_out.reshape(feeders, hours, MINUTES_PER_HOUR).sum(axis=2)
    found = outages.minutes(feeders, hours, sags=sags)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, counted)


def test_bits_are_looked_up_as_an_index_would() -> None:
    table = np.random.default_rng(1).random(STEPS).astype(np.float32)
    words = np.arange(STEPS, dtype=np.uint16)[::-1].reshape(256, -1)
    found = looked_up(table, words)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, table[words])
