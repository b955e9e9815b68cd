"""Who will pay late, predicted on the day of issue: two models against "same as the last"."""
