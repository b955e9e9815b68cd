"""A file calls its columns what it likes: no name of a file meets a name of the loader."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seeders.extracts import LoadError, load_extracts
from seeders.extracts.names import folded, line_column, named, prefix_beside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What the loader calls its own, or has called so, and what DuckDB does.
INNER: Final = (
    *("condition", "__condition", "___condition", "__file_no", "__source_line", "___source_line"),
    *("__result_0", "__other_0", "__other_result_0", "__rows", "__reasons", "row_of_file"),
    *("value_0", "text_0", "failed_0", "parts_0", "problem_0", "source_0", "other_0", "reasons"),
    *("__value_0", "__text_0", "__failed_0", "__problem_0", "is_unclear_0", "__is_unclear_0"),
    *("raw_values", "_batch_no", "_file_no", "_source_line", "_load_reasons", "unread", "incoming"),
    *(
        "selected",
        "valued",
        "taken_apart",
        "judged",
        "landed",
        "outline_0",
        "outline_0_0",
        "a",
        "v",
    ),
    *("given", "number", "stripped", "grouped", "result", "found", "parts", "scale", "digits"),
    *("value", "rowid", "filename", "file_row_number", "file_index", "column1", "column2"),
)
WORDS: Final = ("select", "FROM", "Order", "case", "null", "true", "table", "default", "end", "*")
ODD: Final = (
    *("Due on", "net.amount", 'the "net"', "it's", "a,b", "semi;colon", "line\nend", "100", "-- x"),
    *("{x}", "%s", "$1", "/*", "Ä", "ä", "名", "\\", "a]b", "__", "___", "?"),
)
NAMES: Final = (*INNER, *WORDS, *ODD)


def underscores(name: str) -> int:
    return len(name) - len(name.lstrip("_"))


# The loader's names begin with more underscores than any of the file's: each number of them in a file of its own.
GROUPS: Final = tuple(
    tuple(name for name in NAMES if underscores(name) == number) for number in range(4)
)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def mapping(names: Sequence[str], file: str, where: str = "true") -> str:
    """An entry for each name: it is the account, and its text is what the condition reads."""
    entries = [
        {
            "file": file,
            "where": where,
            "columns": {
                "invoice_id": f"id || '-{number}'",
                "account_id": quoted(name),
                "invoice_date": "day",
                "amount": "replace(amount, ',', '')",
                "meter_number": quoted(name),
            },
        }
        for number, name in enumerate(names)
    ]
    return yaml.safe_dump({"as_of": "2024-12-31", "tables": {"raw_billing.invoices": entries}})


def loaded(directory: Path, written: str) -> duckdb.DuckDBPyConnection:
    (directory / "mapping.yml").write_text(written, encoding="utf-8")
    con = duckdb.connect()
    load_extracts(con, directory)
    return con


def table_of(names: Sequence[str], rows: int) -> dict[str, list[str]]:
    """Columns of a file: those of any invoice, and one for each name, its values like no other's."""
    lines = range(rows)
    return {
        "id": [f"I{line}" for line in lines],
        "day": ["2024-01-31"] * rows,
        "amount": ["1,200.00"] * rows,
        **{name: [f"{number}/{line}" for line in lines] for number, name in enumerate(names)},
    }


