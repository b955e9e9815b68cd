"""How a delimited file is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written; Parquet files ignore it."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
