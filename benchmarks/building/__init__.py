"""Seeding and building whole companies of growing size."""
