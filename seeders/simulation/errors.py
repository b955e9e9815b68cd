"""What can go wrong with a simulation, told in one line."""


class SimulationError(RuntimeError):
    """A simulation that cannot be started or go on; the message says what to do."""
