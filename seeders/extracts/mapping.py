"""`mapping.yml`: the adapter for a company's own data, read and checked before any file is.

A new mapping usually has several mistakes. So nothing here stops at the first problem: each becomes a line that says
what to change, and all are reported together.
"""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from seeders.contracts import BOOLEAN, TABLES
from seeders.extracts.bounds import Bounds
from seeders.extracts.currencies import is_currency
from seeders.extracts.dialect import Dialect
from seeders.extracts.document import MAPPING_FILE, DocumentError, Lined, read_document
from seeders.extracts.forms import FORM_KEYS, READINGS, ReadingForm, read_form
from seeders.extracts.statuses import STATUSES, plain_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from seeders.contracts import Table

SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")
DEFAULTABLE: Final = ("line_of_business", "currency", "billed")
UTF8: Final = "utf-8"
ENCODINGS: Final = (UTF8, "cp1252", "latin-1")
"""The common ones; every other single-byte encoding that Python knows works, too."""

_TOP_LEVEL: Final = (
    *("as_of", "covers_from", "covers_to", "period_end_is", "status_holds", "defaults"),
    *("statuses", "tables"),
)
_ENTRY: Final = ("file", "where", "columns", "delimiter", "quote", "encoding", "delivery")
_ROWS: Final = "rows"
_BILLED: Final = ("in_advance", "in_arrears")
_DELTA: Final = "delta"
_DELIVERIES: Final = ("full", _DELTA)
_PERIOD_ENDS: Final = ("inclusive", "exclusive")
# values of `status_holds`: whether a status without a date also applies to the past; by default it does not
_STATUS_HOLDS: Final = ("throughout",)


@dataclass(frozen=True)
class SourceKey:
    """A pattern of files, how they are written, and the form of their readings, if any."""

    pattern: str
    dialect: Dialect
    form: ReadingForm | None = None


@dataclass(frozen=True)
class Row:
    """One row that the mapping itself contains: its line there, and a text or null for every column."""

    line: int
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class Entry:
    """One target table filled from the files of one pattern, or from rows of the mapping itself.

    `rows` are empty if there are files; `file` then is their pattern. Otherwise it says which of the mapping's rows
    these are, and the columns are mapped onto themselves. `form` is the form of readings, None for hourly energies.
    `is_delta` means that its files contain changes only, so that fewer rows than last time are no sign of a loss.
    """

    table: Table
    file: str
    dialect: Dialect
    columns: tuple[tuple[str, str], ...]
    where: str | None = None
    rows: tuple[Row, ...] = ()
    form: ReadingForm | None = None
    is_delta: bool = False

    @property
    def source(self) -> SourceKey:
        """Equal for entries that read the same files in the same way."""
        return SourceKey(self.file, self.dialect, self.form)


@dataclass(frozen=True)
class Mapping:
    """A whole `mapping.yml`, every name in it known to the contracts.

    `statuses` are pairs of a plain word of the source and the status it means. `period_end_is` says whether invoice
    periods include their end; None leaves that to staging.
    """

    as_of: date
    covers_from: date | None
    covers_to: date | None
    period_end_is: str | None
    defaults: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    statuses: tuple[tuple[str, str], ...] = ()
    status_holds: str | None = None

    @property
    def line_of_business(self) -> str | None:
        """The line of business of the batch, if the mapping names one."""
        return dict(self.defaults).get("line_of_business")

    @property
    def currency(self) -> str | None:
        """The currency of rows without one, if the mapping names one."""
        return dict(self.defaults).get("currency")


def read_mapping(
    directory: Path, as_of: date | None, bounds: Bounds | None = None
) -> tuple[Mapping | None, list[str]]:
    """Read and check `directory`/mapping.yml.

    Args:
        directory: Where the mapping and, as a rule, the extracts are.
        as_of: Overrides the mapping's own date.
        bounds: How large it may be, and where a link may lead.

    Returns:
        The mapping and the problems found, one line each. The mapping is None if it is too broken to look at the
        files; otherwise it has the valid entries, so that problems of the files can be reported together with
        those of the mapping.
    """
    try:
        document = read_document(directory, bounds or Bounds())
    except DocumentError as error:
        return None, [str(error)]
    return _checked(document, as_of)


