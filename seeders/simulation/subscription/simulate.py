"""Simulates the subscription line: what is billed, what is paid, what arrives, and the state of its entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.config.model import MAX_CUSTOMERS, MAX_MONTHS
from seeders.simulation import columns
from seeders.simulation.batches import BATCHES, Batches
from seeders.simulation.change_feed import CHANGE_EVENTS, change_events
from seeders.simulation.entities import write_states
from seeders.simulation.errors import SimulationError
from seeders.simulation.months import MonthAxis
from seeders.simulation.pools import Pools, draw_pools
from seeders.simulation.subscription.account_rows import accounts, subscriptions
from seeders.simulation.subscription.billing import bill_month
from seeders.simulation.subscription.customer_rows import customers
from seeders.simulation.subscription.fact_rows import Arrivals, arriving_rows, schedule_arrivals
from seeders.simulation.subscription.lifecycles import draw_lifecycles
from seeders.simulation.subscription.payments import settle
from seeders.simulation.subscription.plans import CURRENCY, LINE_OF_BUSINESS, PLANS
from seeders.simulation.subscription.population import Population
from seeders.simulation.subscription.truth import (
    ghost_truth,
    leaky_truth,
    truth_rows,
    zombie_truth,
)
from seeders.simulation.truth import FAULTS
from seeders.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import duckdb

    from seeders.config import SimulationConfig
    from seeders.simulation.subscription.lifecycles import Lifecycles
    from seeders.writer import Appender

PLAN_TABLE: Final = "raw_billing.plans"

_SHORTEST_MONTH: Final = 28


@dataclass(frozen=True)
class SubscriptionLine:
    """The subscriptions of a world, written month by month. `source` names the world."""

    config: SimulationConfig
    seed: int
    source: str

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""
        return MonthAxis(self.config.period.first_month)

    def check(self, months: int) -> None:
        """Check that ids have enough digits.

        Args:
            months: How many months the world is to span.

        Raises:
            SimulationError: If they have not.
        """
        if months > MAX_MONTHS:
            message = f"a simulation spans at most {MAX_MONTHS} months, not {months}"
            raise SimulationError(message)
        customers = self._population.size(months)
        if customers > MAX_CUSTOMERS:
            message = (
                f"{customers:,} customers and leads are more than ids allow ({MAX_CUSTOMERS:,})"
            )
            raise SimulationError(message)

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report: the months."""
        return months - passed

    def delete_rewritten(self, con: duckdb.DuckDBPyConnection) -> None:
        """Delete nothing: what has been written for a month is final."""

    def write(
        self, appender: Appender, passed: int, months: int, step: Callable[[str], None]
    ) -> None:
        """Write what arrives in the new months, and the state of entities at the end of the last one.

        Args:
            appender: Where rows go.
            passed: How many months have been written already.
            months: How many months there are afterwards.
            step: Called before each month that is written.
        """
        runs = list(self._runs(months))
        arrivals = Arrivals()
        if passed == 0:
            appender.add(PLAN_TABLE, self._plans())
        for month in range(max(0, passed - self._look_back()), months):
            if month >= passed:
                step(self.axis.label(month))
            for lifecycles in runs:
                self._bill(appender, arrivals, lifecycles, month, passed)
            if month >= passed:
                self._deliver(appender, arrivals, runs, month)
        for lifecycles in runs:
            for these in (
                customers(self._pools, lifecycles.customers),
                accounts(self.config, lifecycles.customers),
                subscriptions(lifecycles.subscriptions),
            ):
                write_states(appender, self._batches, these, passed, months)

    def _runs(self, months: int) -> Iterator[Lifecycles]:
        total, step = self._population.size(months), self.config.output.chunk_rows
        for start in range(0, total, step):
            stop = min(start + step, total)
            yield draw_lifecycles(self.config, self._streams, start, stop, months)

    def _bill(
        self,
        appender: Appender,
        arrivals: Arrivals,
        lifecycles: Lifecycles,
        month: int,
        passed: int,
    ) -> None:
        """Bill a month; of months already written, keep only what is still to arrive."""
        bills = bill_month(self.config, self._streams, self.axis, lifecycles, month)
        settled = settle(self.config, self.axis, bills)
        schedule_arrivals(arrivals, self.axis, settled, passed)
        if month < passed:
            return
        policy = self.config.policy
        for truth in (
            ghost_truth(policy, bills),
            *zombie_truth(policy, settled),
            leaky_truth(settled),
        ):
            appender.add(FAULTS, truth_rows(self.axis, truth))

    def _deliver(
        self, appender: Appender, arrivals: Arrivals, runs: Sequence[Lifecycles], month: int
    ) -> None:
        batch = self._batches.batch_no(month)
        for table, rows in arriving_rows(arrivals, self.axis, month, batch):
            appender.add(table, rows)
        for lifecycles in runs:
            for captured in (
                accounts(self.config, lifecycles.customers),
                subscriptions(lifecycles.subscriptions),
            ):
                for rows in change_events(self.axis, captured, month, batch):
                    appender.add(CHANGE_EVENTS, rows)
        appender.add(BATCHES, self._batches.row(month))

    def _plans(self) -> pa.RecordBatch:
        return pa.record_batch(
            {
                "plan_id": pa.array([plan.plan_id for plan in PLANS]),
                "plan_name": pa.array([plan.name for plan in PLANS]),
                "monthly_price": columns.money(np.array([plan.cents for plan in PLANS])),
                "currency": columns.constant(CURRENCY, len(PLANS)),
                "_batch_no": columns.constant_number(self._batches.batch_no(0), len(PLANS)),
            }
        )

    def _look_back(self) -> int:
        """Return the months after which nothing more can happen to the invoices of a month."""
        config, payments = self.config, self.config.payments
        terms = config.subscription.payment_terms_days
        issued = config.ghost.billed_late_max_days
        ordinary = terms + payments.late_max_days + config.leaky.topped_up_max_days
        refused = (
            terms
            + payments.suspend_after_days
            + max(payments.reinstate_max_days, payments.close_after_days)
        )
        # one more month for late rows, and one for where in its month the invoice was issued
        return (issued + max(ordinary, refused)) // _SHORTEST_MONTH + 2

    @property
    def _batches(self) -> Batches:
        return Batches(self.axis, self.source, LINE_OF_BUSINESS, "sub")

    @property
    def _streams(self) -> Streams:
        return Streams(self.seed)

    @property
    def _population(self) -> Population:
        return Population(self.config.subscription)

    @property
    def _pools(self) -> Pools:
        return draw_pools(self._streams)
