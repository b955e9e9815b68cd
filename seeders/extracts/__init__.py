"""`load`: a company's own extracts, mapped onto the raw tables by a `mapping.yml`.

From the outside in: `bounds` says where and how much may be read, `document` and `mapping` read and check the
mapping, `files` finds what it names, `delimited` and `records` read files line by line, `sources` puts them
into a scratch database, `vetting` refuses expressions that read more than their row, `expressions` and
`conversion` evaluate and type each value, `statements` makes raw rows of them, `safeguards` hold back what would
lose data, `loading` writes, `accounting`, `shapes` and `report` say how it went.
"""

from seeders.extracts.loading import LoadError, load_extracts
from seeders.extracts.report import LoadReport
from seeders.extracts.safeguards import Allowance

__all__ = ["Allowance", "LoadError", "LoadReport", "load_extracts"]
