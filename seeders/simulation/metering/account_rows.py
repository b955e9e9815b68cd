"""Customers, accounts and meters of places with a smart meter, and the state of their rows at any second."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.entities import SECONDS_PER_HOUR, Entities, last_transition, never
from seeders.simulation.metering import names
from seeders.simulation.metering.catalogue import FEEDER_TYPE, read_catalogue
from seeders.simulation.metering.places import NEVER_AT
from seeders.simulation.months import NEVER, SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seeders.config import MeteringConfig
    from seeders.simulation.metering.places import Meters, Places
    from seeders.simulation.pools import Pools

LINE_OF_BUSINESS: Final = "utility"
CURRENCY: Final = "PKR"
METERS: Final = "raw_metering.meters"

_STATUSES: Final = ("Active", "Disconnected", "Replaced")
_HOUSE_NUMBERS: Final = 900
_POSTAL_CODE: Final = 44_000
_OPENED_HOUR: Final = 10
_SEQUENCE: Final = 100
_WATT_DIGITS: Final = 3


def customers(pools: Pools, places: Places, config: MeteringConfig) -> Entities:
    """Return the customers, one for each place."""
    transitions = (_opened_at(places.opened_on),)
    return Entities(
        table="raw_crm.customers",
        key="customer_id",
        number=places.number,
        transitions=transitions,
        deleted_at=never(places.number),
        rows_at=partial(_customer_rows, pools, places, config),
    )


def accounts(places: Places, config: MeteringConfig) -> Entities:
    """Return the accounts, one for each place. A disconnected place keeps its account."""
    at = _opened_at(places.opened_on)

    def rows_at(rows: NDArray[np.intp], _: NDArray[np.int64]) -> dict[str, pa.Array]:
        count, number = len(rows), places.number[rows]
        return {
            "account_id": names.of_place(names.ACCOUNT, number),
            "customer_id": names.of_place(names.CUSTOMER, number),
            "line_of_business": columns.constant(LINE_OF_BUSINESS, count),
            "status": columns.constant("Active", count),
            "opened_on": columns.days(places.opened_on[rows]),
            "closed_on": columns.days(np.full(count, NEVER, dtype=np.int32)),
            "payment_terms_days": columns.constant_number(config.due_after_days, count),
            "cash_application": columns.constant("open_item", count),
            "currency": columns.constant(CURRENCY, count),
            "updated_at": columns.timestamps(at[rows]),
        }

    return Entities(
        table="raw_crm.accounts",
        key="account_id",
        number=places.number,
        transitions=(at,),
        deleted_at=never(places.number),
        rows_at=rows_at,
        letter="N",
    )


def meters(places: Places, these: Meters, config: MeteringConfig) -> Entities:
    """Return the meters of places: installed, moved to another schedule, disconnected, replaced, load increased."""
    moved_at, cut_at, more_at = (
        np.where(day == NEVER, NEVER_AT, day.astype(np.int64) * SECONDS_PER_DAY)[these.place]
        for day in (places.moved_on, places.cut_on, places.more_from)
    )
    # each kind of change has a second of its own
    more_at = np.where(more_at == NEVER_AT, NEVER_AT, more_at + SECONDS_PER_HOUR)
    begins, ends = these.installed_at, these.removed_at

    def within(at: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where((at >= begins) & (at < ends), at, NEVER_AT)

    transitions = (begins, within(moved_at), within(cut_at), ends, within(more_at))
    catalogue = read_catalogue()

    def rows_at(rows: NDArray[np.intp], at: NDArray[np.int64]) -> dict[str, pa.Array]:
        place = these.place[rows]
        number, sequence = places.number[place], these.sequence[rows]
        has_moved = (moved_at[rows] < begins[rows]) | (transitions[1][rows] <= at)
        schedule = places.schedule[place]
        schedule = np.where(has_moved, catalogue.moves[schedule], schedule)
        has_more = (more_at[rows] < begins[rows]) | (transitions[4][rows] <= at)
        watts = places.watts[place] + np.where(has_more, places.more_watts[place], 0)
        status = np.where(ends[rows] <= at, 2, np.where(transitions[2][rows] <= at, 1, 0))
        return {
            "meter_id": names.of_meter(names.METER, number, sequence),
            "meter_number": names.of_meter(names.METER_NUMBER, number, sequence),
            "account_id": names.of_place(names.ACCOUNT, number),
            "consumer_type": columns.choice(catalogue.names, places.kind[place]),
            "rate_schedule": columns.plain(columns.choice(catalogue.schedule_names, schedule)),
            "district": names.districts(places.feeder[place] // config.feeders_per_district),
            "feeder": names.feeders(places.feeder[place]),
            "connected_load_kw": columns.decimals(watts, _WATT_DIGITS),
            "status": columns.choice(_STATUSES, status.astype(np.int8)),
            "installed_on": _days(begins[rows]),
            "updated_at": columns.timestamps(
                last_transition([transition[rows] for transition in transitions], at)
            ),
        }

    number = places.number[these.place] * _SEQUENCE + these.sequence
    return Entities(
        table=METERS,
        key="meter_id",
        number=number,
        transitions=transitions,
        deleted_at=never(number),
        rows_at=rows_at,
        letter="M",
    )


def feeder_meters(config: MeteringConfig, feeders: NDArray[np.int64], first_day: int) -> Entities:
    """Return the meters that measure the energy fed into feeders; they are as old as the oldest account can be."""
    begins = first_day - 1 - config.opened_years_before * 365
    at = _opened_at(np.full(len(feeders), begins, dtype=np.int32))

    def rows_at(rows: NDArray[np.intp], _: NDArray[np.int64]) -> dict[str, pa.Array]:
        feeder, count = feeders[rows], len(rows)
        nothing = pa.nulls(count, pa.string())
        first = np.zeros(count, dtype=np.int64)
        return {
            "meter_id": names.of_meter(names.FEEDER_METER, feeder, first),
            "meter_number": names.of_meter(names.FEEDER_METER_NUMBER, feeder, first),
            "account_id": nothing,
            "consumer_type": columns.constant(FEEDER_TYPE, count),
            "rate_schedule": nothing,
            "district": names.districts(feeder // config.feeders_per_district),
            "feeder": names.feeders(feeder),
            "connected_load_kw": pa.nulls(count, pa.decimal64(18, _WATT_DIGITS)),
            "status": columns.choice(_STATUSES, np.zeros(count, dtype=np.int8)),
            "installed_on": _days(at[rows]),
            "updated_at": columns.timestamps(at[rows]),
        }

    return Entities(
        table=METERS,
        key="meter_id",
        number=feeders,
        transitions=(at,),
        deleted_at=never(feeders),
        rows_at=rows_at,
        letter="F",
    )


def _opened_at(day: NDArray[np.int32]) -> NDArray[np.int64]:
    at: NDArray[np.int64] = day.astype(np.int64) * SECONDS_PER_DAY + _OPENED_HOUR * SECONDS_PER_HOUR
    return at


def _days(seconds: NDArray[np.int64]) -> pa.Array:
    return columns.days((seconds // SECONDS_PER_DAY).astype(np.int32))


def _customer_rows(
    pools: Pools,
    places: Places,
    config: MeteringConfig,
    rows: NDArray[np.intp],
    _: NDArray[np.int64],
) -> dict[str, pa.Array]:
    start, count = int(places.number[0]), len(places.number)
    catalogue = read_catalogue()

    def draw(stream: str) -> NDArray[np.float64]:
        drawn = pools.streams.uniform(f"metering.customer.{stream}", start, count)
        return drawn[rows]

    def pick(stream: str, pool: tuple[str, ...]) -> pa.Array:
        return pa.array(pool).take(pa.array((draw(stream) * len(pool)).astype(np.int32)))

    segment = catalogue.segment[places.kind[rows]]
    is_home = segment == catalogue.segments.index("Residential")
    person = pc.binary_join_element_wise(
        pick("first_name", pools.first_names), pick("last_name", pools.last_names), " "
    )
    digits = columns.digits(places.number[rows], names.PLACE_DIGITS)
    district = places.feeder[rows] // config.feeders_per_district
    house = (draw("house") * _HOUSE_NUMBERS).astype(np.int32) + 1
    opened_at = columns.timestamps(_opened_at(places.opened_on[rows]))
    return {
        "customer_id": names.of_place(names.CUSTOMER, places.number[rows]),
        "full_name": pc.if_else(pa.array(is_home), person, pick("company", pools.companies)),
        "email": columns.around("m", digits, "@example.com"),
        "phone": columns.around("+92300", digits),
        "street": pc.binary_join_element_wise(
            pa.array(house).cast(pa.string()), pick("street", pools.streets), " "
        ),
        "city": names.districts(district),
        "region": columns.constant("Punjab", len(rows)),
        "postal_code": pa.array(_POSTAL_CODE + district.astype(np.int32)).cast(pa.string()),
        "country": columns.constant("PK", len(rows)),
        "segment": columns.choice(catalogue.segments, segment),
        "created_at": opened_at,
        "updated_at": opened_at,
    }
