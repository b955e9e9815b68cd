"""Settings of a simulation: typed, frozen, and checked once before anything is written."""

from seeders.config.bounds import ConfigError
from seeders.config.loading import (
    config_from_json,
    config_to_json,
    load_config,
    load_max_shrink_share,
    load_policy,
)
from seeders.config.metering import MeteringConfig
from seeders.config.model import (
    GhostConfig,
    LeakyConfig,
    OutputConfig,
    PaymentsConfig,
    PenaltyConfig,
    PeriodConfig,
    PolicyConfig,
    SimulationConfig,
    SubscriptionConfig,
    TradeConfig,
    UtilityConfig,
    ZombieConfig,
)

__all__ = [
    "ConfigError",
    "GhostConfig",
    "LeakyConfig",
    "MeteringConfig",
    "OutputConfig",
    "PaymentsConfig",
    "PenaltyConfig",
    "PeriodConfig",
    "PolicyConfig",
    "SimulationConfig",
    "SubscriptionConfig",
    "TradeConfig",
    "UtilityConfig",
    "ZombieConfig",
    "config_from_json",
    "config_to_json",
    "load_config",
    "load_max_shrink_share",
    "load_policy",
]
