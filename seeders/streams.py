"""Named random streams out of one root seed.

A draw is a pure function of (seed, stream, month, entity): entity i owns the i-th double of a stream's month, however
many neighbours are drawn with it. That makes the output independent of chunk sizes and threads, and lets `advance`
continue where `seed` stopped without restoring any state.

Philox is made for it (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011): its output is a keyed hash of a counter, so any position is reached at once. The key comes
from the seed and the stream's name, the counter holds the month and the position.

Entities that are not consecutive have sequences of their own instead, by SplitMix64 (Steele, Lea and Flood, "Fast
splittable pseudorandom number generators", OOPSLA 2014): the n-th draw is a hash of the sequence's start and n.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DOUBLES_PER_COUNT: Final = 4
"""A Philox4x64 counter value yields four 64-bit words, hence four doubles."""

_GOLDEN: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_FIRST_FACTOR: Final = np.uint64(0xBF58_476D_1CE4_E5B9)
_SECOND_FACTOR: Final = np.uint64(0x94D0_49BB_1331_11EB)
_DOUBLE_SHIFT: Final = np.uint64(11)
_DOUBLE_STEP: Final = 2.0**-53


@dataclass(frozen=True)
class Streams:
    """Every random stream of a simulation."""

    seed: int

    def uniform(
        self, stream: str, start: int, count: int, month: int | None = None
    ) -> NDArray[np.float64]:
        """Draw for a run of entities.

        Args:
            stream: What is drawn, such as "ghost.skipped".
            start: Number of the first entity, from 0.
            count: How many entities.
            month: Month of the draw, from 0; None for what is drawn once per entity.

        Returns:
            `count` doubles in [0, 1), the first one for entity `start`.
        """
        first_count, skipped = divmod(start, _DOUBLES_PER_COUNT)
        # Words of the counter: position, unused, month, and 0 or 1 for once or monthly. The last
        # word distinguishes a draw made once from the draw of month 0.
        counter = np.array(
            [first_count, 0, 0, 0] if month is None else [first_count, 0, month, 1],
            dtype=np.uint64,
        )
        bits = np.random.Philox(key=self._key(stream), counter=counter)
        return np.random.Generator(bits).random(count + skipped)[skipped:]

    def words(
        self, stream: str, start: int, count: int, month: int | None = None
    ) -> NDArray[np.uint64]:
        """Draw raw words, for what needs few bits each: a word is four draws of 16 bits.

        Args:
            stream: What is drawn.
            start: Number of the first word, from 0.
            count: How many words.
            month: Month of the draw, from 0; None for what is drawn once.

        Returns:
            `count` words of 64 random bits.
        """
        first_count, skipped = divmod(start, _DOUBLES_PER_COUNT)
        counter = np.array(
            [first_count, 0, 0, 0] if month is None else [first_count, 0, month, 1],
            dtype=np.uint64,
        )
        bits = np.random.Philox(key=self._key(stream), counter=counter)
        drawn: NDArray[np.uint64] = bits.random_raw(count + skipped)[skipped:]
        return drawn

    def generator(self, stream: str) -> np.random.Generator:
        """Return a generator for what is drawn once per world, such as pools of names.

        Args:
            stream: What is drawn.

        Returns:
            A generator at the start of the stream.
        """
        return np.random.Generator(np.random.Philox(key=self._key(stream)))

    def sequences(self, stream: str, entity: NDArray[np.int64]) -> Sequences:
        """Return a sequence of draws for each of n entities with any numbers.

        Args:
            stream: What the sequences are for.
            entity: n numbers of entities.

        Returns:
            The sequences, the same whichever run the entities are in.
        """
        low, high = self._key(stream)
        return Sequences(_mixed(_mixed(entity.astype(np.uint64) * _GOLDEN + low) + high))

    def _key(self, stream: str) -> NDArray[np.uint64]:
        digest = hashlib.blake2b(f"{self.seed}/{stream}".encode(), digest_size=16).digest()
        # an explicit byte order: the same key on every machine
        return np.frombuffer(digest, dtype="<u8").astype(np.uint64)


@dataclass(frozen=True)
class Sequences:
    """A sequence of draws for each of n entities. `starts` says where each begins."""

    starts: NDArray[np.uint64]

    def __call__(
        self, number: int, rows: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Draw once for every entity.

        Args:
            number: Which draw of each sequence, from 0.
            rows: Entities to draw for, by position; all of them if not given.

        Returns:
            As many doubles in [0, 1).
        """
        # a Python product, since NumPy warns of a single number that wraps around
        step = np.uint64((number + 1) * int(_GOLDEN) % 2**64)
        words = _mixed(self.starts[rows] + step) >> _DOUBLE_SHIFT
        drawn: NDArray[np.float64] = np.multiply(words, _DOUBLE_STEP, dtype=np.float64)
        return drawn

    def followed_by(self, other: Sequences) -> Sequences:
        """Append the sequences of further entities."""
        return Sequences(np.concatenate([self.starts, other.starts]))


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit of a word over all its bits, in place. Products wrap around."""
    words ^= words >> np.uint64(30)
    words *= _FIRST_FACTOR
    words ^= words >> np.uint64(27)
    words *= _SECOND_FACTOR
    words ^= words >> np.uint64(31)
    return words