def _checked(document: dict[object, object], as_of: date | None) -> tuple[Mapping, list[str]]:
    problems = [
        f"{MAPPING_FILE}: unknown key `{key}`; known are {_listed(_TOP_LEVEL)}"
        for key in document
        if key not in _TOP_LEVEL
    ]
    dates = {
        key: _date(document.get(key), key, problems)
        for key in ("as_of", "covers_from", "covers_to")
        if key != "as_of" or as_of is None
    }
    if as_of is None and document.get("as_of") is None:
        problems.append(f"{MAPPING_FILE}: `as_of` is missing; say `as_of: 2024-12-31` or --as-of")
    covers_from, covers_to = dates.get("covers_from"), dates.get("covers_to")
    if covers_from and covers_to and covers_from > covers_to:
        problems.append(f"{MAPPING_FILE}: covers_from {covers_from} is after covers_to {covers_to}")
    elif covers_from and (taken_on := as_of or dates.get("as_of")) and covers_from > taken_on:
        problems.append(f"{MAPPING_FILE}: covers_from {covers_from} is after as_of {taken_on}")
    if (as_of or dates.get("as_of")) == date.max:
        problems.append(f"{MAPPING_FILE}: as_of {date.max} is not a date on which extracts can end")
    mapping = Mapping(
        as_of=as_of or dates.get("as_of") or date.min,
        covers_from=covers_from,
        covers_to=covers_to,
        period_end_is=_word(document.get("period_end_is"), "period_end_is", _PERIOD_ENDS, problems),
        defaults=_defaults(document.get("defaults"), problems),
        entries=_entries(document.get("tables"), problems),
        statuses=_statuses(document.get("statuses"), problems),
        status_holds=_word(document.get("status_holds"), "status_holds", _STATUS_HOLDS, problems),
    )
    return mapping, problems


def _date(value: object, key: str, problems: list[str]) -> date | None:
    if isinstance(value, datetime):
        value = value.isoformat()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        problems.append(f"{MAPPING_FILE}: {key}: {value!r} is not a date like 2024-12-31")
        return None


def _word(value: object, key: str, known: tuple[str, ...], problems: list[str]) -> str | None:
    if value is None or value in known:
        return None if value is None else str(value)
    problems.append(f"{MAPPING_FILE}: {key}: {value!r} is not one of {_listed(known)}")
    return None


def _defaults(value: object, problems: list[str]) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        problems.append(f"{MAPPING_FILE}: defaults: expected `name: value` pairs")
        return ()
    for key, given in value.items():
        if key not in DEFAULTABLE:
            problems.append(
                f"{MAPPING_FILE}: defaults: unknown key `{key}`; known are {_listed(DEFAULTABLE)}"
            )
        elif not isinstance(given, str) or not given.strip():
            problems.append(f"{MAPPING_FILE}: defaults: {key}: {given!r} is not a text")
        elif key == "currency" and not is_currency(given):
            problems.append(
                f"{MAPPING_FILE}: defaults: currency: {given!r} is not a code of ISO 4217 like USD"
            )
        elif key == "billed":
            _word(given, f"defaults: {key}", _BILLED, problems)
    return tuple((key, given) for key, given in value.items() if isinstance(given, str))


def _statuses(value: object, problems: list[str]) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    if not isinstance(value, dict):
        problems.append(f"{MAPPING_FILE}: statuses: expected `word: Status` pairs")
        return ()
    known = {status.lower(): status for status in STATUSES}
    found: dict[str, str] = {}
    for word, given in value.items():
        status = known.get(str(given).strip().lower())
        plain = plain_word(str(word).strip())
        if isinstance(word, bool):
            problems.append(
                f"{MAPPING_FILE}: statuses: YAML reads a bare yes, no, on or off as true or false;"
                " quote the word: 'on'"
            )
        elif not plain:
            problems.append(f"{MAPPING_FILE}: statuses: {word!r} is not a word")
        elif status is None:
            problems.append(
                f"{MAPPING_FILE}: statuses: {word}: {given!r} is not one of {_listed(STATUSES)}"
            )
        elif found.setdefault(plain, status) != status:
            problems.append(
                f"{MAPPING_FILE}: statuses: `{word}` is given twice, as {found[plain]} and as {status};"
                " capitals, blanks, hyphens and underscores do not count"
            )
    return tuple(found.items())


