"""Counts what arrived in the warehouse, in the warehouse itself and not in the files."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from seeders.contracts import TABLES
from seeders.extracts.report import ReasonReport, TableReport
from seeders.extracts.shapes import is_shape, shown
from seeders.extracts.statements import AS_MAPPED, OTHERWISE, UNCLEAR_SIGN

if TYPE_CHECKING:
    import duckdb

EXAMPLES: Final = 3

_REASONS: Final = """
    with reasoned as (
        select
            source_file as file, source_line as line, raw_values,
            unnest(string_split(reasons, ',')) as reason
        from raw_control.unread_values
        join raw_control.extract_files using (file_no)
        where target_table = '{table}'
        union all
        select source_file, source_line, null, unnest(string_split(reasons, ','))
        from raw_control.rejected_rows
        where target_table = '{table}'
    )
    select
        reason,
        count(*),
        min({{'file': file, 'line': line, 'raw_values': raw_values}}, {examples})
    from reasoned
    group by reason
    order by count(*) desc, reason
"""


def table_report(
    con: duckdb.DuckDBPyConnection,
    table: str,
    files: tuple[str, ...],
    *,
    rows_in: int,
    not_selected: int,
) -> TableReport:
    """Count the rows of a table that landed, and the reasons why others did not or will be rejected.

    Args:
        con: Connection to the warehouse, after the load has written.
        table: Schema-qualified name of the raw table.
        files: Names of the files it was filled from.
        rows_in: Rows and rejected lines of the files, as counted before writing.
        not_selected: Rows left out by the mapping's `where`.

    Returns:
        The report of this table.
    """
    landed, with_reasons = _row(con, f"select count(*), count(_load_reasons) from {table}")  # noqa: S608
    (rejected,) = _row(
        con,
        f"select count(*) from raw_control.rejected_rows where target_table = '{table}'",  # noqa: S608
    )
    (unread,) = _row(
        con,
        f"select count(*) from raw_control.unread_values where target_table = '{table}'",  # noqa: S608
    )
    found = con.execute(_REASONS.format(table=table, examples=EXAMPLES)).fetchall()
    # names and addresses of people do not belong in a terminal or a log
    types = {column.name: column.type for column in TABLES[table].columns if not column.pii}
    return TableReport(
        table=table,
        files=files,
        rows_in=rows_in,
        landed=landed,
        landed_with_reasons=with_reasons,
        unread_rows=unread,
        rejected_lines=rejected,
        not_selected=not_selected,
        reasons=tuple(
            ReasonReport(reason, count, tuple(_example(reason, one, types) for one in examples))
            for reason, count, examples in found
        ),
    )


def _example(reason: str, found: dict[str, str | int | None], types: dict[str, str]) -> str:
    unit = "row" if str(found["file"]).lower().endswith(".parquet") else "line"
    where = f"{found['file']} {unit} {found['line']}: {reason}"
    column = reason.partition(":")[2]
    if column not in types or found["raw_values"] is None:
        return where
    values: dict[str, str | None] = json.loads(str(found["raw_values"]))
    text = shown(values.get(column) or "", types[column])
    if reason.startswith(UNCLEAR_SIGN) and not is_shape(text):
        readings = [
            f"{_amount(values.get(f'{column} {reading}'))} {reading}"
            for reading in (AS_MAPPED, OTHERWISE)
        ]
        text = f"{text} ({', '.join(readings)})"
    return f"{where} {text}".rstrip()


def _amount(text: str | None) -> str:
    """Format a number for readers, with at least two decimals: 1,200.00."""
    try:
        number = Decimal(text or "").normalize()
    except InvalidOperation:
        return "?"
    exponent = number.as_tuple().exponent
    decimals = max(-exponent, 2) if isinstance(exponent, int) else 2
    return f"{number:,.{decimals}f}"


def _row(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row: tuple[int, ...] = con.execute(query).fetchone() or ()
    return row
