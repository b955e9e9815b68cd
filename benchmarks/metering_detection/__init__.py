"""How well theft and failure of smart meters are detected, on worlds that nothing was tuned to."""
