"""What can go wrong with a simulation, reported in one line."""


class SimulationError(RuntimeError):
    """A simulation that cannot be started or go on; the message says what to do."""