def _entries(value: object, problems: list[str]) -> tuple[Entry, ...]:
    if not isinstance(value, dict) or not value:
        problems.append(f"{MAPPING_FILE}: `tables` is missing or empty; nothing would be loaded")
        return ()
    entries: list[Entry] = []
    for name, given in value.items():
        table = TABLES.get(str(name))
        if table is None or not table.loadable:
            problems.append(f"{MAPPING_FILE}: unknown table `{name}`{_nearest(str(name))}")
            continue
        if given == []:
            problems.append(f"{table.full_name}: an empty list of entries")
        listed = given if isinstance(given, list) else [given]
        found = (
            _stated(table, number, one, problems)
            if isinstance(one, dict) and _ROWS in one
            else _entry(table, one, problems)
            for number, one in enumerate(listed, start=1)
        )
        sound = [entry for entry in found if entry is not None]
        if len({entry.is_delta for entry in sound if not entry.rows}) > 1:
            problems.append(
                f"{table.full_name}: `delivery: delta` for one entry and not for another; a table is one"
                " or the other"
            )
        entries.extend(sound)
    return tuple(entries)


def _entry(table: Table, given: object, problems: list[str]) -> Entry | None:
    name = table.full_name
    if not isinstance(given, dict):
        problems.append(f"{name}: expected an entry with `file` and `columns`")
        return None
    known = (*_ENTRY, *_form_keys(table))
    problems.extend(
        f"{name}: unknown key `{key}`; known are {_listed(known)}"
        for key in given
        if key not in known
    )
    file = given.get("file")
    if not isinstance(file, str) or not file.strip():
        problems.append(f"{name}: `file` is missing")
    elif not file.lower().endswith(SUFFIXES):
        problems.append(f"{name}: file {file}: expected one of {_listed(SUFFIXES)}")
        file = None
    dialect = _dialect(name, given, problems)
    columns = _columns(table, given.get("columns"), problems)
    where = given.get("where")
    delivery = given.get("delivery")
    if delivery is not None and delivery not in _DELIVERIES:
        problems.append(f"{name}: delivery: {delivery!r} is not one of {_listed(_DELIVERIES)}")
    if not isinstance(file, str) or not file.strip() or columns is None:
        return None
    return Entry(
        table=table,
        file=file,
        dialect=dialect,
        columns=columns,
        where=None if where is None else _expression(where),
        form=read_form(name, given, problems) if _form_keys(table) else None,
        is_delta=delivery == _DELTA,
    )


def _form_keys(table: Table) -> tuple[str, ...]:
    return FORM_KEYS if table.full_name == READINGS else ()


def _stated(
    table: Table, number: int, given: dict[object, object], problems: list[str]
) -> Entry | None:
    """Read an entry whose rows are in the mapping: price lists and policies that no system exports."""
    name = table.full_name
    known_keys = (_ROWS, *_form_keys(table))
    problems.extend(f"{name}: `{_ROWS}` need no `{key}`" for key in given if key not in known_keys)
    rows = given[_ROWS]
    if not isinstance(rows, list) or not rows:
        problems.append(f"{name}: `{_ROWS}` is not a list of rows like {{column: value}}")
        return None
    before = len(problems)
    known = [column.name for column in table.columns]
    for row in rows:
        problems.extend(_row_problems(table, known, row))
    if len(problems) > before:
        return None
    named = [column for column in known if any(column in row for row in rows)]
    return Entry(
        table=table,
        file=f"{MAPPING_FILE} ({name}, {number})",
        dialect=Dialect(),
        columns=tuple((column, f'"{column}"') for column in named),
        rows=tuple(
            Row(row.line, tuple(_constant(row.get(column)) for column in named)) for row in rows
        ),
        form=read_form(name, given, problems) if _form_keys(table) else None,
    )


def _row_problems(table: Table, known: list[str], row: object) -> Iterator[str]:
    name = table.full_name
    if not isinstance(row, Lined) or not row:
        yield f"{name}: {row!r} in `{_ROWS}` is not a row like {{column: value}}"
        return
    for column, value in row.items():
        if column not in known:
            cut = (
                "; inside {…} a comma ends a value: quote the text before it"
                if value is None
                else ""
            )
            yield (
                f"{name}: line {row.line}: unknown column `{column}`; known are {_listed(known)}{cut}"
            )
        elif isinstance(value, (dict, list)):
            yield f"{name}: line {row.line}: {column}: {value!r} is not a value"
    missing = [key for key in table.key if row.get(key) is None]
    if missing:
        yield f"{name}: line {row.line}: its key {_listed(missing)} is missing"


