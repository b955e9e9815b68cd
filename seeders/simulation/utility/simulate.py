"""Simulates the utility line: one run of customers after another, the whole history of each.

What an account owes depends on everything it was ever billed and paid, and whether a customer opens another account
on the status of the earlier ones. So the history is always simulated from the first cycle, and only what arrives in
the new months is written. The truth about unpaid bills is written again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders import writer
from seeders.simulation.batches import BATCHES, Batches
from seeders.simulation.entities import write_states
from seeders.simulation.errors import SimulationError
from seeders.simulation.months import NEVER, MonthAxis
from seeders.simulation.pools import draw_pools
from seeders.simulation.truth import FAULTS
from seeders.simulation.utility.account_rows import LINE_OF_BUSINESS, Registry
from seeders.simulation.utility.cycles import Cycles
from seeders.simulation.utility.fact_rows import FactWriter
from seeders.simulation.utility.history import HistoryBuilder
from seeders.simulation.utility.ledger import Ledger
from seeders.simulation.utility.names import FAULT, MAX_CYCLES, Names
from seeders.simulation.utility.people import draw_customers
from seeders.simulation.utility.policy_rows import policy_rows
from seeders.simulation.utility.truth import RELIABILITY, fault_rows, find_faults, reliability_rows
from seeders.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb

    from seeders.config import SimulationConfig
    from seeders.writer import Appender

_ROWS_PER_CUSTOMER: Final = 16


@dataclass(frozen=True)
class UtilityLine:
    """The utility customers of a world. `source` names the world."""

    config: SimulationConfig
    seed: int
    source: str

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""
        return MonthAxis(self.config.utility.first_day.replace(day=1))

    def check(self, months: int) -> None:
        """Check that ids have enough digits.

        Raises:
            SimulationError: If they have not.
        """
        cycles = self._cycles.begun_by(self.axis.last_day(months - 1))
        if cycles > MAX_CYCLES:
            message = f"utilities span at most {MAX_CYCLES} cycles, not {cycles}"
            raise SimulationError(message)

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report: the runs of customers."""
        return len(list(self._runs())) if months > passed else 0

    def delete_rewritten(self, con: duckdb.DuckDBPyConnection) -> None:
        """Delete the truth of this line; `write` writes it again."""
        writer.delete_prefixed(con, FAULTS, FAULT)

    def write(
        self, appender: Appender, passed: int, months: int, step: Callable[[str], None]
    ) -> None:
        """Write what arrives in the new months, and the state of entities at the end of the last one.

        Args:
            appender: Where rows go.
            passed: How many months have been written already.
            months: How many months there are afterwards.
            step: Called before each run of customers.
        """
        if months <= passed:
            return
        for month in range(passed, months):
            appender.add(BATCHES, self._batches.row(month))
        if passed == 0:
            for table, rows in policy_rows(self.config, self._batches):
                appender.add(table, rows)
        for start, stop in self._runs():
            step(f"utility customers {start + 1:,} to {stop:,}")
            self._run(appender, start, stop - start, passed, months)

    def _runs(self) -> Iterator[tuple[int, int]]:
        total = self.config.utility.customers
        step = max(1, self.config.output.chunk_rows // _ROWS_PER_CUSTOMER)
        for start in range(0, total, step):
            yield start, min(start + step, total)

    def _run(self, appender: Appender, start: int, count: int, passed: int, months: int) -> None:
        since, until = self.axis.first_day(passed), self.axis.last_day(months - 1)
        streams, cycles = Streams(self.seed), self._cycles
        customers = draw_customers(self.config.utility, streams, start, count)
        ledger = Ledger(self.config, streams, customers, start)
        fact_writer = FactWriter(appender, self._batches, cycles, since, until)
        ids = Names.of(customers.digits[:0], np.empty(0, dtype=np.int64))
        history_builder = HistoryBuilder()
        for facts in ledger.simulate(cycles.begun_by(until), until):
            opened = facts.opened
            ids = ids.followed_by(Names.of(customers.digits[opened.customer], opened.within))
            fact_writer.write(facts, ids)
            history_builder.add(facts)
        registry, changes = Registry.of(ledger, customers, ids, cycles), history_builder.changes()
        for table, rows in registry.events(self._batches, changes, since, until):
            appender.add(table, rows)
        history = history_builder.history(cycles, ledger.accounts, changes)
        truths = find_faults(self.config.policy, cycles, history, until)
        for rows in fault_rows(cycles, truths, ids, until):
            appender.add(FAULTS, rows)
        pools = draw_pools(streams)
        for these in (registry.people(pools), registry.account_states(), registry.meters()):
            write_states(appender, self._batches, these, passed, months)
        first_on = registry.first_opened_on
        new = customers.select((first_on >= since) & (first_on < NEVER))
        appender.add(RELIABILITY, reliability_rows(new))

    @property
    def _batches(self) -> Batches:
        return Batches(self.axis, self.source, LINE_OF_BUSINESS, "utl")

    @property
    def _cycles(self) -> Cycles:
        return Cycles(self.config.utility)
