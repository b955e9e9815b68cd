"""Simulates the trade-credit line: one run of accounts after another, the whole history of each.

What an account owes depends on everything it was ever invoiced and paid, so the history is always simulated from the
first month, and only what arrives in the new months is written. The truth about unpaid invoices follows from all facts
so far: `advance` rewrites it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders import writer
from seeders.simulation.batches import BATCHES, Batches
from seeders.simulation.change_feed import CHANGE_EVENTS, change_events
from seeders.simulation.entities import write_states
from seeders.simulation.errors import SimulationError
from seeders.simulation.months import MonthAxis
from seeders.simulation.pools import Pools, draw_pools
from seeders.simulation.trade.account_rows import LINE_OF_BUSINESS, accounts, customers
from seeders.simulation.trade.books import keep_books
from seeders.simulation.trade.catalogue import Catalogue
from seeders.simulation.trade.context import Context
from seeders.simulation.trade.draws import AccountDraws
from seeders.simulation.trade.fact_rows import FactWriter, catalogue_rows
from seeders.simulation.trade.history import draw_history
from seeders.simulation.trade.truth import (
    fault_stems,
    injected_truth,
    is_foreign,
    truth_rows,
    unpaid_truth,
)
from seeders.simulation.truth import FAULTS
from seeders.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb

    from seeders.config import SimulationConfig
    from seeders.simulation.trade.history import History
    from seeders.writer import Appender

MAX_MONTHS: Final = 600
"""Invoice ids have four digits for the order: enough for this long, with an order every four days and duplicates."""

_ROWS_PER_ACCOUNT: Final = 32
_FAULT_LETTER: Final = "D"


@dataclass(frozen=True)
class TradeLine:
    """The trade accounts of a world. `source` names the world."""

    config: SimulationConfig
    seed: int
    source: str

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""
        return MonthAxis(self.config.trade.first_month)

    def check(self, months: int) -> None:
        """Check that ids have enough digits.

        Raises:
            SimulationError: If they have not.
        """
        if months > MAX_MONTHS:
            message = f"trade credit spans at most {MAX_MONTHS} months, not {months}"
            raise SimulationError(message)

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report: the runs of accounts."""
        return len(list(self._runs())) if months > passed else 0

    def delete_rewritten(self, con: duckdb.DuckDBPyConnection) -> None:
        """Delete the truth of this line; `write` writes it again."""
        writer.delete_prefixed(con, FAULTS, _FAULT_LETTER)

    def write(
        self, appender: Appender, passed: int, months: int, step: Callable[[str], None]
    ) -> None:
        """Write what arrives in the new months, and the state of entities at the end of the last one.

        Args:
            appender: Where rows go.
            passed: How many months have been written already.
            months: How many months there are afterwards.
            step: Called before each run of accounts.
        """
        if months <= passed:
            return
        for month in range(passed, months):
            appender.add(BATCHES, self._batches.row(month))
        for table, rows in catalogue_rows(
            self._catalogue, self.axis, self._batches, passed, months
        ):
            appender.add(table, rows)
        for start, stop in self._runs():
            step(f"trade accounts {start + 1:,} to {stop:,}")
            draws = AccountDraws(self._streams, start, stop - start)
            context = Context(self.config, self.axis, self._catalogue, draws, months)
            history = draw_history(context)
            self._entities(appender, history, passed, months)
            FactWriter(appender, self.axis, self._batches, history, passed, months).write()
            self._truth(appender, history, months)

    def _runs(self) -> Iterator[tuple[int, int]]:
        total = self.config.trade.accounts
        step = max(1, self.config.output.chunk_rows // _ROWS_PER_ACCOUNT)
        for start in range(0, total, step):
            yield start, min(start + step, total)

    def _entities(self, appender: Appender, history: History, passed: int, months: int) -> None:
        captured = accounts(history.accounts, history.status_days)
        for month in range(passed, months):
            batch = self._batches.batch_no(month)
            for rows in change_events(self.axis, captured, month, batch):
                appender.add(CHANGE_EVENTS, rows)
        for these in (customers(self._pools, history.accounts), captured):
            write_states(appender, self._batches, these, passed, months)

    def _truth(self, appender: Appender, history: History, months: int) -> None:
        until = self.axis.last_day(months - 1)
        facts, is_eur = history.facts, history.accounts.is_eur
        balances = keep_books(
            facts, history.accounts.is_balance_forward, is_foreign(facts, is_eur), until
        )
        truths = {
            **injected_truth(self.axis, history, until),
            **unpaid_truth(self.config.policy, history, balances, until),
        }
        account = np.concatenate([truth.account for truth in truths.values()])
        names = fault_stems(history.accounts.digits, account)
        for rows in truth_rows(self.axis, history.accounts, truths, names, until):
            appender.add(FAULTS, rows)

    @property
    def _batches(self) -> Batches:
        return Batches(self.axis, self.source, LINE_OF_BUSINESS, "trd")

    @property
    def _streams(self) -> Streams:
        return Streams(self.seed)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.config.trade, self._streams)

    @property
    def _pools(self) -> Pools:
        return draw_pools(self._streams)
