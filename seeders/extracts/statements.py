"""The SELECT that turns one mapped source into raw rows, and those that count its input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seeders.contracts import BIGINT, ENERGY, INTEGER, MONEY, QUANTITY, RATE
from seeders.extracts.conversion import Operand, conversion, source_text
from seeders.extracts.expressions import attempted, inputs_of, type_of
from seeders.extracts.separators import other_reading
from seeders.extracts.sql import quoted, text_literal
from seeders.extracts.statuses import translated

if TYPE_CHECKING:
    import duckdb

    from seeders.contracts import Column, Table
    from seeders.extracts.mapping import Entry, Mapping
    from seeders.extracts.sources import Source

CONDITION: Final = "condition"
CONDITION_FAILED: Final = "condition_failed"
NUMBERS: Final = frozenset({MONEY, ENERGY, QUANTITY, RATE, INTEGER, BIGINT})
UNCLEAR_SIGN: Final = "unclear_decimal_sign"

AS_MAPPED: Final = "as mapped"
OTHERWISE: Final = "with the other decimal sign"
"""Suffixes of a column's name in `VALUES_COLUMN` if its text can be read in two ways."""

VALUES_COLUMN: Final = "raw_values"
"""A column beside those of the raw table: source text of values that did not fit, null for rows without reasons."""


def rows_statement(
    con: duckdb.DuckDBPyConnection,
    entry: Entry,
    source: Source,
    mapping: Mapping,
    batch_no: int,
) -> str:
    """Return SQL for the rows of one entry, with the types and control columns of its raw table.

    Its layers evaluate every expression once, take its value and text, find what does not fit, and only then
    convert, so that no cast can fail.

    Args:
        con: The scratch database.
        entry: The entry; all its expressions bind.
        source: Its files.
        mapping: Settings of all entries: defaults for columns that are null or not mapped, words for statuses.
        batch_no: The batch number of every row.

    Returns:
        One SELECT, its columns named as in the raw table, and `VALUES_COLUMN`.
    """
    columns = {column.name: column for column in entry.table.columns}
    defaults = dict(mapping.defaults)
    mapped = [
        _MappedColumn(number, columns[target], expression, con, source)
        for number, (target, expression) in enumerate(entry.columns)
    ]
    kept = [text for m in mapped for text in m.kept]
    reasons = ", ".join(f"{m.problem} || ':{m.column.name}'" for m in mapped)
    file, line, found = source.file_column, source.line_column, source.inner("reasons")
    filled = [name for name in defaults if name in columns and name not in dict(entry.columns)]
    statuses = dict(mapping.statuses)
    targets = [m.converted(entry.table, defaults.get(m.column.name), statuses) for m in mapped]
    targets += [f"{text_literal(defaults[name])} as {name}" for name in filled]
    return f"""
        with selected as ({_selected(entry, source, [e for m in mapped for e in m.evaluated])}),
        valued as (
            select {file}, {line}, {", ".join(m.valued for m in mapped)}
            from selected where {source.inner(CONDITION)}.v
        ),
        taken_apart as (select *, {", ".join(m.taken_apart for m in mapped)} from valued),
        judged as (select *, {", ".join(m.judged for m in mapped)} from taken_apart),
        landed as (select *, nullif(concat_ws(',', {reasons}), '') as {found} from judged)
        select
            {", ".join(targets)},
            {batch_no}::integer as _batch_no,
            {file} as _file_no,
            {line} as _source_line,
            {found} as _load_reasons,
            case when {found} is not null then '{{' || concat_ws(',', {", ".join(kept)}) || '}}' end
                as {VALUES_COLUMN}
        from landed
    """  # noqa: S608


def counts_statement(entry: Entry, source: Source) -> str:
    """Return SQL for one row: rows of the files, rows the condition selects, rows it fails on."""
    condition = source.inner(CONDITION)
    return f"""
        select
            count(*),
            count(*) filter (where {condition}.v),
            count(*) filter (where {condition} is null)
        from ({_selected(entry, source, [])})
    """  # noqa: S608


