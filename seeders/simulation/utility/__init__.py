"""Utilities: metered accounts, billed by the cycle, that pay on their balance or do not."""
