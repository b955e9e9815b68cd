"""Simulates smart meters: month by month, and within a month by runs of feeders.

A month depends on the seed alone, and on what the month before carries over: late readings, and what is to be billed.
So `advance` simulates the last month again before the new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.config.metering import MAX_METERS
from seeders.config.model import MAX_MONTHS
from seeders.simulation.batches import BATCHES, Batches
from seeders.simulation.change_feed import CHANGE_EVENTS, change_events
from seeders.simulation.entities import write_states
from seeders.simulation.errors import SimulationError
from seeders.simulation.metering.account_rows import (
    LINE_OF_BUSINESS,
    accounts,
    customers,
    feeder_meters,
    meters,
)
from seeders.simulation.metering.bill_rows import bill_rows
from seeders.simulation.metering.billing import bill, measure
from seeders.simulation.metering.changes import draw_changes, with_added_load
from seeders.simulation.metering.energy import use_energy
from seeders.simulation.metering.event_rows import METER_EVENTS, OUTAGES, event_rows, outage_rows
from seeders.simulation.metering.grid import Calendar
from seeders.simulation.metering.inject import inject_faults
from seeders.simulation.metering.places import Directory, draw_places
from seeders.simulation.metering.reading_rows import READINGS, reading_rows
from seeders.simulation.metering.readings import read_meters
from seeders.simulation.metering.run import Run
from seeders.simulation.metering.tariff import TARIFFS, tariff_rows
from seeders.simulation.metering.truth import (
    METER_MONTHS,
    PLACE_CHANGES,
    READING_FAULTS,
    bill_truth,
    change_rows,
    meter_truth,
    month_rows,
    reading_faults,
)
from seeders.simulation.months import MonthAxis
from seeders.simulation.pools import draw_pools
from seeders.simulation.truth import FAULTS
from seeders.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb
    import pyarrow as pa

    from seeders.config import MeteringConfig, SimulationConfig
    from seeders.simulation.metering.changes import Changes
    from seeders.simulation.metering.facts import Metered
    from seeders.simulation.metering.places import Meters, Places
    from seeders.writer import Appender

_ROWS_PER_METER: Final = 50
"""A meter has fifteen times as many readings a month, but with `output.chunk_rows` of 64 thousand this fits.

