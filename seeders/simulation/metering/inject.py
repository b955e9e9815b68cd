"""The faults injected into readings and bills of smart meters.

A meter's day has at most one run of faulty hours, and an hour outside of it at most one fault; the probabilities are
adjusted so that each fault still affects its configured share of hours. Everything is drawn by the hour or day of a
meter, independently of other meters and of the order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from seeders.config.metering import RUNS, daily_chance, in_runs
from seeders.simulation.metering.facts import (
    DISCONNECTED,
    ESTIMATED,
    FAULTS,
    GHOST,
    NO_SIGNAL,
    NO_VALUE,
    NOT_DUE,
    OVER_BILLED,
    REVERSE,
    RIGHT,
    TAMPER,
    TAMPERINGS,
    UNBILLED,
    UNDER_BILLED,
    VOLT,
    Extra,
    ReadingMatrix,
    ReceivedReadings,
    Spells,
)
from seeders.simulation.metering.grid import DAYS_DRAWN, HOURS_PER_DAY
from seeders.simulation.metering.run import hour_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.simulation.metering.facts import HourlyReadings, Metered, Triples
    from seeders.simulation.metering.run import Run
    from seeders.streams import Sequences

_BILLED_AFTER_CUT: Final = 3
"""For this many months a disconnected place may be billed by mistake."""

_DAYS_A_MONTH: Final = 28

FEEDER_BASE: Final = 1_000_000
"""Meters of feeders are numbered above those of all places."""

_SINGLE: Final = (
    "missing",
    "negative",
    "spike",
    "voltage_sag",
    "tamper",
    "reverse_energy",
    "duplicate",
    "late_arrival",
)
_ON_SUPPLY: Final = ("negative", "spike", "voltage_sag", "tamper", "reverse_energy")
"""Faults of hours without an interruption, at working meters."""
_ON_USE: Final = ("spike", "reverse_energy")
_ALIVE: Final = ("duplicate",)
_LATE: Final = ("late_arrival",)
_STEPS: Final = 65_536
_MONTHS: Final = 1_024
_HOURS: Final = 1_024
_SAG_LOW: Final = 140 * VOLT
_SAG_HIGH: Final = 200 * VOLT
_GARBAGE: Final = 2_000
_DIFFERS_BY: Final = 0.5


def inject_faults(run: Run, readings: HourlyReadings) -> ReceivedReadings:
    """Inject faults into a month's readings.

    Args:
        run: The run and the month.
        readings: Its readings; their arrays are changed in place.

    Returns:
        The readings as they arrive.
    """
    shape = readings.kwh.shape
    matrix = ReadingMatrix(
        kwh=readings.kwh,
        voltage=readings.voltage,
        quality=np.zeros(shape, dtype=np.int8),
        arrives=np.ones(shape, dtype=np.bool_),
        in_run=np.zeros(shape, dtype=np.bool_),
    )
    spells, misattributed = _runs(run, readings, matrix)
    more, extra, tamperings = _singles(run, readings, matrix)
    every = Spells.concatenate([*spells, *more, _feeder_sags(run)])
    return ReceivedReadings(matrix, misattributed, extra, every, tamperings)


def numbers(run: Run) -> NDArray[np.int64]:
    """Return the numbers by which the draws of a run's meters differ."""
    feeders = FEEDER_BASE + run.first_feeder + np.arange(run.feeders)
    return np.concatenate([run.places.number, feeders])


