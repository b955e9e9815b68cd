"""A draw belongs to its seed, stream, month and entity, and to nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeders.streams import Streams

WHOLE = Streams(7).uniform("anything", 0, 400, month=3)


@given(start=st.integers(0, 399), count=st.integers(0, 400))
def test_any_run_holds_the_same_draws(start: int, count: int) -> None:
    stop = min(start + count, 400)
    run = Streams(7).uniform("anything", start, stop - start, month=3)
    np.testing.assert_array_equal(run, WHOLE[start:stop])


@pytest.mark.parametrize(
    ("seed", "stream", "month"),
    [(8, "anything", 3), (7, "something", 3), (7, "anything", 4), (7, "anything", None)],
)
def test_other_coordinates_give_other_draws(seed: int, stream: str, month: int | None) -> None:
    other = Streams(seed).uniform(stream, 0, 400, month)
    assert not np.any(other == WHOLE)
    assert abs(np.corrcoef(other, WHOLE)[0, 1]) < 0.2


def test_a_draw_for_life_is_not_the_draw_of_the_first_month() -> None:
    streams = Streams(7)
    assert not np.any(streams.uniform("a", 0, 50) == streams.uniform("a", 0, 50, month=0))


def test_draws_are_the_same_in_every_process_and_version() -> None:
    """Pinned: a change here changes every simulated warehouse."""
    drawn = [value.hex() for value in Streams(42).uniform("x", 5, 3, month=2)]
    assert drawn == ["0x1.25feafffefcc0p-6", "0x1.5e8721e471b60p-4", "0x1.5bc1db68cce24p-3"]


def test_draws_are_uniform() -> None:
    drawn = Streams(1).uniform("uniform", 0, 100_000, month=0)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    chi_square = float(((counts - 5_000) ** 2 / 5_000).sum())
    # 19 degrees of freedom: exceeded once in a hundred thousand worlds
    assert chi_square < 55


ENTITIES = np.random.default_rng(5).integers(0, 10**8, 400)


@given(picked=st.lists(st.integers(0, 399), min_size=1, max_size=30), number=st.integers(0, 9_000))
def test_a_sequence_belongs_to_its_entity_whatever_the_neighbours(
    picked: list[int], number: int
) -> None:
    whole = Streams(7).sequences("anything", ENTITIES)
    rows = np.array(picked)
    np.testing.assert_array_equal(
        Streams(7).sequences("anything", ENTITIES[rows])(number), whole(number)[rows]
    )
    np.testing.assert_array_equal(whole(number, rows), whole(number)[rows])


@pytest.mark.parametrize(("seed", "stream", "number"), [(8, "a", 3), (7, "b", 3), (7, "a", 4)])
def test_other_sequences_give_other_draws(seed: int, stream: str, number: int) -> None:
    one = Streams(7).sequences("a", ENTITIES)(3)
    other = Streams(seed).sequences(stream, ENTITIES)(number)
    assert not np.any(one == other)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


def test_sequences_are_the_same_in_every_process_and_version() -> None:
    """Pinned: a change here changes every simulated warehouse."""
    drawn = [value.hex() for value in Streams(42).sequences("x", np.array([5, 99_999_999]))(2)]
    assert drawn == ["0x1.c5ee841ec35e8p-4", "0x1.4e8f86c90b2b8p-1"]


@pytest.mark.parametrize("by_number", [True, False])
def test_draws_of_sequences_are_uniform(*, by_number: bool) -> None:
    """Along a sequence, and from one entity to the next."""
    if by_number:
        one = Streams(1).sequences("uniform", np.array([7]))
        drawn = np.array([one(number)[0] for number in range(20_000)])
    else:
        drawn = Streams(1).sequences("uniform", np.arange(20_000))(3)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert float(((counts - 1_000) ** 2 / 1_000).sum()) < 55
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.03
