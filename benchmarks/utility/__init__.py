"""Utility billing: whole lives of accounts seeded cycle by cycle, and the models that follow them."""
