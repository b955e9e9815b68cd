"""The tariffs and the penalty policy of the simulated utility, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from seeders.simulation import columns
from seeders.simulation.months import to_day
from seeders.simulation.utility.account_rows import LINE_OF_BUSINESS, SCHEDULES
from seeders.simulation.utility.facts import STEPS
from seeders.simulation.utility.people import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seeders.config import SimulationConfig
    from seeders.simulation.batches import Batches

_RATE_DIGITS: Final = 6


def policy_rows(config: SimulationConfig, batches: Batches) -> Sequence[tuple[str, pa.RecordBatch]]:
    """Return tariffs and penalty steps, in force from the first day. They arrive with the first batch.

    Args:
        config: What is simulated.
        batches: The batches of the line.

    Returns:
        Names of raw tables with their rows.
    """
    return (
        ("raw_billing.tariffs", _tariffs(config, batches)),
        ("raw_billing.delinquency_policies", _penalties(config, batches)),
    )


def _tariffs(config: SimulationConfig, batches: Batches) -> pa.RecordBatch:
    utility, count = config.utility, len(SCHEDULES)
    return pa.record_batch(
        {
            "rate_schedule": pa.array(SCHEDULES),
            "consumer_group": pa.array(SEGMENTS),
            "charge_type": columns.constant("energy", count),
            "slab_order": columns.constant_number(1, count),
            "rate": _rates((utility.residential_rate, utility.commercial_rate)),
            "rate_unit": columns.constant("kwh", count),
            **_in_force(config, batches, count),
        }
    )


def _penalties(config: SimulationConfig, batches: Batches) -> pa.RecordBatch:
    penalty, steps = config.penalty, STEPS[1:]
    count = len(steps)
    return pa.record_batch(
        {
            "policy_id": pa.array([f"PEN-{order}" for order in range(1, count + 1)]),
            "line_of_business": columns.constant(LINE_OF_BUSINESS, count),
            "step_order": pa.array(range(1, count + 1), pa.int32()),
            "step_name": pa.array(steps),
            "min_ratio": _rates((0, penalty.partial_ratio, penalty.major_ratio, 1)),
            "penalty": _rates(
                (
                    penalty.minor_penalty,
                    penalty.partial_penalty,
                    penalty.major_penalty,
                    penalty.full_penalty,
                )
            ),
            "suspend_score": _rates([penalty.suspend_score] * count),
            "close_score": _rates([penalty.close_score] * count),
            **_in_force(config, batches, count),
        }
    )


def _in_force(config: SimulationConfig, batches: Batches, count: int) -> dict[str, pa.Array]:
    first_day = np.full(count, to_day(config.utility.first_day), dtype=np.int32)
    return {
        "valid_from": columns.days(first_day),
        **batches.columns(np.zeros(count, dtype=np.int32)),
    }


def _rates(values: Sequence[float]) -> pa.Array:
    return columns.decimals(
        np.rint(np.array(values) * 10**_RATE_DIGITS).astype(np.int64), _RATE_DIGITS
    )
