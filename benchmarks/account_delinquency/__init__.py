"""Which accounts will become bad debts, predicted at checks: a model against the current score."""
