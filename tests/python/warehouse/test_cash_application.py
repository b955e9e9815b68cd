"""Cash application agrees with a replay of the books, and with itself on every earlier day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.python.warehouse.compiled_models import set_up
from tests.python.warehouse.compiled_spine import GIVEN, Built, build, compile_models, on
from tests.python.warehouse.ledger_books import (
    NOTHING,
    Allocation,
    Books,
    CreditNote,
    History,
    Invoice,
    Payment,
    Reversal,
    WriteOff,
    replay,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from tests.python.workshop import Workshop

LAST_DAY = 12

# Few days and few amounts, so that ties, exact fits and prepayments are the rule.
DAYS = st.integers(0, LAST_DAY)
AMOUNTS = st.integers(0, 24).map(lambda quarters: Decimal(quarters) * Decimal("0.25"))
CURRENCIES = st.sampled_from(["USD", "USD", "USD", "EUR"])
# Of ids that come in another order than the days do.
ORDERS = st.permutations(range(8))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Accounts of both kinds, with everything that may happen to their money."""
    accounts = draw(st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")]))
    open_item = frozenset(account for account in accounts if draw(st.booleans()))
    account_of = st.sampled_from(accounts)
    order = draw(ORDERS)

    invoices = tuple(
        Invoice(f"i{order[n]}", *fact)
        for n, fact in enumerate(
            draw(st.lists(st.tuples(account_of, DAYS, AMOUNTS, CURRENCIES), max_size=6))
        )
    )
    named = st.sampled_from([None, *invoices])

    payments: list[Payment] = []
    for n, (account, invoice, is_own, day, amount, currency) in enumerate(
        draw(
            st.lists(
                st.tuples(
                    *(account_of, named, st.sampled_from([True, True, True, False]), DAYS),
                    *(st.none() | AMOUNTS | AMOUNTS | AMOUNTS, CURRENCIES),
                ),
                max_size=5,
            )
        )
    ):
        if invoice is None:
            payments.append(
                Payment(f"p{order[n]}", account, None, day, amount or NOTHING, currency)
            )
        else:
            payer = invoice.account_id if is_own else account
            payments.append(
                Payment(f"p{order[n]}", payer, invoice.invoice_id, day, amount, invoice.currency)
            )

    allocations: list[Allocation] = []
    reversals: list[Reversal] = []
    if payments:
        paid = st.sampled_from(payments)
        for n, (payment, day, amount, kind) in enumerate(
            draw(
                st.lists(
                    st.tuples(paid, DAYS, AMOUNTS, st.sampled_from(["refund", "chargeback"])),
                    max_size=4,
                )
            )
        ):
            gone = sum(
                (row.amount for row in reversals if row.payment_id == payment.payment_id), NOTHING
            )
            if payment.amount is None or gone + amount <= payment.amount:
                reversals.append(Reversal(f"r{order[n]}", payment.payment_id, day, amount, kind))
    if payments and invoices:
        for n, (payment, invoice, day, amount) in enumerate(
            draw(
                st.lists(
                    st.tuples(st.sampled_from(payments), st.sampled_from(invoices), DAYS, AMOUNTS),
                    max_size=6,
                )
            )
        ):
            if payment.currency == invoice.currency:
                allocations.append(
                    Allocation(f"x{order[n]}", payment.payment_id, invoice.invoice_id, day, amount)
                )

    if invoices:
        reversals += draw(_by_invoice(invoices, payments, reversals))

    credit_notes = tuple(
        CreditNote(
            f"c{order[n]}",
            invoice.account_id if invoice and is_own else account,
            invoice.invoice_id if invoice else None,
            day,
            amount,
            invoice.currency if invoice else "USD",
        )
        for n, (account, invoice, is_own, day, amount) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        account_of, named, st.sampled_from([True, True, False]), DAYS, AMOUNTS
                    ),
                    max_size=3,
                )
            )
        )
    )
    write_offs = tuple(
        WriteOff(
            f"w{n}",
            invoice.account_id if invoice else account,
            invoice.invoice_id if invoice else None,
            day,
        )
        for n, (account, invoice, day) in enumerate(
            draw(st.lists(st.tuples(account_of, named, DAYS), max_size=2))
        )
    )
    return History(
        accounts,
        open_item,
        invoices,
        tuple(payments),
        tuple(allocations),
        tuple(reversals),
        credit_notes,
        write_offs,
    )


