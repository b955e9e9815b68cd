"""Case folders of one as-of date as one delivery: ids get the name of their case in front, so that none meets another.

A case is a directory with a `mapping.yml` and, as a rule, files. Cases that state different things about the whole
delivery, such as its coverage, stay apart; all others of a date share a directory and a build.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import yaml

from seeders.contracts import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MAPPING: Final = "mapping.yml"
SEPARATOR: Final = "/"

# All else in a mapping is about the delivery as a whole.
_OF_A_CASE: Final = frozenset(
    {"as_of", "defaults", "tables", "defaults.line_of_business", "defaults.currency"}
)
_NAMED_OTHERWISE: Final = frozenset({"meter_number", "feeder", "rate_schedule"})
# Money that cannot state its currency, and may belong to nothing that has one.
_WITHOUT_CURRENCY: Final = "raw_billing.credit_notes"
# A coverage that is not stated begins with the first period billed: only lines that expect bills ask for it.
_BILLED_BY_PERIOD: Final = frozenset({"subscription", "utility"})


@dataclass(frozen=True)
class Case:
    """A case: its name, its directory and what its mapping says."""

    name: str
    directory: Path
    document: Mapping[str, Any]

    @property
    def as_of(self) -> date:
        """The day it is to be built as of."""
        as_of: date = self.document["as_of"]
        return as_of

    @property
    def defaults(self) -> Mapping[str, str]:
        """What its mapping says of rows that say nothing themselves."""
        return self.document.get("defaults") or {}

    @property
    def about_all(self) -> dict[str, object]:
        """What it states about the delivery as a whole, by key of the mapping."""
        given = [("", self.document), ("defaults.", self.defaults)]
        return {
            front + key: value
            for front, named in given
            for key, value in named.items()
            if front + key not in _OF_A_CASE
        }

    @property
    def covers_from(self) -> object:
        """From when on bills are expected: where it is not stated, from the first month billed."""
        if "covers_from" in self.document or not self._is_billed_by_period:
            return self.document.get("covers_from")
        invoices = self.document["tables"].get("raw_billing.invoices", {}).get("rows", [])
        days = [row.get("period_start") or row["invoice_date"] for row in invoices]
        return min(days).replace(day=1) if days else None

    @property
    def _is_billed_by_period(self) -> bool:
        return self.defaults.get("line_of_business") in _BILLED_BY_PERIOD

    @property
    def needed_currency(self) -> str | None:
        """The currency that only the delivery's default can give to some of its rows."""
        needs = _WITHOUT_CURRENCY in self.document["tables"]
        return self.defaults.get("currency") if needs else None

    def goes_with(self, other: Case) -> bool:
        """Whether one mapping can say what both say about the whole."""
        needed = {self.needed_currency, other.needed_currency} - {None}
        if self.as_of != other.as_of or len(needed) > 1:
            return False
        mine, theirs = self.about_all, other.about_all
        return all(
            mine.get(key) == theirs.get(key)
            or (key == "covers_from" and self._covers_the_same(other))
            for key in mine.keys() | theirs.keys()
        )

    def _covers_the_same(self, other: Case) -> bool:
        if self._is_billed_by_period and other._is_billed_by_period:
            return self.covers_from == other.covers_from
        return True


def read_cases(root: Path, extensions: Mapping[str, Mapping[str, Any]]) -> list[Case]:
    """Read all cases below a directory.

    Args:
        root: Holds a directory for each.
        extensions: What mappings have to say beside what they do, by case; tables and defaults are added to.

    Returns:
        The cases, by name.
    """
    cases = []
    for directory in sorted(path for path in root.iterdir() if path.is_dir()):
        mapping = directory / MAPPING
        document = yaml.safe_load(mapping.read_text(encoding="utf-8")) if mapping.exists() else {}
        for key, value in extensions.get(directory.name, {}).items():
            document[key] = document.get(key, {}) | value if isinstance(value, dict) else value
        cases.append(Case(directory.name, directory, document))
    return cases


def deliveries(cases: Iterable[Case]) -> list[list[Case]]:
    """Group cases by their date, apart from those that contradict each other about the whole."""
    groups: list[list[Case]] = []
    for case in cases:
        for group in groups:
            if all(case.goes_with(one) for one in group):
                group.append(case)
                break
        else:
            groups.append([case])
    return groups


def write_delivery(cases: list[Case], directory: Path) -> None:
    """Write a directory that `load` takes, with the files of all cases and one mapping.

    A line of business on which the cases differ is left to be told from their rows. A currency stands with each row that
    has one; for the others the delivery's is that of the cases which need it.

    Args:
        cases: Cases of one date.
        directory: Where to write; it exists.
    """
    lines = {case.defaults["line_of_business"] for case in cases}
    currencies = {case.defaults["currency"] for case in cases}
    needed = {case.needed_currency for case in cases} - {None}
    defaults = {"line_of_business": lines.pop()} if len(lines) == 1 else {}
    if needed or len(currencies) == 1:
        defaults["currency"] = str((needed or currencies).pop())
    document: dict[str, Any] = {"as_of": cases[0].as_of}
    tables: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        for key, value in case.about_all.items():
            if key.startswith("defaults."):
                defaults[key.removeprefix("defaults.")] = str(value)
            else:
                document[key] = value
        for name, given in case.document["tables"].items():
            listed = given if isinstance(given, list) else [given]
            tables.setdefault(name, []).extend(
                _prefixed(case, name, entry, directory) for entry in listed
            )
    if defaults:
        document["defaults"] = defaults
    document["tables"] = tables
    # rows in flow style, so that each has a line of its own
    text = yaml.safe_dump(document, sort_keys=False, default_flow_style=None, width=10**6)
    (directory / MAPPING).write_text(text, encoding="utf-8")


def _prefixed(case: Case, table: str, entry: dict[str, Any], directory: Path) -> dict[str, Any]:
    """An entry with the case's name in front of ids, its file copied, and its default currency."""
    columns = [column.name for column in TABLES[table].columns]
    ids = {name for name in columns if name.endswith("_id") or name in _NAMED_OTHERWISE}
    currency = case.defaults.get("currency") if "currency" in columns else None
    front = case.name + SEPARATOR
    if "rows" in entry:
        stated = {"currency": currency} if currency else {}
        rows = [
            stated
            | {
                name: front + str(value) if name in ids and value is not None else value
                for name, value in row.items()
            }
            for row in entry["rows"]
        ]
        return entry | {"rows": rows}
    file = f"{case.name}_{entry['file']}"
    shutil.copy(case.directory / entry["file"], directory / file)
    mapped = {
        name: f"'{front}' || ({expression})" if name in ids else expression
        for name, expression in entry["columns"].items()
    }
    if currency:
        given = mapped.get("currency")
        mapped["currency"] = f"coalesce({given}, '{currency}')" if given else f"'{currency}'"
    return entry | {"file": file, "columns": mapped}


def plain(value: object, case: str) -> object:
    """A value of a row without the case's name in front; days and amounts as text."""
    if isinstance(value, str):
        return value.removeprefix(case + SEPARATOR)
    if isinstance(value, Decimal) or (isinstance(value, date) and not isinstance(value, datetime)):
        return str(value)
    return value
