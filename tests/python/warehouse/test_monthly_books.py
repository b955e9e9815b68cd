"""The monthly books of every account agree with books replayed month by month, on any as-of date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.python.warehouse.compiled_models import Bench, set_up
from tests.python.warehouse.compiled_spine import FIRST_DAY, GIVEN, build, compile_models
from tests.python.warehouse.estate_by_hand import read_estate
from tests.python.warehouse.ledger_books import Payment, WriteOff
from tests.python.warehouse.monthly_books import Check, Estate, Row, months_by_hand
from tests.python.warehouse.test_cash_application import AMOUNTS, REPEATABLE, histories
from tests.python.workshop import query

if TYPE_CHECKING:
    import duckdb

    from pipeline.paths import Project
    from tests.python.warehouse.ledger_books import History
    from tests.python.workshop import Workshop

MART = "receivables.fct_account_months"
MODELS = (
    "int_account_month_flows",
    "int_account_month_ends",
    "int_check_month_ends",
    "fct_account_months",
)
GIVEN_HERE = {
    **GIVEN,
    "intermediate.int_accounts": "account_id text, cash_application text, currency text,"
    " line_of_business text",
    "intermediate.int_delinquency_checks": "account_id text, currency text, check_date date,"
    " penalty_score decimal(9, 3), delinquency_status text",
}

# The days of the spine's histories, moved to where months begin and end.
DAYS = (
    *(date(2024, 1, 1), date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 15)),
    *(date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31), date(2024, 5, 1)),
    *(date(2024, 5, 30), date(2024, 5, 31), date(2024, 7, 1)),
)
# Before the third no month is over.
AS_OF = st.sampled_from(DAYS[:1:-1])
LAGS = st.sampled_from([-40, -1, 0, 1, 2, 14, 29, 30, 31, 60])
SCORES = st.integers(0, 20).map(lambda halves: Decimal(halves) / 2)
STATUSES = st.sampled_from(["Active", "Delinquent", "Suspended", "Closed"])


def _moved(history: History) -> History:
    """The history on other days; their order stays."""
    facts = ("invoices", "payments", "allocations", "reversals", "credit_notes", "write_offs")
    moved: dict[str, Any] = {
        kind: tuple(
            replace(fact, day=(DAYS[fact.day] - FIRST_DAY).days) for fact in getattr(history, kind)
        )
        for kind in facts
    }
    return replace(history, **moved)


def _perhaps_recovered(history: History) -> st.SearchStrategy[History]:
    """The history, or with an invoice that is given up and paid in part later."""
    unchanged = st.just(history)
    if not history.invoices:
        return unchanged
    days = st.tuples(st.integers(0, len(DAYS) - 1), st.integers(0, len(DAYS) - 1)).map(sorted)
    return unchanged | st.builds(
        lambda invoice, amount, days, names_it: replace(
            history,
            write_offs=(
                *history.write_offs,
                WriteOff(
                    "w9", invoice.account_id, invoice.invoice_id if names_it else None, days[0]
                ),
            ),
            payments=(
                *history.payments,
                Payment(
                    *("p9", invoice.account_id, invoice.invoice_id, days[1], amount),
                    invoice.currency,
                ),
            ),
        ),
        st.sampled_from(history.invoices),
        AMOUNTS,
        days,
        st.booleans(),
    )


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Accounts with invoices of all ages, and checks that say anything."""
    history = _moved(draw(histories().flatmap(_perhaps_recovered)))
    due = {
        invoice.invoice_id: FIRST_DAY + timedelta(days=invoice.day + draw(LAGS))
        for invoice in history.invoices
    }
    checks = tuple(
        Check(account, "USD", on, draw(SCORES), draw(STATUSES))
        for account in history.accounts
        for on in sorted(draw(st.sets(st.sampled_from(DAYS), min_size=draw(st.integers(0, 4)))))
    )
    return Estate(history, FIRST_DAY, due, checks)


@dataclass(frozen=True)
class Books:
    """The compiled models."""

    bench: Bench

    def months(self, estate: Estate, as_of: date) -> dict[tuple[str, date, str], Row]:
        """The mart's rows, as of a day."""
        modes = {
            account: "open_item" if account in estate.history.open_item else "balance_forward"
            for account in estate.history.accounts
        }
        more: dict[str, list[tuple[object, ...]]] = {
            "intermediate.int_accounts": [
                (account, mode, "USD", "utility") for account, mode in modes.items()
            ],
            "intermediate.facts": [
                (
                    *(fact.invoice_id, fact.account_id, FIRST_DAY + timedelta(days=fact.day)),
                    *(estate.due[fact.invoice_id], fact.amount, fact.currency),
                    *(modes[fact.account_id], "utility"),
                )
                for fact in estate.history.invoices
            ],
            "intermediate.int_delinquency_checks": [
                (check.account_id, check.currency, check.checked_on, check.score, check.status)
                for check in estate.checks
                if check.checked_on <= as_of
            ],
        }
        days = (as_of - FIRST_DAY).days
        build(self.bench, estate.history, days, more)
        return _rows(self.bench.connection)


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, date, str], Row]:
    answer = connection.execute(f"select * exclude (line_of_business) from {MART}")
    columns = [column for column, *_ in answer.description or ()]
    rows = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    found = {
        (row.pop("account_id"), row.pop("month_end"), row.pop("currency")): row for row in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def books(workshop: Workshop) -> Books:
    """The spine and the monthly books, compiled."""
    return Books(set_up(compile_models(workshop, *MODELS), GIVEN_HERE))


@given(estate=estates(), as_of=AS_OF)
@settings(REPEATABLE, max_examples=100)
def test_the_months_agree_with_a_replay_of_the_books(
    books: Books, estate: Estate, as_of: date
) -> None:
    found = books.months(estate, DAYS[-1])
    assert found == months_by_hand(estate, DAYS[-1])
    # what comes later leaves the months that are over as they are
    then = books.months(estate, as_of)
    assert then == {key: row for key, row in found.items() if key[1] <= as_of}


def test_every_month_of_every_account_is_what_plain_python_finds(demo: Project) -> None:
    as_of = date(2024, 12, 31)
    found = {
        (account_id, month_end, currency): row
        for account_id, month_end, currency, *row in query(demo, f"select * from {MART}")
    }
    columns = [column for (column,) in query(demo, f"select column_name from (describe {MART})")]
    expected = months_by_hand(read_estate(demo), as_of)
    assert set(found) == set(expected)
    wrong = {
        (key, column, value, expected[key][column])
        for key, row in found.items()
        for column, value in zip(columns[3:-1], row, strict=False)
        if value != expected[key][column]
    }
    assert sorted(wrong, key=str)[:5] == []
    lines = {row[-1] for row in found.values()}
    assert {"subscription", "trade_credit", "utility"} <= lines