@st.composite
def _by_invoice(
    draw: st.DrawFn,
    invoices: Sequence[Invoice],
    payments: Sequence[Payment],
    named: Sequence[Reversal],
) -> list[Reversal]:
    """Reversals that name an invoice and find what they take back."""
    reversals: list[Reversal] = []
    for n, (invoice, wait, amount, kind) in enumerate(
        draw(
            st.lists(
                st.tuples(
                    *(st.sampled_from(invoices), st.integers(0, 5), AMOUNTS),
                    st.sampled_from(["refund", "chargeback"]),
                ),
                max_size=2,
            )
        )
    ):
        day = min(invoice.day + wait, LAST_DAY)
        if amount <= _left_for(invoice, day, payments, [*named, *reversals], invoices):
            reversals.append(Reversal(f"s{n}", None, day, amount, kind, invoice.invoice_id))
    return reversals


@st.composite
def given_back(draw: st.DrawFn) -> History:
    """One account whose invoices are paid, now and then too much, and whose money goes back."""
    is_open_item = draw(st.booleans())
    amounts = st.integers(1, 8).map(Decimal)
    invoices = [
        Invoice(f"i{n}", "a", day, amount, "USD")
        for n, (day, amount) in enumerate(
            draw(st.lists(st.tuples(DAYS, amounts), min_size=1, max_size=3))
        )
    ]
    payments = [
        Payment(
            f"p{n}",
            "a",
            draw(st.sampled_from([invoice.invoice_id, invoice.invoice_id, None])),
            min(max(invoice.day + wait, 0), LAST_DAY),
            invoice.amount + more,
            "USD",
        )
        for n, (invoice, wait, more) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(invoices), st.integers(-1, 3), st.sampled_from([0, 0, 2])
                    ),
                    min_size=1,
                    max_size=4,
                )
            )
        )
    ]
    reversals: list[Reversal] = []
    for n, (payment, wait, amount, kind) in enumerate(
        draw(
            st.lists(
                st.tuples(
                    *(st.sampled_from(payments), st.integers(0, 3), amounts),
                    st.sampled_from(["refund", "refund", "chargeback"]),
                ),
                min_size=1,
                max_size=4,
            )
        )
    ):
        day = min(payment.day + wait, LAST_DAY)
        gone = sum(
            (row.amount for row in reversals if row.payment_id == payment.payment_id), NOTHING
        )
        if gone + amount <= (payment.amount or NOTHING):
            reversals.append(Reversal(f"r{n}", payment.payment_id, day, amount, kind))
    reversals += draw(_by_invoice(invoices, payments, reversals))
    notes = tuple(
        CreditNote(f"c{n}", "a", invoice.invoice_id, day, amount, "USD")
        for n, (invoice, day, amount) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from(invoices), DAYS, amounts), max_size=3))
        )
    )
    return History(
        *(("a",), frozenset({"a"} if is_open_item else ()), tuple(invoices), tuple(payments)),
        *((), tuple(reversals), notes, ()),
    )


def _left_for(
    invoice: Invoice,
    day: int,
    payments: Sequence[Payment],
    reversals: Sequence[Reversal],
    invoices: Sequence[Invoice],
) -> Decimal:
    """What a reversal that names an invoice finds at the least, whatever the order of the others."""
    accounts = {row.invoice_id: row.account_id for row in invoices}
    there = [
        row
        for row in payments
        if (row.account_id, row.currency) == (invoice.account_id, invoice.currency)
        and row.day <= day
    ]
    named = [row for row in there if row.invoice_id == invoice.invoice_id]
    pile = named or [row for row in there if row.invoice_id is None]
    keys = {row.payment_id for row in pile}
    gone = sum(
        (
            row.amount
            for row in reversals
            if row.payment_id in keys
            or (row.invoice_id and accounts[row.invoice_id] == invoice.account_id)
        ),
        NOTHING,
    )
    return sum((row.amount or NOTHING for row in pile), NOTHING) - gone


