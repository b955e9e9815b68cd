"""A mapping may come from somebody else: its expressions read their row, and nothing of the machine or the clock."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

import duckdb
import pytest

from seeders.extracts import LoadError
from seeders.extracts.expressions import ExpressionError, parsed, type_of
from seeders.extracts.sources import Source, binding_database
from seeders.extracts.vetting import FORBIDDEN, NotAllowedError, vet
from tests.python.load.helpers import GOOD, HEADER, INVOICES, load

if TYPE_CHECKING:
    from pathlib import Path

HARMLESS = [
    "a",
    "replace(replace(a, '.', ''), ',', '.')",
    "a.replace('x', 'y')",
    r"trim(upper(replace(regexp_replace(a, '\s+', ' ', 'g'), 'x', 'yy')))",
    "regexp_replace(a, '[^0-9.-]', '', 'g')",
    "lpad(a, 8, '0') || '-' || concat_ws('/', a, b)",
    "printf('%08d', cast(a as integer))",
    "a -> '$.key'",
    "a ->> '$.key'",
    "string_split(a, ',')[1]",
    "case when a in ('x', 'y') then 'z' else b end",
    "strptime(a, '%d.%m.%Y') + interval 1 month",
    "round(cast(a as decimal(38,10)), 2) > 0",
    "age(cast(a as date), cast(b as date))",
    "md5(a)",
    '"current_date"',
    "user",
]
READS_MORE = [
    "(select 1)",
    "a in (select b)",
    "exists (select 1)",
    "(select content from read_text('/etc/passwd'))",
    "(select columns('^root.*') from read_csv('/etc/passwd'))",
    "(select a from 'http://127.0.0.1:9/x.parquet')",
    "read_text('/etc/passwd')",
    "glob('/etc/*')",
    "columns('^a')",
    "*",
    "?",
    "$1",
    "#1",
    "now()",
    "current_date",
    "localtimestamp",
    "age(cast(a as date))",
    "random()",
    "uuid()",
    "a.sleep_ms()",
    "getenv('HOME')",
    "current_setting('temp_directory')",
    "system.main.current_setting('temp_directory')",
    "getvariable('x')",
    "version()",
    "query('x')",
    "nextval('x')",
    "row_number() over ()",
    "list_transform([a], x -> x || b)",
    "[x for x in [a]]",
]
WITHOUT_BOUND = [
    "repeat('x', 2000000000)",
    "repeat(a, 65)",
    "repeat(repeat('x', 1000), 1000)",
    "repeat(a, cast(b as integer))",
    "lpad(a, 70000, 'x')",
    "rpad(a, length(b), 'x')",
    "replace(a, 'x', b)",
    "replace(replace(replace(a, 'x', 'xxxxxx'), 'x', 'xxxxxx'), 'x', 'xxxxxx')",
    "regexp_replace(a, '', repeat('x', 100), 'g')",
    "array_to_string(string_split(a, ''), b)",
    "format('{:>2000000000}', a)",
    "format(a, b)",
    "printf('%*d', 2000000000, 1)",
    "range(1000000000)",
    "list_resize([a], 1000000000)",
    "a || repeat('x', 65536) || repeat('x', 65536)",
]
NAMES = ["a", "b", "user", "current_date"]


@pytest.mark.parametrize("expression", HARMLESS)
def test_what_mappings_are_made_of_is_allowed(expression: str) -> None:
    vet(parsed(duckdb.connect(), expression), NAMES)


@pytest.mark.parametrize("expression", READS_MORE)
def test_an_expression_that_reads_more_than_its_row_is_refused(expression: str) -> None:
    with pytest.raises(NotAllowedError, match="not allowed here"):
        vet(parsed(duckdb.connect(), expression), ["a", "b"])


@pytest.mark.parametrize("expression", WITHOUT_BOUND)
def test_an_expression_without_a_bound_is_refused(expression: str) -> None:
    with pytest.raises(NotAllowedError, match=r"bound|any length|no column takes|as a constant"):
        vet(parsed(duckdb.connect(), expression), ["a", "b"])


def test_everything_that_duckdb_calls_volatile_is_refused() -> None:
    con = duckdb.connect()
    names = con.execute(
        "select distinct function_name from duckdb_functions()"
        " where function_type = 'scalar' and stability != 'CONSISTENT'"
    ).fetchall()
    assert len(names) > 20
    for (name,) in names:
        with pytest.raises(NotAllowedError):
            vet(parsed(con, f'"{name}"()'), ["a"])
    assert "trim" not in FORBIDDEN


def test_expressions_are_bound_without_access_to_anything() -> None:
    """Whatever passes the vetting: the connection itself has never had access."""
    with binding_database() as con:
        con.execute("create table t (a varchar, __source_line bigint, __file_no integer)")
        for statement in (
            "select * from read_text('/etc/hostname')",
            "select * from '/etc/hostname'",
            "attach '/tmp/x.duckdb'",
            "copy t to '/tmp/x.csv'",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)
        source = Source("t", (), ("a",), ())
        assert type_of(con, source, "cast(a as date)") == "DATE"
        with pytest.raises(ExpressionError, match="not allowed here"):
            type_of(con, source, "(select content from read_text('/etc/hostname'))")


@pytest.mark.parametrize(
    "expression",
    [
        "(select content from read_text('PIPE'))",
        "(select count(*) from read_csv('PIPE'))",
        "(select a from 'http://127.0.0.1:9/x.parquet')",
    ],
)
@pytest.mark.parametrize("place", ["account_id: account", "where"])
def test_nothing_of_an_expression_is_looked_for_outside(
    tmp_path: Path, expression: str, place: str
) -> None:
    """Binding a table function opens its file: a pipe that nobody writes to would be waited for."""
    os.mkfifo(tmp_path / "pipe")
    written = json.dumps(expression.replace("PIPE", str(tmp_path / "pipe")))
    mapping = (
        INVOICES.replace("account_id: account", f"account_id: {written}")
        if place != "where"
        else INVOICES.replace("    columns:", f"    where: {written}\n    columns:")
    )
    began = time.monotonic()
    with pytest.raises(LoadError) as refused:
        load(tmp_path, mapping, invoices=HEADER + GOOD)
    assert time.monotonic() - began < 5
    assert len(refused.value.messages) == 1
    assert "not allowed here" in refused.value.messages[0]
    assert "httpfs" not in refused.value.messages[0]


def test_the_same_line_tells_a_file_that_is_there_and_one_that_is_not(tmp_path: Path) -> None:
    told = set()
    for path in ("/etc/passwd", "/etc/no-such-file"):
        written = json.dumps(f"(select columns('^root.*') from read_csv('{path}'))")
        with pytest.raises(LoadError) as refused:
            load(
                tmp_path, INVOICES.replace("amount: amount", f"amount: {written}"), invoices=HEADER
            )
        told.add(refused.value.messages[0].replace(path, ""))
    assert len(told) == 1
