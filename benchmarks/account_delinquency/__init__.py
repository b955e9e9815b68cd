"""Which accounts will become bad debts, told at their checks: a model against the current score."""