A run of a million readings takes some 60 MB; smaller runs are slowed down by their fixed cost.
"""


@dataclass(frozen=True)
class _CarriedOver:
    """What a month carries over to the next: its run, what is to be billed, and late readings."""

    run: Run
    metered: Metered
    late: pa.RecordBatch


@dataclass(frozen=True)
class MeteringLine:
    """The smart meters of a world. `source` names the world."""

    config: SimulationConfig
    seed: int
    source: str

    @property
    def axis(self) -> MonthAxis:
        """The months of this line."""
        return MonthAxis(self._metering.first_month)

    def check(self, months: int) -> None:
        """Check that ids have enough digits.

        Raises:
            SimulationError: If they have not.
        """
        if months >= MAX_MONTHS:
            message = f"metering spans less than {MAX_MONTHS} months, not {months}"
            raise SimulationError(message)
        if self._metering.meters > MAX_METERS:
            message = f"{self._metering.meters:,} meters are more than ids allow ({MAX_METERS:,})"
            raise SimulationError(message)

    def steps(self, passed: int, months: int) -> int:
        """Count the steps that `write` will report: the months."""
        return max(0, months - passed)

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
        if months <= passed:
            return
        if passed == 0:
            appender.add(TARIFFS, tariff_rows(self._metering, self._batches.batch_no(0)))
        places, all_meters = draw_places(
            self._metering, self._streams, self.axis, range(self._metering.meters), months
        )
        places = with_added_load(self._metering, self._streams, self.axis, places)
        changes = draw_changes(self._metering, self._streams, self.axis, places, months)
        self._states(appender, places, all_meters, passed, months)
        runs = self._runs(places, all_meters, changes)
        directory = Directory.of(all_meters, self._feeders)
        carried_over: list[_CarriedOver | None] = [None] * len(runs)
        for month in range(max(0, passed - 1), months):
            is_new = month >= passed
            if is_new:
                step(f"meters, {self.axis.label(month)}")
                appender.add(BATCHES, self._batches.row(month))
            for number, (first_feeder, of_run, their_meters, their_changes) in enumerate(runs):
                run = Run(
                    self._metering,
                    self._streams,
                    Calendar(self.axis, month),
                    of_run,
                    their_changes,
                    directory,
                    first_feeder,
                )
                left = carried_over[number]
                carried_over[number] = self._month(appender, run, their_meters, is_new=is_new)
                if is_new and left is not None:
                    self._arrive(appender, left, self._batches.batch_no(month))

    def _runs(
        self, places: Places, these: Meters, changes: Changes
    ) -> list[tuple[int, Places, Meters, Changes]]:
        """Split the places into runs of whole feeders."""
        per_feeder = self._metering.meters_per_feeder
        feeders = max(1, self.config.output.chunk_rows // (_ROWS_PER_METER * per_feeder))
        size = feeders * per_feeder
        runs = []
        for start in range(0, len(places.number), size):
            stop = min(start + size, len(places.number))
            inside = these.select((these.place >= start) & (these.place < stop))
            runs.append(
                (
                    start // per_feeder,
                    places.select(np.arange(start, stop)),
                    _moved(inside, start),
                    changes.within(start, stop),
                )
            )
        return runs

    def _states(
        self, appender: Appender, places: Places, these: Meters, passed: int, months: int
    ) -> None:
        feeders = np.arange(self._feeders)
        first_day = self.axis.first_day(0)
        captured = (
            accounts(places, self._metering),
            meters(places, these, self._metering),
            feeder_meters(self._metering, feeders, first_day),
        )
        for month in range(passed, months):
            batch = self._batches.batch_no(month)
            for entities in captured:
                for rows in change_events(self.axis, entities, month, batch):
                    appender.add(CHANGE_EVENTS, rows)
        people = customers(draw_pools(self._streams), places, self._metering)
        for entities in (people, *captured):
            write_states(appender, self._batches, entities, passed, months)

    def _month(self, appender: Appender, run: Run, these: Meters, *, is_new: bool) -> _CarriedOver:
        """Simulate a month of a run; one already written only for what it carries over."""
        batch = self._batches.batch_no(run.calendar.month)
        energy = use_energy(run)
        readings = read_meters(run, energy, these)
        metered = measure(run, energy, readings)
        received = inject_faults(run, readings)
        now, late = reading_rows(run, readings, received, batch)
        if is_new:
            for rows in now:
                appender.add(READINGS, rows)
            appender.add(OUTAGES, outage_rows(run, batch))
            for rows in event_rows(run, energy, readings, received, batch):
                appender.add(METER_EVENTS, rows)
            appender.add(READING_FAULTS, reading_faults(run, readings, received.spells, these))
            appender.add(METER_MONTHS, month_rows(run, energy, readings))
            appender.add(PLACE_CHANGES, change_rows(run, readings))
            for rows in meter_truth(run, energy, these):
                appender.add(FAULTS, rows)
        return _CarriedOver(run, metered, late)

    def _arrive(self, appender: Appender, left: _CarriedOver, batch: int) -> None:
        """Write what arrives in the following month."""
        appender.add(READINGS, left.late)
        bills = bill(left.run, left.metered)
        for table, rows in bill_rows(left.run, bills, batch):
            appender.add(table, rows)
        for rows in bill_truth(left.run, bills, self.config.policy):
            appender.add(FAULTS, rows)

    @property
    def _metering(self) -> MeteringConfig:
        return self.config.metering

    @property
    def _feeders(self) -> int:
        return -(-self._metering.meters // self._metering.meters_per_feeder)

    @property
    def _batches(self) -> Batches:
        return Batches(self.axis, self.source, LINE_OF_BUSINESS, "mtr", "metering")

    @cached_property
    def _streams(self) -> Streams:
        return Streams(self.seed)


def _moved(these: Meters, by: int) -> Meters:
    """Return meters with places counted from the first of their run."""
    return type(these)(
        place=these.place - by,
        sequence=these.sequence,
        installed_at=these.installed_at,
        failed_at=these.failed_at,
        is_frozen=these.is_frozen,
        removed_at=these.removed_at,
    )
