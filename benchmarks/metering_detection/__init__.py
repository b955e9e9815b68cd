"""How well theft and failure of smart meters are told, on worlds that nothing was tuned to."""
