"""`load`: the files of a mapping onto the raw tables, all or nothing.

A load only converts types. Rules about keys, orphans, duplicates or signs belong to staging, which checks loaded and
simulated rows alike; so a row with a value that does not fit lands with its reasons, its source text goes to
`raw_control.unread_values`, and staging rejects it together with everything else it finds. Lines that are not rows go
to `raw_control.rejected_rows`. Every line is one or the other, which is verified by counting.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa

from seeders.extracts.accounting import table_report
from seeders.extracts.bounds import Bounds, Tally
from seeders.extracts.delimited import UnreadableFileError
from seeders.extracts.document import MAPPING_FILE
from seeders.extracts.expressions import ExpressionError, type_of
from seeders.extracts.files import File, find_files
from seeders.extracts.mapping import read_mapping
from seeders.extracts.report import LoadReport
from seeders.extracts.safeguards import (
    Allowance,
    compare,
    delivered_rows,
    impossible_dates,
    losses,
    lost_history,
    rows_before,
)
from seeders.extracts.sources import (
    binding_database,
    close_to_the_outside,
    outline_source,
    read_source,
    scratch_database,
    state_source,
)
from seeders.extracts.statements import (
    VALUES_COLUMN,
    counts_statement,
    failed_conditions_statement,
    rows_statement,
)
from seeders.extracts.suggestions import numbers_compared_as_text, suggestion
from seeders.writer import append, bounded_memory, replace_world, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from seeders.extracts.forms import ReadingForm
    from seeders.extracts.mapping import Entry, Mapping, SourceKey
    from seeders.extracts.report import TableReport
    from seeders.extracts.safeguards import Delivered
    from seeders.extracts.sources import Source

SOURCE: Final = "extracts"
BATCH_NO: Final = 1
"""A load replaces the previous one, so its batch is always the first."""

_BATCH_ROWS: Final = 100_000
_FINGERPRINT_BYTES: Final = 4
_UNREAD: Final = "unread_values"
_REJECTED_ROWS: Final = pa.schema(
    [
        ("batch_id", pa.string()),
        ("target_table", pa.string()),
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        ("reasons", pa.string()),
        ("raw_line", pa.string()),
    ]
)


class LoadError(Exception):
    """Nothing was written; `messages` say why, one line each."""

    def __init__(self, messages: list[str]) -> None:
        """Keep the messages as a list for the caller to print."""
        super().__init__("\n".join(messages))
        self.messages = messages


def load_extracts(  # noqa: PLR0913
    con: duckdb.DuckDBPyConnection,
    directory: Path,
    as_of: date | None = None,
    progress: Callable[[str], None] | None = None,
    scratch_place: Path | None = None,
    *,
    allowance: Allowance | None = None,
    bounds: Bounds | None = None,
) -> LoadReport:
    """Replace the raw tables by the extracts that `directory`/mapping.yml describes.

    Args:
        con: Connection to the warehouse, outside any transaction.
        directory: Where the mapping is, and what its file names are relative to.
        as_of: Overrides the mapping's own as-of date.
        progress: Called with a few words about each step.
        scratch_place: Directory to create and unpack the files in; see `scratch_database`.
        allowance: What may pass; by default any date, and nothing else.
        bounds: Where it may read, and how much.

    Returns:
        What was read, what landed and what did not.

    Raises:
        LoadError: The mapping or a file is wrong, or something would be lost that `allowance` does not permit;
            nothing was written.
    """
    say = progress or _say_nothing
    allowance = allowance or Allowance()
    bounds = bounds or Bounds()
    mapping, problems = read_mapping(directory, as_of, bounds)
    if mapping is None:
        raise LoadError(problems)
    problems += impossible_dates(mapping.as_of, allowance)
    problems += lost_history(con, SOURCE, mapping.as_of, allowance)
    with (
        scratch_database(scratch_place, bounds.memory) as scratch,
        _explained_out_of_memory(bounds),
    ):
        tally = Tally(bounds)
        with binding_database() as binder:
            finder = _Finder(scratch, binder, directory, tally)
            inputs, file_problems = finder.find(mapping.entries)
            problems += file_problems
            problems += _expression_problems(binder, mapping.entries, inputs)
        if problems:
            raise LoadError(list(dict.fromkeys(problems)))
        sources = _read(scratch, inputs, tally, say)
        fingerprint = _fingerprint(directory, inputs)
        close_to_the_outside(scratch)
        problems = _comparison_problems(scratch, mapping.entries, sources)
        if problems:
            raise LoadError(problems)
        with bounded_memory(con), transaction(con):
            return _Writer(con, scratch, mapping, sources, fingerprint).write(say, allowance)


@contextmanager
def _explained_out_of_memory(bounds: Bounds) -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        message = f"the files need more than {bounds.memory} of memory: set WAREHOUSE_MEMORY_LIMIT to more"
        raise LoadError([message]) from error


@dataclass(frozen=True)
class _Input:
    """The files of one pattern, and a source with their columns that has no rows yet.

    `stated` is the entry whose rows the mapping itself holds; the file then is the mapping.
    """

    files: tuple[File, ...]
    outline: Source
    stated: Entry | None = None


_Inputs = dict["SourceKey", _Input]
_Sources = dict["SourceKey", "Source"]


@dataclass(frozen=True)
class _Finder:
    """Inspects the files of a mapping: `scratch` reads their metadata, `binder` gets their columns."""

    scratch: duckdb.DuckDBPyConnection
    binder: duckdb.DuckDBPyConnection
    directory: Path
    tally: Tally

    def find(self, entries: Iterable[Entry]) -> tuple[_Inputs, list[str]]:
        """Return the files of every entry with their columns, and a line for each problem."""
        inputs: _Inputs = {}
        problems: list[str] = []
        stated = {entry.source: entry for entry in entries if entry.rows}
        for number, key in enumerate(dict.fromkeys(entry.source for entry in entries)):
            relation = f"outline_{number}"
            if key in stated:
                entry, mapping = stated[key], File(self.directory / MAPPING_FILE, MAPPING_FILE)
                outline = state_source(self.binder, relation, mapping, entry)
                inputs[key] = _Input((mapping,), outline, entry)
                continue
            try:
                files = tuple(find_files(self.directory, key.pattern, self.tally.bounds))
                if not files:
                    problems.append(f"{key.pattern}: no such file in {self.directory}")
                    continue
                outline = outline_source(
                    self.scratch, self.binder, relation, files, key.dialect, self.tally
                )
            except UnreadableFileError as error:
                problems.append(str(error))
                continue
            inputs[key] = _Input(files, outline)
        return inputs, problems


def _expression_problems(
    binder: duckdb.DuckDBPyConnection, entries: Iterable[Entry], inputs: _Inputs
) -> list[str]:
    problems = []
    for entry in entries:
        if entry.source not in inputs:
            continue
        outline = inputs[entry.source].outline
        table = entry.table.full_name
        columns = {column.name: column for column in entry.table.columns}
        for target, expression in entry.columns:
            try:
                type_of(binder, outline, expression)
            except ExpressionError as error:
                problem = suggestion(binder, outline, expression, columns[target]) or error
                problems.append(f"{table}.{target}: `{expression}` {_of(entry)}: {problem}")
        if entry.where is None:
            continue
        try:
            bound = type_of(binder, outline, entry.where)
        except ExpressionError as error:
            problem = suggestion(binder, outline, entry.where, None) or error
            problems.append(f"{table}: where `{entry.where}` {_of(entry)}: {problem}")
        else:
            if bound not in {"BOOLEAN", '"NULL"'}:
                problems.append(
                    f"{table}: where `{entry.where}` gives a {bound}, not true or false"
                )
    return problems


def _comparison_problems(
    scratch: duckdb.DuckDBPyConnection, entries: Iterable[Entry], sources: _Sources
) -> list[str]:
    """Report numbers that conditions and values compare as text, which only the rows can show."""
    problems = []
    for entry in entries:
        table, source = entry.table.full_name, sources[entry.source]
        named = [(f"{table}.{target}: ", expression) for target, expression in entry.columns]
        if entry.where is not None:
            named.append((f"{table}: where ", entry.where))
        for what, expression in named:
            problem = numbers_compared_as_text(scratch, source, expression)
            if problem is not None:
                problems.append(f"{what}`{expression}` {_of(entry)}: {problem}")
    return problems


def _of(entry: Entry) -> str:
    return f"over {entry.file}"


def _read(
    scratch: duckdb.DuckDBPyConnection, inputs: _Inputs, tally: Tally, say: Callable[[str], None]
) -> _Sources:
    sources: _Sources = {}
    # by name, so that no number depends on the order of the mapping; a file that is read in several forms
    # has a number for each
    named = sorted({(file.name, _order(key.form)) for key in inputs for file in inputs[key].files})
    numbers = {name: number for number, name in enumerate(named, start=1)}
    for number, (key, found) in enumerate(inputs.items()):
        files = tuple(
            replace(file, number=numbers[file.name, _order(key.form)]) for file in found.files
        )
        if found.stated is not None:
            sources[key] = state_source(scratch, f"source_{number}", files[0], found.stated)
            continue
        try:
            sources[key] = read_source(scratch, f"source_{number}", files, key.dialect, tally, say)
        except UnreadableFileError as error:
            raise LoadError([str(error)]) from error
    return sources


def _order(form: ReadingForm | None) -> tuple[str, ...]:
    return () if form is None else (form.kind, form.interval, form.stamp)


def _fingerprint(directory: Path, inputs: _Inputs) -> str:
    """Return a batch id derived from the content, so that corrected files of the same day are another batch."""
    paths = {file.name: file.path for found in inputs.values() for file in found.files}
    paths[MAPPING_FILE] = directory / MAPPING_FILE
    digest = hashlib.blake2b(digest_size=_FINGERPRINT_BYTES)
    for name in sorted(paths):
        with paths[name].open("rb") as content:
            digest.update(name.encode())
            digest.update(hashlib.file_digest(content, "blake2b").digest())
    return digest.hexdigest()


class _Writer:
    """Writes one load from the scratch database, in place of the previous rows of the warehouse."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        scratch: duckdb.DuckDBPyConnection,
        mapping: Mapping,
        sources: _Sources,
        fingerprint: str,
    ) -> None:
        self._con = con
        self._scratch = scratch
        self._mapping = mapping
        self._sources = sources
        self._batch_id = f"load-{mapping.as_of}-{fingerprint}"

    def write(self, say: Callable[[str], None], allowance: Allowance) -> LoadReport:
        """Write every mapped table; to be called inside a transaction."""
        mapping = self._mapping
        before = rows_before(self._con, SOURCE)
        dropped_history = replace_world(self._con, SOURCE, mapping.as_of)
        append(self._con, "raw_control.extract_batches", _batch_row(mapping, self._batch_id))
        append(self._con, "raw_control.extract_files", self._file_rows())
        reports = []
        for table in dict.fromkeys(entry.table.full_name for entry in mapping.entries):
            say(f"writing {table}")
            entries = [entry for entry in mapping.entries if entry.table.full_name == table]
            reports.append(self._write_table(table, entries))
        lost = [
            f"{report.table}: {report.rows_in} rows in, but {report.landed} landed and"
            f" {report.rejected_lines} rejected"
            for report in reports
            if report.rows_in != report.landed + report.rejected_lines
        ]
        lost += [
            f"{report.table}: {report.landed_with_reasons} rows with a value that did not fit, but"
            f" the text of {report.unread_rows} was kept"
            for report in reports
            if report.unread_rows != report.landed_with_reasons
        ]
        lost += self._count_deliveries(before, allowance)
        if lost:
            raise LoadError(lost)
        notes = tuple(_notes(self._scratch, self._sources, dropped_history=dropped_history))
        return LoadReport(mapping.as_of, self._batch_id, tuple(reports), notes)

    def _count_deliveries(self, before: Delivered, allowance: Allowance) -> list[str]:
        """Record how much of every table was delivered, and report what went missing since the previous load."""
        entries = self._mapping.entries
        now = delivered_rows(self._con, SOURCE)
        for entry in entries:
            for file in self._sources[entry.source].files:
                now.setdefault(entry.table.full_name, {}).setdefault(file.name, 0)
        found = compare(
            now,
            before,
            mapped={entry.table.full_name for entry in entries},
            deltas={entry.table.full_name for entry in entries if entry.is_delta},
            may_shrink=allowance.shrink,
        )
        rows = {
            "batch_id": pa.array([self._batch_id] * len(found), pa.string()),
            "target_table": pa.array([one.table for one in found], pa.string()),
            "delivery": pa.array(["delta" if one.is_delta else "full" for one in found]),
            "rows_in": pa.array([one.rows for one in found], pa.int64()),
            "rows_before": pa.array([one.rows_before for one in found], pa.int64()),
            "is_loss_allowed": pa.array([one.may_shrink for one in found], pa.bool_()),
        }
        append(self._con, "raw_control.deliveries", pa.table(rows))
        return losses(found, allowance)

    def _write_table(self, table: str, entries: list[Entry]) -> TableReport:
        sources = [self._sources[entry.source] for entry in entries]
        selected = not_selected = 0
        for entry_no, (entry, source) in enumerate(zip(entries, sources, strict=True), start=1):
            chosen, left_out = self._write_entry(entry, source, entry_no)
            selected += chosen
            not_selected += left_out
        lines = self._broken_lines(table, sources)
        append(self._con, "raw_control.rejected_rows", lines)
        files = dict.fromkeys(file.name for source in sources for file in source.files)
        return table_report(
            self._con,
            table,
            tuple(files),
            rows_in=selected + lines.num_rows,
            not_selected=not_selected,
        )

    def _write_entry(self, entry: Entry, source: Source, entry_no: int) -> tuple[int, int]:
        """Rows of the files that the condition chose or failed on, and rows that it left out."""
        counts = self._scratch.execute(counts_statement(entry, source)).fetchone()
        rows, selected, failed = counts or (0, 0, 0)
        statement = rows_statement(self._scratch, entry, source, self._mapping, BATCH_NO)
        landing = self._scratch.execute(statement).to_arrow_reader(_BATCH_ROWS)
        with self._scratch.cursor() as aside:
            append(self._con, entry.table.full_name, _without_values(landing, aside))
            unread = aside.execute(
                f"select *, ? as target_table, ?::integer as entry_no from {_UNREAD}",  # noqa: S608
                [entry.table.full_name, entry_no],
            ).to_arrow_reader(_BATCH_ROWS)
            append(self._con, "raw_control.unread_values", unread)
        if failed:
            statement = failed_conditions_statement(entry, source, self._batch_id)
            undecided = self._scratch.execute(statement).to_arrow_reader(_BATCH_ROWS)
            append(self._con, "raw_control.rejected_rows", undecided)
        return selected + failed, rows - selected - failed

    def _file_rows(self) -> pa.Table:
        """Return every file of the load with its number, and the form of its readings if it has any."""
        found = {
            file.number: (file.name, key.form)
            for key, source in self._sources.items()
            for file in source.files
        }
        forms = [form for _, form in found.values()]
        return pa.table(
            {
                "file_no": pa.array(list(found), pa.int32()),
                "batch_id": pa.array([self._batch_id] * len(found), pa.string()),
                "source_file": pa.array([name for name, _ in found.values()], pa.string()),
                "reading_kind": pa.array([form and form.kind for form in forms], pa.string()),
                "reading_interval": pa.array(
                    [form.interval or None if form else None for form in forms], pa.string()
                ),
                "reading_stamp": pa.array([form and form.stamp for form in forms], pa.string()),
            }
        )

    def _broken_lines(self, table: str, sources: list[Source]) -> pa.Table:
        """Return lines that are not rows: each once, however many entries of the table read its file."""
        lines = {
            (file, line.line): {
                "batch_id": self._batch_id,
                "target_table": table,
                "source_file": file,
                "source_line": line.line,
                "reasons": ",".join(line.reasons),
                "raw_line": line.text,
            }
            for source in sources
            for file, line in source.rejects
        }
        return pa.Table.from_pylist(list(lines.values()), schema=_REJECTED_ROWS)