@pytest.fixture(scope="module")
def run(workshop: Workshop) -> Callable[[History, int], Built]:
    """Builds a history as of a day."""
    bench = set_up(compile_models(workshop), GIVEN)
    return lambda history, as_of: build(bench, history, as_of)


REPEATABLE = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@given(history=histories() | given_back())
@REPEATABLE
def test_the_models_agree_with_a_replay_of_the_books(
    run: Callable[[History, int], Built], history: History
) -> None:
    days, settled = replay(history, LAST_DAY)
    built = run(history, LAST_DAY)
    assert built.settlement == _settlement(history, days[-1], settled)
    assert built.balances == _balances(history, days[-1])
    assert built.payments == [
        (payment_id, applied, days[-1].net[payment_id] - applied)
        for payment_id, applied in sorted(days[-1].applied.items())
    ]
    # on every earlier day, too: what an invoice holds is the sum of the movements to then
    for day, books in enumerate(days):
        held = {invoice_id: [NOTHING, NOTHING] for invoice_id in books.paid}
        for invoice_id, moved_on, cause, *_, amount in built.movements:
            if moved_on <= on(day):
                held[invoice_id][cause in {"credit_note", "refund"}] += amount
        assert {key: tuple(value) for key, value in held.items()} == {
            key: (paid, books.credited[key]) for key, paid in books.paid.items()
        }


@given(history=histories() | given_back(), day=st.integers(0, LAST_DAY - 1))
@settings(REPEATABLE, max_examples=100)
def test_later_facts_leave_the_books_of_a_day_as_they_were(
    run: Callable[[History, int], Built], history: History, day: int
) -> None:
    then = run(history, day)
    assert then == run(history.until(day), day)
    assert then.movements == [row for row in run(history, LAST_DAY).movements if row[1] <= on(day)]


def _settlement(
    history: History, books: Books, settled: dict[str, int | None]
) -> list[tuple[str, Decimal, Decimal, Decimal, Decimal, date | None]]:
    rows = []
    for invoice in history.invoices:
        key = invoice.invoice_id
        unsettled = invoice.amount - books.credited[key] - books.paid[key]
        gone = unsettled if key in books.written_off else NOTHING
        since = settled[key]
        rows.append(
            (
                *(key, books.credited[key], books.paid[key], gone, unsettled - gone),
                None if since is None else on(since),
            )
        )
    return sorted(rows)


def _balances(history: History, books: Books) -> list[tuple[object, ...]]:
    totals: dict[tuple[str, str], list[Decimal]] = {}
    for key, amount in books.received.items():
        totals.setdefault(key, [NOTHING] * 5)[0] += amount
    for key, amount in books.credit_notes.items():
        totals.setdefault(key, [NOTHING] * 5)[1] += amount
    given = books.given
    open_invoices = dict.fromkeys(totals, 0)
    for invoice in history.invoices:
        key = (invoice.account_id, invoice.currency)
        total = totals.setdefault(key, [NOTHING] * 5)
        paid, credited = books.paid[invoice.invoice_id], books.credited[invoice.invoice_id]
        total[2] += paid
        total[3] += credited
        unsettled = invoice.amount - paid - credited
        if invoice.invoice_id not in books.written_off:
            total[4] += unsettled
            open_invoices[key] = open_invoices.get(key, 0) + (unsettled > 0)
    return [
        (
            *(*key, received, credit_notes, applied, credited),
            received + credit_notes + given.get(key, NOTHING) - applied - credited,
            *(outstanding, open_invoices.get(key, 0)),
        )
        for key, (received, credit_notes, applied, credited, outstanding) in sorted(totals.items())
    ]
