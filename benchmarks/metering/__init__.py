"""Smart meters: a year of hourly readings seeded into a file."""
