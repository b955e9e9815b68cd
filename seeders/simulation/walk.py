"""The walk over the months: who is billed, what is paid, what arrives, and how rows then stand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pyarrow as pa

from seeders.config import OutputConfig, config_to_json
from seeders.config.model import MAX_CUSTOMERS, MAX_MONTHS
from seeders.faults.leakage import ghost_truth, leaky_truth, zombie_truth
from seeders.simulation import columns
from seeders.simulation.batches import batch_no
from seeders.simulation.billing import bill_month
from seeders.simulation.change_feed import CHANGE_EVENTS, change_events
from seeders.simulation.customer_rows import Pools, customers, draw_pools
from seeders.simulation.errors import SimulationError
from seeders.simulation.ledger_rows import (
    FAULTS,
    Waiting,
    arriving,
    truth_rows,
    wait_for_arrival,
)
from seeders.simulation.lives import draw_lives
from seeders.simulation.months import SECONDS_PER_DAY, MonthAxis
from seeders.simulation.payments import settle
from seeders.simulation.plans import CURRENCY, LINE_OF_BUSINESS, PLANS
from seeders.simulation.population import Population
from seeders.simulation.state_rows import Entities, accounts, last_turn, subscriptions
from seeders.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from seeders.config import SimulationConfig
    from seeders.simulation.lives import Lives
    from seeders.writer import Appender

PLAN_TABLE: Final = "raw_billing.plans"
BATCHES: Final = "raw_control.extract_batches"

_SHORTEST_MONTH: Final = 28


class Progress(Protocol):
    """What is called as the months go by."""

    def __call__(self, done: int, total: int, what: str) -> None:
        """Tell that `done` of `total` months are written, and what is being worked on."""


@dataclass(frozen=True)
class Walk:
    """A world that is written month by month."""

    config: SimulationConfig
    seed: int

    @property
    def axis(self) -> MonthAxis:
        """The months of this world."""
        return MonthAxis(self.config.period.first_month)

    @property
    def source(self) -> str:
        """Name of this world: all that its rows depend on, and nothing else."""
        same = replace(
            self.config, output=OutputConfig(), period=replace(self.config.period, months=1)
        )
        told = f"{self.seed}/{config_to_json(same)}"
        return f"simulation:{hashlib.blake2b(told.encode(), digest_size=6).hexdigest()}"

    def check(self, months: int) -> None:
        """Make sure that ids have enough digits.

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

    def write(
        self, appender: Appender, passed: int, months: int, progress: Progress | None
    ) -> None:
        """Write what arrives after the first months, and the state at the end of the last.

        Args:
            appender: Where rows go.
            passed: How many months are written already.
            months: How many months are written afterwards.
            progress: Called as the months go by.
        """
        runs = list(self._runs(months))
        waiting = Waiting()
        if passed == 0:
            appender.add(PLAN_TABLE, self._plans())
        for month in range(max(0, passed - self._look_back()), months):
            if progress is not None and month >= passed:
                progress(month - passed, months - passed, self.axis.label(month))
            for lives in runs:
                self._bill(appender, waiting, lives, month, passed)
            if month >= passed:
                self._deliver(appender, waiting, runs, month)
        for lives in runs:
            self._state(appender, lives, passed, months)
        if progress is not None:
            progress(months - passed, months - passed, "")

    def _runs(self, months: int) -> Iterator[Lives]:
        total, step = self._population.size(months), self.config.output.chunk_rows
        for start in range(0, total, step):
            stop = min(start + step, total)
            yield draw_lives(self.config, self._streams, start, stop, months)

    def _bill(
        self, appender: Appender, waiting: Waiting, lives: Lives, month: int, passed: int
    ) -> None:
        """Bill a month; of months written already, keep only what is still to arrive."""
        bills = bill_month(self.config, self._streams, self.axis, lives, month)
        settled = settle(self.config, self.axis, bills)
        wait_for_arrival(waiting, self.axis, settled, passed)
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
        self, appender: Appender, waiting: Waiting, runs: Sequence[Lives], month: int
    ) -> None:
        batch = self._batch_no(month)
        for table, rows in arriving(waiting, self.axis, month, batch):
            appender.add(table, rows)
        for lives in runs:
            for captured in (
                accounts(self.config, lives.customers),
                subscriptions(lives.subscriptions),
            ):
                for rows in change_events(self.axis, captured, month, batch):
                    appender.add(CHANGE_EVENTS, rows)
        appender.add(BATCHES, self._batch_row(month))

    def _state(self, appender: Appender, lives: Lives, passed: int, months: int) -> None:
        """Write rows as they stand at the end, those alone that have changed since `passed`."""
        since = np.int64(self.axis.first_day(passed) * SECONDS_PER_DAY)
        end = np.int64(self.axis.first_day(months) * SECONDS_PER_DAY - 1)
        batches = np.array([self._batch_no(month) for month in range(months)], np.int32)
        for these in (
            customers(self._pools, lives.customers),
            accounts(self.config, lives.customers),
            subscriptions(lives.subscriptions),
        ):
            changed_at = last_turn(these.turns, np.full(len(these.number), end))
            is_there = (these.turns[0] <= end) & (these.gone > end)
            if passed == 0:
                self._append_state(appender, these, np.flatnonzero(is_there), end, batches)
                continue
            was_there = (these.turns[0] < since) & (these.gone >= since)
            is_changed = (changed_at >= since) & (changed_at <= end)
            stale = np.flatnonzero(was_there & is_changed)
            # the key alone is wanted, and it is the same at any time
            keys = these.rows_at(stale, these.turns[0][stale])[these.key]
            appender.delete(these.table, pa.table({these.key: keys}))
            fresh = np.flatnonzero(is_there & is_changed)
            self._append_state(appender, these, fresh, end, batches)

    def _append_state(
        self,
        appender: Appender,
        these: Entities,
        rows: NDArray[np.intp],
        end: np.int64,
        batches: NDArray[np.int32],
    ) -> None:
        at = np.full(len(rows), end)
        changed_at = last_turn([turn[rows] for turn in these.turns], at)
        month = self.axis.month_of((changed_at // SECONDS_PER_DAY).astype(np.int32))
        # what was there before the first month came with its batch
        batch = pa.array(batches[np.maximum(month, 0)])
        appender.add(these.table, pa.record_batch({**these.rows_at(rows, at), "_batch_no": batch}))

    def _plans(self) -> pa.RecordBatch:
        return pa.record_batch(
            {
                "plan_id": pa.array([plan.plan_id for plan in PLANS]),
                "plan_name": pa.array([plan.name for plan in PLANS]),
                "monthly_price": columns.money(np.array([plan.cents for plan in PLANS])),
                "currency": columns.constant(CURRENCY, len(PLANS)),
                "_batch_no": columns.constant_number(self._batch_no(0), len(PLANS)),
            }
        )

    def _batch_no(self, month: int) -> int:
        return batch_no(LINE_OF_BUSINESS, self.axis, month)

    def _batch_row(self, month: int) -> pa.RecordBatch:
        """Book a month's extract. It is drawn the night after: no wall clock, same bits."""
        first, last = (
            np.array([f(month)], np.int32) for f in (self.axis.first_day, self.axis.last_day)
        )
        return pa.record_batch(
            {
                "batch_id": columns.constant(f"sub-{self.axis.label(month)}", 1),
                "batch_no": columns.constant_number(self._batch_no(month), 1),
                "source": columns.constant(self.source, 1),
                "line_of_business": columns.constant(LINE_OF_BUSINESS, 1),
                "as_of_date": columns.days(last),
                "covers_from": columns.days(first),
                "covers_to": columns.days(last),
                "loaded_at": columns.timestamps((last + 1) * np.int64(SECONDS_PER_DAY)),
            }
        )

    def _look_back(self) -> int:
        """Bound the months after which no invoice of a month has anything to come any more."""
        config, payments = self.config, self.config.payments
        terms = config.subscription.payment_terms_days
        issued = config.ghost.billed_late_max_days
        ordinary = terms + payments.late_max_days + config.leaky.topped_up_max_days
        refused = (
            terms
            + payments.suspend_after_days
            + max(payments.reinstate_max_days, payments.close_after_days)
        )
        # one month more for what arrives late, one for where in the month it began
        return (issued + max(ordinary, refused)) // _SHORTEST_MONTH + 2

    @property
    def _streams(self) -> Streams:
        return Streams(self.seed)

    @property
    def _population(self) -> Population:
        return Population(self.config.subscription)

    @cached_property
    def _pools(self) -> Pools:
        return draw_pools(self._streams)
