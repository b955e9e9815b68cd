"""Smart meters: hourly readings, and the bills that follow from them."""
