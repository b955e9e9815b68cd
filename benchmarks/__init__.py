"""How fast, and in how much memory: what `make bench` measures and records."""
