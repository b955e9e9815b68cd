"""Writes raw tables, by simulation or from somebody's extracts, and nothing else."""