def failed_conditions_statement(entry: Entry, source: Source, batch_id: str) -> str:
    """Return SQL for the rows that `where` fails on, which are rejected."""
    fields = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in source.columns)
    names = " ".join(f"when {file.number} then {text_literal(file.name)}" for file in source.files)
    return f"""
        select
            {text_literal(batch_id)} as batch_id,
            {text_literal(entry.table.full_name)} as target_table,
            case {source.file_column} {names} end as source_file,
            {source.line_column} as source_line,
            '{CONDITION_FAILED}' as reasons,
            cast(to_json(struct_pack({fields})) as varchar) as raw_line
        from ({_selected(entry, source, [])})
        where {source.inner(CONDITION)} is null
    """  # noqa: S608


def _selected(entry: Entry, source: Source, evaluated: list[str]) -> str:
    condition = attempted(entry.where) if entry.where is not None else "struct_pack(v := true)"
    asked = f"{condition} as {source.inner(CONDITION)}"
    return f"select *, {', '.join([*evaluated, asked])} from {source.rows}"  # noqa: S608


class _MappedColumn:
    """One target column in the layers of `rows_statement`."""

    def __init__(
        self,
        number: int,
        column: Column,
        expression: str,
        con: duckdb.DuckDBPyConnection,
        source: Source,
    ) -> None:
        self.column = column
        self._number = number
        self._source = source
        inner = self._inner
        bound = type_of(con, source, expression)
        result, other = inner("result"), inner("other_result")
        reading = None if column.type not in NUMBERS else other_reading(con, source, expression)
        inputs = inputs_of(con, source, expression)
        text = source_text(f"{result}.v", bound)
        operand = Operand(
            type=bound,
            value=inner("value"),
            text=inner("text"),
            failed=inner("failed"),
            parts=inner("parts"),
        )
        conversions = conversion(column, operand)
        self._value = conversions.value
        self.evaluated = [f"{attempted(expression)} as {result}"]
        self.valued = (
            f"{result}.v as {operand.value}, {result} is null as {operand.failed},"
            f" case when {result} is null then {inputs} else {text} end as {operand.text}"
        )
        self.taken_apart = f"{conversions.parts} as {operand.parts}"
        problem = conversions.problem
        if reading:
            self.evaluated.append(f"{attempted(reading)} as {other}")
            self.valued += (
                f", {inputs} as {inner('source')}, cast({other}.v as varchar) as {inner('other')},"
                f" {other}.v is distinct from {result}.v as {inner('is_unclear')}"
            )
            # text that is not a number has no readings
            problem = (
                f"case when {inner('is_unclear')} and coalesce({problem}, '') not like 'not_%'"
                f" then '{UNCLEAR_SIGN}' else {problem} end"
            )
        self.problem = inner("problem")
        self.judged = f"{problem} as {self.problem}"
        self._is_read_twice = reading is not None

    def _inner(self, name: str) -> str:
        return self._source.inner(f"{name}_{self._number}")

    @property
    def kept(self) -> list[str]:
        """Return pieces of JSON with the text in the file if the value does not fit, null if it does."""
        problem, name, text = self.problem, self.column.name, self._inner("text")
        if not self._is_read_twice:
            return [_json_pair(f"{problem} is not null", name, text)]
        is_unclear = f"{problem} = '{UNCLEAR_SIGN}'"
        shown = f"if({is_unclear}, {self._inner('source')}, {text})"
        return [
            _json_pair(f"{problem} is not null", name, shown),
            _json_pair(is_unclear, f"{name} {AS_MAPPED}", text),
            _json_pair(is_unclear, f"{name} {OTHERWISE}", self._inner("other")),
        ]

    def converted(self, table: Table, default: str | None, statuses: dict[str, str]) -> str:
        """Return the column itself: null if there is a problem, the default if there is no value."""
        value = translated(table, self.column.name, self._value, statuses)
        if default is not None:
            value = f"coalesce({value}, {text_literal(default)})"
        value = f"case when {self.problem} is null then {value} end"
        return f'cast({value} as {self.column.type}) as "{self.column.name}"'


def _json_pair(condition: str, key: str, value: str) -> str:
    text = f"coalesce(cast(to_json({value}) as varchar), 'null')"
    return f"case when {condition} then '\"{key}\":' || {text} end"
