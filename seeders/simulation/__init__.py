"""Simulates a company's billing month by month and writes its raw tables."""

from seeders.simulation.errors import SimulationError
from seeders.simulation.world import SeedSummary, advance, seed

__all__ = ["SeedSummary", "SimulationError", "advance", "seed"]
