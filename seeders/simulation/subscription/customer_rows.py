"""Customers: names, addresses and segments, and how they change.

Names and addresses are picked from pools that are drawn once.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seeders.simulation import columns
from seeders.simulation.entities import Entities, last_transition, moment
from seeders.simulation.subscription.lifecycles import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from seeders.simulation.pools import Pools
    from seeders.simulation.subscription.lifecycles import Customers

_HOUSE_NUMBERS: Final = 2_000


def customers(pools: Pools, these: Customers) -> Entities:
    """Return customers: created, moved, changed segment; some leads are deleted.

    Args:
        pools: Names and addresses.
        these: n customers.

    Returns:
        The rows of `raw_crm.customers`.
    """
    days = (these.created_on, these.moved_on, these.segment_changed_on, these.purged_on)
    transitions = tuple(moment(day, kind, these.number) for kind, day in enumerate(days))
    return Entities(
        table="raw_crm.customers",
        key="customer_id",
        number=these.number,
        transitions=transitions,
        deleted_at=transitions[-1],
        rows_at=partial(_customer_rows, pools, these, transitions),
    )


def _customer_rows(
    pools: Pools,
    these: Customers,
    transitions: Sequence[NDArray[np.int64]],
    rows: NDArray[np.intp],
    at: NDArray[np.int64],
) -> dict[str, pa.Array]:
    transitions = [transition[rows] for transition in transitions]
    created, moved, regrouped, _ = transitions
    has_moved = moved <= at

    def pick(stream: str, options: int, *, again: bool = False) -> NDArray[np.int32]:
        drawn = pools.streams.uniform(stream, these.start, len(these.number))[rows]
        if again:
            second = pools.streams.uniform(f"{stream}/moved", these.start, len(these.number))[rows]
            drawn = np.where(has_moved, second, drawn)
        return (drawn * options).astype(np.int32)

    city = pick("customer.city", len(pools.cities), again=True)
    house = pick("customer.house", _HOUSE_NUMBERS, again=True) + 1
    street = pick("customer.street", len(pools.streets), again=True)
    first_name = pick("customer.first_name", len(pools.first_names))
    last_name = pick("customer.last_name", len(pools.last_names))
    segment = np.where(regrouped <= at, these.new_segment[rows], these.segment[rows])
    digits = these.digits[rows]
    return {
        "customer_id": columns.around("C", digits),
        "full_name": _joined(
            _taken(pools.first_names, first_name), _taken(pools.last_names, last_name)
        ),
        "email": columns.around("c", digits, "@example.com"),
        "phone": columns.around("+1555", digits),
        "street": _joined(pa.array(house).cast(pa.string()), _taken(pools.streets, street)),
        "city": columns.choice(pools.cities, city),
        "region": columns.choice(pools.states, city),
        "postal_code": columns.choice(pools.codes, city),
        "country": columns.constant("US", len(rows)),
        "segment": columns.choice(SEGMENTS, segment),
        "created_at": columns.timestamps(created),
        "updated_at": columns.timestamps(last_transition(transitions, at)),
    }


def _joined(left: pa.Array, right: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(left, right, " ")


def _taken(pool: Sequence[str], index: NDArray[np.int32]) -> pa.Array:
    return pa.array(pool).take(pa.array(index))
