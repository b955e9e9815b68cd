"""Simulates a company's source systems month by month and writes their raw tables.

A folder per line of business, each with the same parts: `facts` (what happens, as arrays), `inject` (faults injected
into it), `truth` (the faults there are, for `ground_truth`) and `simulate` (the line itself). What lines share is
beside them; `world` puts the lines together.
"""

from seeders.simulation.errors import SimulationError
from seeders.simulation.world import SeedSummary, advance, seed

__all__ = ["SeedSummary", "SimulationError", "advance", "seed"]