def write_csv(path: Path, table: dict[str, list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([list(table), *zip(*table.values(), strict=True)])
    path.write_text(buffer.getvalue(), encoding="utf-8")


def write_parquet(path: Path, table: dict[str, list[str]]) -> None:
    columns = [pa.array(values) for values in table.values()]
    pq.write_table(pa.table(columns, names=list(table)), path, row_group_size=2)


def landed(con: duckdb.DuckDBPyConnection) -> set[tuple[object, ...]]:
    return set(
        con.execute(
            "select invoice_id, account_id, meter_number, amount::varchar, _file_no, _source_line,"
            " _load_reasons from raw_billing.invoices"
        ).fetchall()
    )


def expected(names: Sequence[str], rows: int, first_line: int) -> set[tuple[object, ...]]:
    return {
        (f"I{line}-{number}", *[f"{number}/{line}"] * 2, "1200.00", 1, line + first_line, None)
        for number in range(len(names))
        for line in range(rows)
    }


@pytest.mark.parametrize("names", GROUPS)
def test_a_column_may_have_any_name(tmp_path: Path, names: Sequence[str]) -> None:
    write_csv(tmp_path / "f.csv", table_of(names, 2))
    con = loaded(tmp_path, mapping(names, "f.csv", f"{quoted(names[0])} is not null"))
    header_lines = 1 + sum(name.count("\n") for name in names)
    assert landed(con) == expected(names, 2, first_line=1 + header_lines)


@pytest.mark.parametrize("names", GROUPS)
def test_so_may_one_of_a_parquet_file(tmp_path: Path, names: Sequence[str]) -> None:
    """Its rows are numbered in their order, whatever its columns are called."""
    write_parquet(tmp_path / "f.parquet", table_of(names, 5))
    con = loaded(tmp_path, mapping(names, "f.parquet", f"{quoted(names[0])} is not null"))
    assert landed(con) == expected(names, 5, first_line=1)


def test_what_is_kept_of_a_row_is_the_files_own(tmp_path: Path) -> None:
    """Of one the condition fails on, and of one with a value that does not fit."""
    names = ("condition", "__file_no", "row_of_file", "__condition")
    table = table_of(names, 2)
    table["amount"] = ["118,99", "7.00"]
    write_csv(tmp_path / "f.csv", table)
    fails = "case when id = 'I1' then cast(\"condition\" as integer) = 1 else true end"
    con = loaded(tmp_path, mapping(names[:1], "f.csv", fails))

    (raw,) = con.execute("select raw_line from raw_control.rejected_rows").fetchone() or ()
    assert json.loads(raw) == {name: values[1] for name, values in table.items()}
    (raw,) = con.execute("select raw_values from raw_control.unread_values").fetchone() or ()
    assert json.loads(raw)["amount"] == "118,99"


@pytest.mark.parametrize(
    "expression",
    ["__source_line", "__file_no", "outline_0.id", "source_0.id", "cast(source_0 as varchar)"],
)
def test_an_expression_names_the_files_columns_alone(tmp_path: Path, expression: str) -> None:
    """What the loader keeps beside them is not there for it, nor the loader's names of the file."""
    write_csv(tmp_path / "f.csv", table_of([], 1))
    written = mapping(["id"], "f.csv").replace("account_id: '\"id\"'", f"account_id: {expression}")
    assert expression in written
    with pytest.raises(LoadError, match=r"account_id: .* not found"):
        loaded(tmp_path, written)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_that_sql_cannot_tell_apart_are_told(tmp_path: Path, suffix: str) -> None:
    """Capitals do not count: one of the two would be read for the other."""
    file, write = f"f.{suffix}", {"csv": write_csv, "parquet": write_parquet}[suffix]
    write(tmp_path / file, {**table_of([], 1), "ID": ["other"]})
    with pytest.raises(LoadError, match=rf"^{re.escape(file)} .*names ID twice; rename one"):
        loaded(tmp_path, mapping(["id"], file))


def test_a_field_inside_another_is_no_column(tmp_path: Path) -> None:
    plain = table_of([], 1)
    columns = [*map(pa.array, plain.values()), pa.array([{"ID": "x", "b": {"id": 1}}])]
    nested = pa.table(columns, names=[*plain, "more"])
    pq.write_table(nested, tmp_path / "f.parquet")
    con = loaded(tmp_path, mapping(["id"], "f.parquet"))
    assert con.execute("select account_id from raw_billing.invoices").fetchall() == [("I0",)]


def test_a_column_without_a_name_takes_nobodys(tmp_path: Path) -> None:
    """It is `column<n>`, with an underscore where another one is called that."""
    (tmp_path / "f.csv").write_text("column2,,,id,day,amount\na,b,c,I0,2024-01-31,1.00\n")
    names = ["column2", "column2_", "column3"]
    con = loaded(tmp_path, mapping(names, "f.csv"))
    assert con.execute(
        "select account_id from raw_billing.invoices order by invoice_id"
    ).fetchall() == [("a",), ("b",), ("c",)]


def test_a_folder_is_no_column(tmp_path: Path) -> None:
    """`id=9` in the path takes the place of no column of the file."""
    (tmp_path / "id=9").mkdir()
    write_parquet(tmp_path / "id=9" / "f.parquet", table_of([], 2))
    con = loaded(tmp_path, mapping(["id"], "id=9/f.parquet"))
    assert con.execute("select account_id from raw_billing.invoices order by all").fetchall() == [
        ("I0",),
        ("I1",),
    ]


def test_files_of_a_glob_name_their_columns_in_any_order(tmp_path: Path) -> None:
    names = ("__file_no", "condition")
    write_csv(tmp_path / "f1.csv", table_of(names, 1))
    write_csv(tmp_path / "f2.csv", dict(reversed(table_of(names, 1).items())))
    con = loaded(tmp_path, mapping(names[:1], "f*.csv"))
    assert con.execute(
        "select account_id, _file_no, _source_line from raw_billing.invoices order by all"
    ).fetchall() == [("0/0", 1, 2), ("0/0", 2, 2)]


@given(st.lists(st.text(st.sampled_from("_aAÄ1 "), max_size=5), min_size=1, max_size=6))
@settings(deadline=None, suppress_health_check=list(HealthCheck))
def test_the_prefix_begins_no_name(names: list[str]) -> None:
    prefix = prefix_beside(names)
    assert not [name for name in names if name.startswith(prefix)]
    assert line_column(names).startswith(prefix)
    kept = [name for name in names if name]
    found = named(names)
    assert [name for name, field in zip(found, names, strict=True) if field] == kept
    # what had no name has one that no other column has
    given_names = {folded(name) for name in kept}
    made = [folded(name) for name, field in zip(found, names, strict=True) if not field]
    assert len({*made} - given_names) == len(made)
