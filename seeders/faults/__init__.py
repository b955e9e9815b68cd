"""What goes wrong on purpose. Each fault is injected here and leaves its rows of truth."""
