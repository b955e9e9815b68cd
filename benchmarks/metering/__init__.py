"""Smart meters: a year of hourly readings seeded into a file, and the models that read them."""
