"""Who will pay late, told on the day of issue: two models against the rule "same as the last"."""
