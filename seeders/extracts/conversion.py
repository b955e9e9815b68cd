"""SQL that turns any value into a raw column's type exactly, or says why it cannot.

DuckDB's own casts are too lenient for money: `try_cast` rounds 12.345 to 12.35, accepts NaN as a number and drops the
offset of a timestamp. So numbers are converted from their text, digit by digit, and dates through UTC. A value that
does not fit becomes null with a reason `<what>:<column>`; nothing is rounded, truncated or guessed.

Spaces around a value are ignored for every type: `I-1` and `I-1 ` are one invoice.

Every function returns an SQL expression over the expressions it is given. `text` is the trimmed source text, null if
there is none.

Why: DECISIONS.md#staging-judges-load-only-types
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from seeders.contracts import BIGINT, BOOLEAN, DATE, INTEGER, TEXT, TIMESTAMP

if TYPE_CHECKING:
    from seeders.contracts import Column

SEPARATORS: Final = ",.'\u2019_ \xa0\u2009\u202f"
"""Characters between the digits of a number: decimal signs and thousands separators."""

MAX_TEXT_BYTES: Final = 64 << 10
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199

_NUMBER: Final = "[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER_PARTS: Final = "([+-]?)([0-9]*)[.]?([0-9]*)(?:[eE]([+-]?[0-9]+))?"
_NOT_FINITE: Final = "(?i)[+-]?(nan|inf|infinity)"
_ISO: Final = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ][0-9].*)?"
_TRUE: Final = "('true', 't', 'yes', 'y', '1')"
_FALSE: Final = "('false', 'f', 'no', 'n', '0')"
# characters around a text that are ignored: every space of Unicode, the byte order mark, zero-width joiners
_BLANKS: Final = (
    " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
# almost every text begins and ends with a printable ASCII character, which is faster to test for than to trim
_NO_BLANKS: Final = "[!-~](?:.*[!-~])?"
_TEMPORAL: Final = re.compile(r"DATE|TIMESTAMP.*")
# exponents beyond any column's range, kept small enough to add to a length
_MAX_EXPONENT: Final = 1_000_000_000_000

_NOT_A: Final = {
    TEXT: "unreadable",
    DATE: "not_a_date",
    TIMESTAMP: "not_a_timestamp",
    INTEGER: "not_an_integer",
    BIGINT: "not_an_integer",
    BOOLEAN: "not_a_boolean",
}


def macros() -> list[str]:
    """Statements that create the macros the expressions of this module and of `separators` call."""
    separators = SEPARATORS.replace("'", "''")
    return [
        # the text without its separators but for the last one, which becomes the decimal sign
        f"""
        create or replace temp macro last_separator_decimal(given) as
            regexp_replace(regexp_extract(given, '^(.*)[{separators}]', 1), '[{separators}]', '', 'g')
            || '.' || regexp_extract(given, '.*[{separators}](.*)$', 1)
        """,
        """
        create or replace temp macro read_otherwise(result, given, number, stripped, grouped) as case
            when not regexp_matches(regexp_extract(given, number), stripped) then result
            when regexp_full_match(regexp_extract(given, number), grouped) then result
            else if(regexp_matches(given, '^[^0-9]*-'), '-', '')
                || last_separator_decimal(regexp_extract(given, number))
        end
        """,
        f"""
        create or replace temp macro without_blanks(given) as case
            when regexp_full_match(given, '{_NO_BLANKS}') then given
            else nullif(trim(given, '{_BLANKS}'), '')
        end
        """,
        f"""
        create or replace temp macro bounded_exponent(exponent) as case
            when exponent = '' then 0
            else greatest(least(
                coalesce(
                    try_cast(exponent as bigint),
                    if(starts_with(exponent, '-'), -{_MAX_EXPONENT}, {_MAX_EXPONENT})
                ), {_MAX_EXPONENT}), -{_MAX_EXPONENT})
        end
        """,
        # the digits without leading and trailing zeros, and how many of them are decimals
        """
        create or replace temp macro digits_of(found) as {
            'sign': found.sign,
            'digits': trim(found.whole || found.fraction, '0'),
            'decimals': length(found.fraction) - bounded_exponent(found.exponent)
                - length(found.whole || found.fraction)
                + length(rtrim(found.whole || found.fraction, '0'))
        }
        """,
        f"""
        create or replace temp macro number_parts(number) as case
            when regexp_full_match(number, '{_NUMBER}') then digits_of(regexp_extract(
                number, '^{_NUMBER_PARTS}$', ['sign', 'whole', 'fraction', 'exponent']
            ))
        end
        """,
        # the digits with the point moved `scale` places to the right; only evaluated for numbers that fit
        """
        create or replace temp macro unscaled(parts, scale) as
            parts.digits || repeat('0', least(greatest(scale - parts.decimals, 0), 40)::bigint)
        """,
        """
        create or replace temp macro with_point(digits, scale) as
            left(digits, length(digits) - scale) || '.' || right(digits, scale)
        """,
        """
        create or replace temp macro exact_digits(parts, scale) as case
            when parts.digits = '' then '0'
            else parts.sign || with_point(repeat('0', scale) || unscaled(parts, scale), scale)
        end
        """,
        """
        create or replace temp macro number_problem(parts, scale, digits) as case
            when parts is null then 'not_a_number'
            when parts.digits = '' then null
            when parts.decimals > scale then 'too_many_decimals'
            when length(parts.digits) - parts.decimals > digits - scale then 'out_of_range'
        end
        """,
    ]


@dataclass(frozen=True)
class Operand:
    """SQL for one value and its properties, as the layers of a statement provide them.

    `value` is null where the mapping's expression `failed`, `text` is its source text, `type` its
    DuckDB type; `parts` is the column in which the previous layer evaluated `Conversion.parts`.
    """

    type: str
    value: str
    text: str
    failed: str
    parts: str


@dataclass(frozen=True)
class Conversion:
    """How one target column gets its value: three SQL expressions, evaluated in turn.

    `parts` parses the text once, for use in `problem` and `value`; `problem` is the first half of the reason, or null;
    `value` may only be evaluated where there is no problem.
    """

    problem: str
    value: str
    parts: str = "null"


def source_text(value: str, source_type: str) -> str:
    """Return the text of a value, as it is kept if the value does not fit.

    Args:
        value: SQL expression.
        source_type: Its DuckDB type.

    Returns:
        SQL expression of type varchar; empty text is null.
    """
    text = value if source_type == "VARCHAR" else f"cast({value} as varchar)"
    return f"nullif({text}, '')"


def conversion(column: Column, operand: Operand) -> Conversion:
    """Exact conversion of one value to a raw column's type.

    Args:
        column: The target.
        operand: What is converted.

    Returns:
        The expressions.
    """
    text = operand.text
    trimmed = f"without_blanks({text})"
    if column.type == TEXT:
        problem = f"case when strlen({text}) > {MAX_TEXT_BYTES} then 'text_too_long' end"
        converted = Conversion(problem, trimmed)
    elif column.type in {DATE, TIMESTAMP}:
        converted = _moment(column.type, operand, trimmed)
    elif column.type == BOOLEAN:
        converted = _boolean(f"lower({trimmed})")
    elif column.type in {INTEGER, BIGINT}:
        converted = _whole_number(column.type, trimmed, operand.parts)
    else:
        converted = _number(column.type, trimmed, operand.parts)
    not_a = _NOT_A.get(column.type, "not_a_number")
    problem = f"case when {operand.failed} then '{not_a}' else {converted.problem} end"
    return replace(converted, problem=problem)


def _number(target: str, text: str, parts: str) -> Conversion:
    """Convert numbers: those of the common form are cast directly, only the others are parsed."""
    precision, scale = _precision_and_scale(target)
    everyday = (
        f"regexp_full_match({text}, '-?[0-9]{{1,{precision - scale}}}([.][0-9]{{1,{scale}}})?')"
    )
    problem = (
        f"case when {text} is null or {everyday} then null"
        f" when regexp_full_match({text}, '{_NOT_FINITE}') then 'not_finite'"
        f" else number_problem({parts}, {scale}, {precision}) end"
    )
    value = f"case when {everyday} then {text} else exact_digits({parts}, {scale}) end"
    return Conversion(
        problem,
        f"cast({value} as {target})",
        f"case when not {everyday} then number_parts({text}) end",
    )


def _whole_number(target: str, text: str, parts: str) -> Conversion:
    everyday = f"regexp_full_match({text}, '-?[0-9]{{1,9}}')"
    value = (
        f"case when {everyday} then try_cast({text} as {target})"
        f" else try_cast(rtrim(exact_digits({parts}, 0), '.') as {target}) end"
    )
    # every bigint has at most 19 digits; the cast decides which of them fit
    problem = (
        f"case when {text} is null or {everyday} then null"
        f" when number_problem({parts}, 0, 19) in ('not_a_number', 'too_many_decimals')"
        f" then '{_NOT_A[target]}'"
        f" when {value} is null then 'out_of_range' end"
    )
    return Conversion(problem, value, f"case when not {everyday} then number_parts({text}) end")


def _precision_and_scale(target: str) -> tuple[int, int]:
    precision, scale = re.findall(r"\d+", target)
    return int(precision), int(scale)


def _moment(target: str, operand: Operand, text: str) -> Conversion:
    """Convert dates and timestamps, in UTC. The session's time zone is UTC, which text without an offset gets, too."""
    if _TEMPORAL.fullmatch(operand.type):
        moment, given = f"try_cast({operand.value} as timestamp)", operand.value
    else:
        given = text
        moment = (
            f"case when regexp_full_match({text}, '{_ISO}')"
            f" then try_cast(try_cast({text} as timestamptz) as timestamp) end"
        )
    problem = (
        f"case when {given} is null then null"
        f" when not coalesce(isfinite({moment}), false) then '{_NOT_A[target]}'"
        f" when year({moment}) not between {FIRST_YEAR} and {LAST_YEAR} then 'out_of_range' end"
    )
    return Conversion(problem, f"cast({moment} as {target})")


def _boolean(text: str) -> Conversion:
    problem = f"case when {text} not in {_TRUE} and {text} not in {_FALSE} then 'not_a_boolean' end"
    return Conversion(problem, f"{text} in {_TRUE}")
