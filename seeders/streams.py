"""Named random streams out of one root seed.

A draw is a pure function of (seed, stream, month, entity): entity i owns the i-th double of a stream's
month, whoever asks for it and together with whichever neighbours. That is what makes the output
independent of chunk sizes and threads, and lets `advance` go on where `seed` stopped without a
state to restore.

Philox is made for it (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011): its output is a keyed hash of a counter, so any position is reached at once. The key comes
from the seed and the stream's name, the counter holds the month and the position.
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
            month: Month of the draw, from 0; none for what is drawn once in an entity's life.

        Returns:
            `count` doubles in [0, 1), the first one for entity `start`.
        """
        first_count, skipped = divmod(start, _DOUBLES_PER_COUNT)
        # Words of the counter: position, unused, month, and 0 or 1 for once or monthly. The last
        # word keeps a draw for life apart from the draw of month 0.
        counter = np.array(
            [first_count, 0, 0, 0] if month is None else [first_count, 0, month, 1],
            dtype=np.uint64,
        )
        bits = np.random.Philox(key=self._key(stream), counter=counter)
        return np.random.Generator(bits).random(count + skipped)[skipped:]

    def generator(self, stream: str) -> np.random.Generator:
        """Give a generator for what is drawn once per world, such as pools of names.

        Args:
            stream: What is drawn.

        Returns:
            A generator at the start of the stream.
        """
        return np.random.Generator(np.random.Philox(key=self._key(stream)))

    def _key(self, stream: str) -> NDArray[np.uint64]:
        digest = hashlib.blake2b(f"{self.seed}/{stream}".encode(), digest_size=16).digest()
        # an explicit byte order: the same key on every machine
        return np.frombuffer(digest, dtype="<u8").astype(np.uint64)
