"""Smart meters: what they see hour by hour, and the bills that follow from it."""