def _without_values(
    landing: pa.RecordBatchReader, aside: duckdb.DuckDBPyConnection
) -> pa.RecordBatchReader:
    """Yield the rows without the text of values that did not fit, which is stored on disk on the way."""
    aside.execute(
        f"create or replace table {_UNREAD} (file_no integer, source_line bigint,"
        " reasons varchar, raw_values varchar)"
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in landing:
            reasons = batch.column("_load_reasons")
            if reasons.null_count < len(reasons):
                _put_aside(aside, batch.filter(reasons.is_valid()))
            yield batch.drop_columns([VALUES_COLUMN])

    schema = landing.schema
    kept = schema.remove(schema.get_field_index(VALUES_COLUMN))
    return pa.RecordBatchReader.from_batches(kept, batches())


def _put_aside(aside: duckdb.DuckDBPyConnection, rows: pa.RecordBatch) -> None:
    aside.register("unread", pa.Table.from_batches([rows]))
    aside.execute(
        f"insert into {_UNREAD} select _file_no, _source_line, _load_reasons, {VALUES_COLUMN}"  # noqa: S608
        " from unread"
    )
    aside.unregister("unread")


def _batch_row(mapping: Mapping, batch_id: str) -> pa.Table:
    return pa.table(
        {
            "batch_id": [batch_id],
            "batch_no": pa.array([BATCH_NO], pa.int32()),
            "source": [SOURCE],
            "line_of_business": pa.array([mapping.line_of_business], pa.string()),
            "currency": pa.array([mapping.currency], pa.string()),
            "status_holds": pa.array([mapping.status_holds], pa.string()),
            "as_of_date": [mapping.as_of],
            "covers_from": pa.array([mapping.covers_from], pa.date32()),
            "covers_to": pa.array([mapping.covers_to], pa.date32()),
            "period_end_is": pa.array([mapping.period_end_is], pa.string()),
            "loaded_at": [datetime.combine(mapping.as_of + timedelta(days=1), time())],
        }
    )


def _notes(
    scratch: duckdb.DuckDBPyConnection, sources: _Sources, *, dropped_history: bool
) -> list[str]:
    notes = []
    for key, source in sources.items():
        pattern, dialect = key.pattern, key.dialect
        found = scratch.execute(f"select count(*) from {source.relation}").fetchone()  # noqa: S608
        if found == (0,) and not source.rejects:
            notes.append(f"{pattern}: columns but no rows")
        if any("invalid_utf8" in line.reasons for _, line in source.rejects):
            encoding = dialect.encoding
            advice = "; try `encoding: cp1252`" if encoding == "utf-8" else ""
            notes.append(f"{pattern}: lines that are not {encoding.upper()}{advice}")
    if dropped_history:
        notes.append(
            "the recorded history belonged to other data, or continued to a later date: what does not fit"
            " was dropped"
        )
    return notes


def _say_nothing(_: str) -> None:
    """Ignore progress."""
