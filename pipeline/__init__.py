"""Runs things: what lands, what builds, what is published, and how it went.

Seeders write raw tables and dbt models derive the rest; this package only decides on which file
they work, and when readers get to see the result.
"""
