"""`load`: a company's own extracts, mapped onto the raw tables by a `mapping.yml`.

In the order of processing: `bounds` says where and how much may be read, `document`, `dialect`, `forms` and `mapping`
read and check the mapping, `files` finds the files it names, `delimited` and `records` read them line by line, `sources`
puts them into a scratch database, `vetting` refuses expressions that read more than their row, `expressions` and
`conversion` evaluate and type each value, `statements` turns them into raw rows, `safeguards` stop a load that would lose
data, `loading` writes, and `accounting`, `shapes` and `report` describe the result.
"""

from seeders.extracts.loading import LoadError, load_extracts
from seeders.extracts.report import LoadReport
from seeders.extracts.safeguards import Allowance

__all__ = ["Allowance", "LoadError", "LoadReport", "load_extracts"]
