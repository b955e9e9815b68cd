"""A number either lands exactly or is refused with the reason that is true of it."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seeders.contracts import Column
from seeders.extracts.conversion import Operand, conversion, macros

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for statement in macros():
            connection.execute(statement)
        yield connection


def converted(con: duckdb.DuckDBPyConnection, target: str, text: str) -> tuple[str | None, object]:
    operand = Operand(type="VARCHAR", value="t", text="t", failed="false", parts="p")
    sql = conversion(Column("amount", target), operand)
    row = con.execute(
        f"select problem, case when problem is null then {sql.value} end"
        f" from (select *, {sql.problem} as problem from (select t, {sql.parts} as p from (select ? as t)))",
        [text],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


digits = st.text("0123456789", max_size=24)
numbers = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.builds(
        lambda sign, whole, point, fraction, exponent: f"{sign}{whole}{point}{fraction}{exponent}",
        st.sampled_from(["", "+", "-"]),
        digits.map(lambda whole: whole or "0"),
        st.sampled_from(["", "."]),
        digits,
        st.one_of(st.just(""), st.integers(-60, 60).map(lambda n: f"e{n}")),
    ),
)


@settings(max_examples=400, deadline=None)
@given(text=numbers, scale=st.sampled_from([2, 3, 6]))
def test_a_decimal_lands_exactly_or_is_refused(
    con: duckdb.DuckDBPyConnection, text: str, scale: int
) -> None:
    problem, value = converted(con, f"decimal(18,{scale})", text)
    with localcontext() as context:
        context.prec = 2000
        number = Decimal(text)
        shifted = number.scaleb(scale) if number else Decimal(0)
        is_exact = shifted == shifted.to_integral_value()
        fits = abs(number) < Decimal(10) ** (18 - scale)

        assert (problem is None) == (is_exact and fits)
        if problem is None:
            assert value == number
        elif problem == "too_many_decimals":
            assert not is_exact
        else:
            assert problem == "out_of_range"
            assert not fits


@settings(max_examples=200, deadline=None)
@given(number=st.one_of(st.integers(), st.integers(-(2**63) - 2, 2**63 + 1)), zeros=st.booleans())
def test_an_integer_lands_exactly_or_is_refused(
    con: duckdb.DuckDBPyConnection, number: int, *, zeros: bool
) -> None:
    for target, bits in (("integer", 31), ("bigint", 63)):
        problem, value = converted(con, target, f"{number}.00" if zeros else str(number))
        expected = (None, number) if -(2**bits) <= number < 2**bits else ("out_of_range", None)
        assert (problem, value) == expected


@pytest.mark.parametrize(
    "text", [".", "+", "e5", "1e", "1.2.3", "0x10", "1 2", "--1", "\u0661", "1,5", "$1"]
)
def test_what_is_no_number(con: duckdb.DuckDBPyConnection, text: str) -> None:
    assert converted(con, "decimal(18,2)", text) == ("not_a_number", None)
    assert converted(con, "integer", text) == ("not_an_integer", None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.340", "12.34"),
        ("12.", "12"),
        (".5", "0.5"),
        ("1.5e3", "1500"),
        ("1234E-2", "12.34"),
        ("-0", "0"),
        ("0e999999999999999999999", "0"),
        ("+7", "7"),
        (" 8.10 ", "8.1"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("0000000000000000000000012.30000000000000000000000", "12.3"),
    ],
)
def test_forms_of_a_number(con: duckdb.DuckDBPyConnection, text: str, number: str) -> None:
    assert converted(con, "decimal(18,2)", text) == (None, Decimal(number))
