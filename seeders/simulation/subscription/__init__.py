"""The subscription line: customers on monthly plans, billed on their day of the month."""
