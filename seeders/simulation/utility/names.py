"""Ids of utilities, written so that they depend on nothing that comes later.

A letter, six digits of the customer, two of the account within it, three of a cycle: twelve bytes at
most. An account's eight digits are composed once, when it opens; ids of a cycle are copies of it.
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
"""Ids hold three digits of the cycle."""

ACCOUNT_DIGITS: Final = 2
_CYCLE_DIGITS: Final = 3
_STEM: Final = 9
_WHOLE: Final = 12


@dataclass(frozen=True)
class Names:
    """The ids of n accounts. `stems` holds twelve bytes of each: a gap, eight digits, three gaps."""

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
        """Put the ids of further accounts behind these."""
        return Names(np.concatenate([self.stems, other.stems]))

    def short(self, letter: str, account: NDArray[np.integer]) -> pa.StringArray:
        """Ids of what there is once per account.

        Args:
            letter: What kind of thing it is.
            account: k positions of accounts.

        Returns:
            k strings of nine characters.
        """
        rows = (self._accounts if letter == ACCOUNT else self._lettered(letter)).take(account)
        return columns.text(rows.view(np.uint8).reshape(len(account), _STEM))

    @cached_property
    def _accounts(self) -> NDArray[np.void]:
        """Account ids, asked for again and again."""
        return self._lettered(ACCOUNT)

    def _lettered(self, letter: str) -> NDArray[np.void]:
        named = self.stems[:, :_STEM].copy()
        named[:, 0] = ord(letter)
        return named.view(f"V{_STEM}").ravel()

    def long(
        self, letter: str, account: NDArray[np.integer], cycle: int | NDArray[np.integer]
    ) -> pa.StringArray:
        """Ids of what there is once per account and cycle.

        Args:
            letter: What kind of thing it is.
            account: k positions of accounts.
            cycle: The cycle of each, or of all.

        Returns:
            k strings of twelve characters.
        """
        return self.tagged(letter, account, digits(np.atleast_1d(cycle), _CYCLE_DIGITS))

    def tagged(
        self, letter: str, account: NDArray[np.integer], tag: NDArray[np.uint8]
    ) -> pa.StringArray:
        """Ids of what there is several times per account.

        Args:
            letter: What kind of thing it is.
            account: k positions of accounts.
            tag: Three ASCII characters for each, k x 3, or for all, 1 x 3.

        Returns:
            k strings of twelve characters.
        """
        rest = np.zeros((len(tag), _WHOLE), dtype=np.uint8)
        rest[:, 0] = ord(letter)
        rest[:, _STEM:] = tag
        # twelve bytes are three words: gaps of the one are filled by the other
        rows = self.stems.view(f"V{_WHOLE}").ravel().take(account)
        words = rows.view(np.uint32).reshape(len(account), 3) | rest.view(np.uint32)
        return columns.text(words.view(np.uint8).reshape(len(account), _WHOLE))
