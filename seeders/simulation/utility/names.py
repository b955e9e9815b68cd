"""Ids of utilities, which do not depend on later events.

A letter, six digits for the customer, two for the account within it, three for a cycle: twelve bytes at most. The
eight digits of an account are composed once, when it opens, and copied into the ids of each cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.simulation import columns
from seeders.simulation.columns import digits

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CUSTOMER, ACCOUNT, METER, METER_NUMBER = "H", "U", "E", "Z"
USAGE, BILL, PAYMENT, WRITE_OFF, FAULT, AUDIT = "Q", "Y", "W", "O", "O", "V"

MAX_CYCLES: Final = 1_000
"""Ids have three digits for the cycle."""

ACCOUNT_DIGITS: Final = 2
_CYCLE_DIGITS: Final = 3
_STEM: Final = 9
_WHOLE: Final = 12


@dataclass(frozen=True)
class Names:
    """The ids of n accounts. `stems` has twelve bytes for each: an empty byte, eight digits, three empty bytes."""

    stems: NDArray[np.uint8]

    @classmethod
    def of(cls, customer_digits: NDArray[np.uint8], within: NDArray[np.int64]) -> Names:
        """Compose the ids of accounts.

        Args:
            customer_digits: The six digits of each account's customer, n x 6.
            within: Number of each account within its customer.

        Returns:
            The ids.
        """
        stems = np.zeros((len(within), _WHOLE), dtype=np.uint8)
        begins = 1 + customer_digits.shape[1]
        stems[:, 1:begins] = customer_digits
        stems[:, begins:_STEM] = digits(within, ACCOUNT_DIGITS)
        return cls(stems)

    def followed_by(self, other: Names) -> Names:
        """Append the ids of further accounts."""
        return Names(np.concatenate([self.stems, other.stems]))

    def short(self, letter: str, account: NDArray[np.integer]) -> pa.StringArray:
        """Return ids of things that exist once per account.

        Args:
            letter: The kind of thing.
            account: k positions of accounts.

        Returns:
            k strings of nine characters.
        """
        rows = (self._accounts if letter == ACCOUNT else self._lettered(letter)).take(account)
        return columns.text(rows.view(np.uint8).reshape(len(account), _STEM))

    @cached_property
    def _accounts(self) -> NDArray[np.void]:
        """Account ids, which are needed most often."""
        return self._lettered(ACCOUNT)

    def _lettered(self, letter: str) -> NDArray[np.void]:
        named = self.stems[:, :_STEM].copy()
        named[:, 0] = ord(letter)
        return named.view(f"V{_STEM}").ravel()

    def long(
        self, letter: str, account: NDArray[np.integer], cycle: int | NDArray[np.integer]
    ) -> pa.StringArray:
        """Return ids of things that exist once per account and cycle.

        Args:
            letter: The kind of thing.
            account: k positions of accounts.
            cycle: The cycle of each, or of all.

        Returns:
            k strings of twelve characters.
        """
        return self.tagged(letter, account, digits(np.atleast_1d(cycle), _CYCLE_DIGITS))

    def tagged(
        self, letter: str, account: NDArray[np.integer], tag: NDArray[np.uint8]
    ) -> pa.StringArray:
        """Return ids of things that exist several times per account.

        Args:
            letter: The kind of thing.
            account: k positions of accounts.
            tag: Three ASCII characters for each, k x 3, or for all, 1 x 3.

        Returns:
            k strings of twelve characters.
        """
        rest = np.zeros((len(tag), _WHOLE), dtype=np.uint8)
        rest[:, 0] = ord(letter)
        rest[:, _STEM:] = tag
        # twelve bytes are three words: the one fills the empty bytes of the other
        rows = self.stems.view(f"V{_WHOLE}").ravel().take(account)
        words = rows.view(np.uint32).reshape(len(account), 3) | rest.view(np.uint32)
        return columns.text(words.view(np.uint8).reshape(len(account), _WHOLE))