def choose_bill_faults(
    run: Run,
    metered: Metered,
    is_cut: NDArray[np.bool_],
    is_noticeable: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """Choose the faults injected into bills, at most one each.

    Args:
        run: The places and the month that is billed.
        metered: What they used.
        is_cut: Which of them are disconnected.
        is_noticeable: Where a bill by the old price list would be noticeably too low.

    Returns:
        The fault of each bill, a position in `RULES`.
    """
    config = run.config
    kinds = (GHOST, UNBILLED, OVER_BILLED, UNDER_BILLED)
    rates = (
        config.ghost_rate,
        config.unbilled_rate,
        config.over_billed_rate,
        config.under_billed_rate,
    )
    drawn = run.draw("bill.fault")[:, 0]
    fault = np.array((*kinds, RIGHT), dtype=np.int8)[
        np.searchsorted(np.cumsum(rates), drawn, side="right")
    ]
    used = metered.watt_hours > 0
    fault[~used] = RIGHT
    wrong_usage = (fault == UNBILLED) | (fault == OVER_BILLED)
    fault[wrong_usage & metered.is_disturbed] = RIGHT
    fault[(fault == UNDER_BILLED) & ~is_noticeable] = RIGHT
    days_cut = run.calendar.first_day - run.places.cut_on
    is_billed = (days_cut < _BILLED_AFTER_CUT * _DAYS_A_MONTH) & (
        run.draw("bill.cut")[:, 0] < config.billed_while_disconnected_rate
    )
    return np.where(is_cut, np.where(is_billed, DISCONNECTED, NOT_DUE), fault).astype(np.int8)


def _daily(run: Run, stream: str) -> NDArray[np.float64]:
    """Draw for each meter's days, N x D."""
    of_feeders = run.streams.uniform(
        f"metering.grid.{stream}",
        run.first_feeder * DAYS_DRAWN,
        run.feeders * DAYS_DRAWN,
        run.calendar.month,
    ).reshape(run.feeders, DAYS_DRAWN)
    drawn = np.concatenate([run.draw(stream, DAYS_DRAWN), of_feeders])
    return drawn[:, : run.calendar.days]


def _runs(
    run: Run, readings: HourlyReadings, matrix: ReadingMatrix
) -> tuple[list[Spells], Triples]:
    """Inject faults of several consecutive hours; return them, and the readings that carry another meter's number."""
    nothing = np.empty(0, dtype=np.int64)
    misattributed = nothing, nothing, nothing
    config = run.config
    drawn, length_drawn = _daily(run, "run"), _daily(run, "run.length")
    start_drawn, more_drawn = _daily(run, "run.start"), _daily(run, "run.more")
    chances = np.cumsum([daily_chance(config, kind) for kind in RUNS])
    spells = []
    clean = matrix.kwh.copy() if chances[-1] > 0 else matrix.kwh
    for kind, low, high in zip(RUNS, (0.0, *chances[:-1]), chances, strict=True):
        meter, day = np.nonzero((drawn >= low) & (drawn < high))
        least, most = getattr(config, f"{kind}_min_hours"), getattr(config, f"{kind}_max_hours")
        length = least + (length_drawn[meter, day] * (most - least + 1)).astype(np.int64)
        places = HOURS_PER_DAY - length + 1
        at, more = start_drawn[meter, day], more_drawn[meter, day]
        if kind == "zero_run":
            start, found = _undisturbed(readings, meter, day, length, at)
        else:
            start, found = (at * places).astype(np.int64), np.ones(len(meter), dtype=np.bool_)
        begins = day * HOURS_PER_DAY + start
        if kind != "signal_drop":
            # a dead meter reports zeros already, and sends nothing under another number
            found &= ~_touches(readings.is_dead, meter, begins, length)
        if kind == "wrong_meter":
            found &= (meter < run.size) & (_neighbours(run, meter) > 1)
        meter, begins, length, more = meter[found], begins[found], length[found], more[found]
        rows, hours = _hours_of(meter, begins, length)
        matrix.in_run[rows, hours] = True
        fault = FAULTS.index(kind)
        spells.append(_spells(meter, fault, begins, length))
        if kind == "zero_run":
            matrix.kwh[rows, hours] = 0
        elif kind == "signal_drop":
            is_guessed = more < config.signal_drop_estimated_share
            last = clean[meter, np.maximum(begins - 1, 0)]
            value = np.where(is_guessed, last, NO_VALUE)
            matrix.kwh[rows, hours] = np.repeat(value, length)
            guessed = np.repeat(is_guessed, length)
            matrix.quality[rows, hours] = np.where(guessed, ESTIMATED, NO_SIGNAL)
            silent = rows[~guessed], hours[~guessed]
            matrix.voltage[silent] = NO_VALUE
        else:
            bearer = _bearer(run, meter, more)
            misattributed = rows, hours, np.repeat(bearer, length)
            # the other meter then has those hours twice
            spells.append(_spells(bearer, FAULTS.index("duplicate"), begins, length))
    return spells, misattributed


def _undisturbed(
    readings: HourlyReadings,
    meter: NDArray[np.int64],
    day: NDArray[np.int64],
    length: NDArray[np.int64],
    drawn: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Choose where in its day a run begins so that it overlaps no outage; some days have no room."""
    out = readings.minutes_out.reshape(len(readings.kwh), -1, HOURS_PER_DAY)[meter, day] > 0
    before = np.zeros((len(meter), HOURS_PER_DAY + 1), dtype=np.int64)
    np.cumsum(out, axis=1, out=before[:, 1:])
    starts = np.arange(HOURS_PER_DAY)
    ends = starts + length[:, None]
    fits = ends <= HOURS_PER_DAY
    at_end = np.take_along_axis(before, np.minimum(ends, HOURS_PER_DAY), axis=1)
    fits &= at_end == before[:, :-1]
    room = fits.sum(axis=1)
    nth = (drawn * room).astype(np.int64)
    start = np.argmax(np.cumsum(fits, axis=1) > nth[:, None], axis=1)
    return start, room > 0


def _touches(
    mask: NDArray[np.bool_],
    meter: NDArray[np.int64],
    begins: NDArray[np.int64],
    length: NDArray[np.int64],
) -> NDArray[np.bool_]:
    rows, hours = _hours_of(meter, begins, length)
    owner = np.repeat(np.arange(len(meter)), length)
    return np.bincount(owner, weights=mask[rows, hours], minlength=len(meter)) > 0


def _hours_of(
    meter: NDArray[np.int64], begins: NDArray[np.int64], length: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every hour of runs, with its meter."""
    rows = np.repeat(meter, length)
    first = np.repeat(np.cumsum(length) - length, length)
    return rows, np.repeat(begins, length) + np.arange(len(rows)) - first


def _neighbours(run: Run, meter: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the meters on each meter's feeder."""
    sizes = np.bincount(run.feeder, minlength=run.feeders)
    return sizes[run.feeder[np.minimum(meter, run.size - 1)]]


def _bearer(run: Run, meter: NDArray[np.int64], drawn: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose another meter of the same feeder."""
    first = run.feeder[meter] * run.config.meters_per_feeder
    size = _neighbours(run, meter)
    step = 1 + (drawn * (size - 1)).astype(np.int64)
    return first + (meter - first + step) % size


def _spells(
    meter: NDArray[np.int64],
    fault: int,
    hour: NDArray[np.int64],
    hours: NDArray[np.int64],
) -> Spells:
    kind = np.full(len(meter), fault, dtype=np.int8)
    return Spells(meter.astype(np.int64), kind, hour.astype(np.int64), hours.astype(np.int64))


def _singles(
    run: Run, readings: HourlyReadings, matrix: ReadingMatrix
) -> tuple[list[Spells], Extra, Triples]:
    """Inject faults of single hours."""
    config, hours = run.config, run.calendar.hours
    rates = np.array([getattr(config, f"{kind}_rate") for kind in _SINGLE])
    reached = np.cumsum(rates / max(1 - in_runs(config), 1e-9))
    words = np.concatenate(
        [
            hour_words(run, "single", run.start, run.size),
            hour_words(run, "grid.single", run.first_feeder, run.feeders),
        ]
    )
    candidate = np.flatnonzero(words < np.ceil(reached[-1] * _STEPS))
    meter, hour = np.divmod(candidate, hours)
    more = run.streams.sequences(
        "metering.single.more",
        (numbers(run)[meter] * _MONTHS + run.calendar.month) * _HOURS + hour,
    )
    drawn = (words.ravel()[candidate] + more(0)) / _STEPS
    kind = _kinds(reached, drawn)
    out, dead = readings.minutes_out[meter, hour] > 0, readings.is_dead[meter, hour]
    is_lit = ~out & ~dead
    value = matrix.kwh[meter, hour]
    late_from = hours - config.late_arrival_days * HOURS_PER_DAY
    on_supply, on_use, alive, late = _needs()[kind].T
    eligible = (
        (kind < len(_SINGLE))
        & (is_lit | ~on_supply)
        & ((value > 0) | ~on_use)
        & (~dead | ~alive)
        & ((hour >= late_from) | ~late)
        & ((meter < run.size) | (kind != _SINGLE.index("tamper")))
        & ~matrix.in_run[meter, hour]
    )
    chosen = np.flatnonzero(eligible)
    meter, hour, kind = meter[chosen], hour[chosen], kind[chosen]
    spells = []
    extras = []
    nothing = np.empty(0, dtype=np.int64)
    tamperings = (nothing, nothing, nothing)
    for index, name in enumerate(_SINGLE):
        of = np.flatnonzero(kind == index)
        at = meter[of], hour[of]
        rows = chosen[of]
        spells.append(_spells(*at[:1], FAULTS.index(name), at[1], np.ones(len(of), np.int64)))
        if name == "missing":
            matrix.arrives[at] = False
        elif name == "negative":
            matrix.kwh[at] = -1 - (more(1, rows) * _GARBAGE).astype(np.int32)
        elif name == "spike":
            matrix.kwh[at] = _spike(run, readings, matrix, at, (more(1, rows), more(2, rows)))
        elif name == "voltage_sag":
            sagged = _SAG_LOW + more(1, rows) * (_SAG_HIGH - _SAG_LOW)
            matrix.voltage[at] = sagged.astype(np.int32) // 100 * 100
        elif name == "tamper":
            matrix.quality[at] = TAMPER
            tamperings = (*at, (more(1, rows) * len(TAMPERINGS)).astype(np.int64))
        elif name == "reverse_energy":
            matrix.kwh[at] = -matrix.kwh[at]
            matrix.quality[at] = REVERSE
        elif name == "duplicate":
            extras.append(_duplicates(run, matrix, at, more, rows))
        else:
            matrix.arrives[at] = False
            extras.append(_extra(matrix, at, matrix.kwh[at], np.ones(len(of), dtype=np.bool_)))
    return spells, Extra.concatenate(extras), tamperings


def _kinds(reached: NDArray[np.float64], drawn: NDArray[np.float64]) -> NDArray[np.int8]:
    """Choose a fault for each draw; past the last one there is none. With so few faults counting is faster than a search."""
    kind = np.zeros(len(drawn), dtype=np.int8)
    for end in reached:
        kind += drawn >= end
    return kind


def _needs() -> NDArray[np.bool_]:
    """Return for each fault, and for none, whether it needs supply, use, a working meter, the end of the month."""
    needs = np.zeros((len(_SINGLE) + 1, 4), dtype=np.bool_)
    for column, kinds in enumerate((_ON_SUPPLY, _ON_USE, _ALIVE, _LATE)):
        needs[[_SINGLE.index(name) for name in kinds], column] = True
    return needs


def _spike(
    run: Run,
    readings: HourlyReadings,
    matrix: ReadingMatrix,
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    drawn: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.int32]:
    """Multiply the largest of an hour and its neighbours to a value above what the connected load allows.

    A high hour within the connected load is not a fault of the data. A feeder's meter has no connected load.
    """
    meter, hour = at
    last = readings.kwh.shape[1] - 1
    near = [matrix.kwh[meter, np.clip(hour + step, 0, last)] for step in (-1, 0, 1)]
    config = run.config
    factor = config.spike_min_factor + drawn[0] * (
        config.spike_max_factor - config.spike_min_factor
    )
    of_load = config.spike_min_load_factor + drawn[1] * (
        config.spike_max_load_factor - config.spike_min_load_factor
    )
    most = np.max(near, axis=0).astype(np.int64)
    largest = run.places.watts + run.places.more_watts
    load = np.concatenate([largest, np.zeros(run.feeders, dtype=np.int64)])[meter]
    value = np.maximum(np.rint(most * factor), np.rint(load * of_load))
    spike: NDArray[np.int32] = np.minimum(value, 2**31 - 1).astype(np.int32)
    return spike


def _extra(
    matrix: ReadingMatrix,
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    kwh: NDArray[np.int32],
    is_next: NDArray[np.bool_],
) -> Extra:
    return Extra(
        meter=at[0].astype(np.int64),
        hour=at[1].astype(np.int64),
        kwh=kwh,
        voltage=matrix.voltage[at],
        quality=matrix.quality[at],
        is_next=is_next,
    )


def _duplicates(
    run: Run,
    matrix: ReadingMatrix,
    at: tuple[NDArray[np.int64], NDArray[np.int64]],
    more: Sequences,
    rows: NDArray[np.intp],
) -> Extra:
    """Repeat readings, a share of them with another value."""
    config, kwh = run.config, matrix.kwh[at].astype(np.int64)
    differs = more(1, rows) < config.duplicate_differing_share
    other = np.rint(kwh * (1 - _DIFFERS_BY + more(2, rows) * 2 * _DIFFERS_BY)).astype(np.int64)
    other = np.where(other == kwh, kwh + 1, other)
    is_next = more(3, rows) < config.duplicate_next_batch_share
    return _extra(matrix, at, np.where(differs, other, kwh).astype(np.int32), is_next)


def _feeder_sags(run: Run) -> Spells:
    """Return the hours in which a feeder's voltage sags, for all its meters."""
    feeder = np.concatenate([run.feeder, np.arange(run.feeders)])
    sagging = (run.minutes_sagging > 0) & (run.minutes_out == 0)
    meter, hour = np.nonzero(sagging[feeder])
    return _spells(meter, FAULTS.index("voltage_sag"), hour, np.ones(len(meter), np.int64))