def _constant(value: object) -> str | None:
    """Return a YAML value as the text a file would contain."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(Decimal(repr(value)))
    return str(value)


def _dialect(name: str, given: dict[object, object], problems: list[str]) -> Dialect:
    delimiter = given.get("delimiter", ",")
    quote = given.get("quote", '"')
    encoding = given.get("encoding", "utf-8")
    if not _is_single_byte(delimiter) or delimiter in {"\n", "\r"}:
        problems.append(f"{name}: delimiter: {delimiter!r} is not a single ASCII character")
        delimiter = ","
    if quote != "" and (not _is_single_byte(quote) or quote in {"\n", "\r", delimiter}):
        problems.append(f"{name}: quote: {quote!r} is not a single ASCII character, or '' for none")
        quote = '"'
    known = codec(str(encoding))
    if known is None:
        problems.append(
            f"{name}: encoding: {encoding!r} is not one of {_listed(ENCODINGS)} or another of Python's"
            " single-byte encodings"
        )
    return Dialect(str(delimiter), str(quote), known or UTF8)


def codec(encoding: str) -> str | None:
    """Return Python's name of an encoding: UTF-8, or a single-byte superset of ASCII."""
    try:
        name = codecs.lookup(encoding).name
        is_ascii = bytes(range(128)).decode(name) == "".join(map(chr, range(128)))
        is_ascii = is_ascii and rb"\x41\u0041".decode(name) == r"\x41\u0041"
        is_single = len(bytes(range(256)).decode(name, errors="replace")) == 256  # noqa: PLR2004
    except (LookupError, UnicodeError, ValueError, TypeError, AssertionError):
        return None
    if name in {UTF8, "utf-8-sig"}:
        return UTF8
    return name if is_ascii and is_single else None


def _is_single_byte(value: object) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isascii() and value != "\0"


def _columns(
    table: Table, given: object, problems: list[str]
) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(given, dict) or not given:
        problems.append(f"{table.full_name}: `columns` is missing or empty")
        return None
    types = {column.name: column.type for column in table.columns}
    known = list(types)
    cut = {target: found for target in given if (found := _whole(target, given))}
    problems.extend(
        f"{table.full_name}.{target}: inside {{…}} a comma ends a value: write"
        f" `{target}: {json.dumps(expression, ensure_ascii=False)}`, or give each column a line of its own"
        for target, (expression, _) in cut.items()
    )
    lost = {key for target, (_, rest) in cut.items() for key in (target, *rest)}
    for target, expression in given.items():
        if target in lost:
            continue
        if target not in known:
            problems.append(
                f"{table.full_name}: unknown column `{target}`; known are {_listed(known)}"
            )
        elif isinstance(expression, (dict, list)):
            problems.append(f"{table.full_name}.{target}: {expression!r} is not an SQL expression")
        elif isinstance(expression, bool) and types[target] != BOOLEAN:
            problems.append(
                f"{table.full_name}.{target}: YAML reads a bare yes, no, on or off as true or false;"
                f" quote the name of a column: '\"no\"'"
            )
    missing = [key for key in table.key if given.get(key) is None]
    if missing:
        problems.append(f"{table.full_name}: its key {_listed(missing)} is not mapped")
    return tuple(
        (str(target), _expression(expression))
        for target, expression in given.items()
        if target in known and target not in lost and not isinstance(expression, (dict, list))
    )


def _expression(value: object) -> str:
    """Return an SQL constant for what YAML has read as a number, a date or a boolean."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(Decimal(repr(value)))
    if isinstance(value, datetime):
        return f"timestamp '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return str(value)


def _nearest(name: str) -> str:
    loadable = [table for table in TABLES.values() if table.loadable]
    bare = name.rpartition(".")[2]
    same = [table.full_name for table in loadable if table.name == bare]
    return f"; did you mean {same[0]}?" if same else "; README lists the raw tables"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _whole(target: object, given: dict[object, object]) -> tuple[str, list[object]] | None:
    """Rejoin an expression that `{…}` has split at its commas, and return the keys its parts became."""
    expression = str(given[target])
    rest: list[object] = []
    keys = iter(list(given)[list(given).index(target) + 1 :])
    while expression.count("(") > expression.count(")"):
        key = next(keys, None)
        if key is None or given[key] is not None:
            return None
        rest.append(key)
        expression = f"{expression}, {key}"
    return (expression, rest) if rest else None
