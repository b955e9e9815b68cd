"""The ledger of utilities against a clerk who replays it from the raw rows, account by account."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seeders.config import PolicyConfig
from seeders.simulation.utility.books import Money
from tests.python.seeders.utility_clerk import (
    CENT,
    CYCLE,
    NEVER,
    PROMPT,
    Account,
    charge,
    expected_checks,
    read_accounts,
    read_policy,
    share_bounds,
    told,
    told_on,
    unpaid_bills,
)
from tests.python.seeders.worlds import count, simulate_utility

if TYPE_CHECKING:
    import duckdb

END = date(2024, 12, 31)
WORLDS = ["utility_world", "eventful_utility_world"]
PAYS_AHEAD = (
    "utility.prompt_days=365",
    "utility.prompt_full_share=0.8",
    "utility.unpaid_below=0",
    "utility.days_late_mean=25",
    "utility.days_late_spread=30",
)
"""Payments come so irregularly that many exceed what is owed by then: money waits for the next bill."""


@pytest.fixture(params=WORLDS)
def con(request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    world: duckdb.DuckDBPyConnection = request.getfixturevalue(request.param)
    return world


def test_every_check_is_what_the_bills_and_payments_say(con: duckdb.DuckDBPyConnection) -> None:
    policy, seen = read_policy(con), Counter[str]()
    for account in read_accounts(con).values():
        expected = list(expected_checks(account, policy, END))
        assert account.checks == expected, account.account_id
        seen.update(check.action for check in expected)
    assert min(seen[action] for action in ("none", "clear", "penalise", "suspend")) > 0
    assert min(seen[action] for action in ("reinstate", "close")) > 0


def test_a_bill_prints_what_was_left_and_its_own_charges(con: duckdb.DuckDBPyConnection) -> None:
    for account in read_accounts(con).values():
        carried, since = Decimal(0), date.min
        for bill in account.bills:
            carried -= account.paid_between(since, bill.issued)
            used = account.usages.get(bill.period_start, Decimal(0))
            assert bill.amount == charge(account, used), bill
            assert bill.total == carried + bill.amount, bill
            assert (bill.due - bill.issued, bill.issued - bill.period_start) == (CYCLE, CYCLE)
            carried, since = bill.total, bill.issued


def test_money_is_billed_once(con: duckdb.DuckDBPyConnection) -> None:
    """All own charges together are the usage that was billed, and no usage is billed twice."""
    ghosts = {
        (entity, period): amount
        for entity, period, amount in con.execute(
            "select entity_id, period_start, amount from ground_truth.faults where rule = 'ghost'"
        ).fetchall()
    }
    assert ghosts
    for account in read_accounts(con).values():
        billed = {bill.period_start: bill.amount for bill in account.bills}
        assert len(billed) == len(account.bills)
        for start, kwh in account.usages.items():
            missed = ghosts.pop((account.account_id, start), None)
            if start in billed:
                assert missed is None
            elif missed is None:
                # the last cycle is read on the last day, and billed the day after
                assert start + CYCLE > END
            else:
                assert missed == charge(account, kwh)
        asked = sum(
            (charge(account, account.usages.get(s, Decimal(0))) for s in billed), Decimal(0)
        )
        assert sum(billed.values(), Decimal(0)) == asked
    assert not ghosts


def test_status_follows_from_the_checks(con: duckdb.DuckDBPyConnection) -> None:
    """Who may use energy, who is billed, and what the change feed, accounts and meters say."""
    accounts = read_accounts(con)
    states = dict(con.execute("select account_id, status from raw_crm.accounts").fetchall())
    meters = dict(con.execute("select account_id, status from raw_metering.meters").fetchall())
    for name, account in accounts.items():
        changes = [
            (check.check_date, check.status)
            for before, check in zip([None, *account.checks], account.checks, strict=False)
            if check.status != (before.status if before else "Active")
        ]
        assert account.statuses == [(account.opened_on, "Active"), *changes]
        assert states[name] == account.statuses[-1][1]
        is_closed = states[name] == "Closed"
        assert account.closed_on == (changes[-1][0] if is_closed else date(9999, 12, 31))
        assert meters[name] == ("Disconnected" if is_closed else "Active")
        assert account.usages.keys() == set(_active_cycles(account))
        _assert_a_bill_each_cycle(con, account)


def _active_cycles(account: Account) -> list[date]:
    cycles = (END - account.opened_on).days // 30 + 1
    starts = [account.opened_on + n * CYCLE for n in range(cycles)]
    return [
        start
        for start in starts
        if account.status_on(start) == "Active" and start + CYCLE - timedelta(days=1) <= END
    ]


def _assert_a_bill_each_cycle(con: duckdb.DuckDBPyConnection, account: Account) -> None:
    skipped = {
        start + CYCLE
        for (start,) in con.execute(
            "select period_start from ground_truth.faults where rule = 'ghost' and entity_id = ?",
            [account.account_id],
        ).fetchall()
    }
    issued = {bill.issued for bill in account.bills}
    last = min(END, account.closed_on - timedelta(days=1))
    cycles = (last - account.opened_on).days // 30
    expected = {account.opened_on + n * CYCLE for n in range(1, cycles + 1)}
    assert issued == expected - skipped


def test_a_payment_is_a_share_of_what_is_not_provided_for(con: duckdb.DuckDBPyConnection) -> None:
    reliabilities = dict(
        con.execute(
            "select account_id, reliability from raw_crm.accounts"
            " join ground_truth.customer_reliability using (customer_id)"
        ).fetchall()
    )
    provided, in_full, in_part = 0, 0, 0
    for name, account in read_accounts(con).items():
        bills = {bill.invoice_id: bill for bill in account.bills}
        assert len({p.payment_id for p in account.payments}) == len(account.payments)
        for payment in account.payments:
            bill = bills[payment.invoice_id]
            left, days_late = account.left_to_pay(bill), (payment.paid_on - bill.due).days
            assert left > 0
            assert -15 <= days_late <= int((Decimal("1.2") - reliabilities[name]) * 100)
            low, high = share_bounds(days_late, reliabilities[name])
            is_full = days_late <= PROMPT and payment.amount == left
            if not is_full:
                assert left * low - CENT <= payment.amount <= left * high + CENT, payment
            provided += left < bill.total
            in_full += is_full
            in_part += not is_full and days_late <= PROMPT
    assert provided > 50
    assert in_full / (in_full + in_part) == pytest.approx(0.9, abs=0.05)


def test_what_is_on_its_way_is_not_paid_again() -> None:
    """Where all pay late and in full, money for the bill before is on its way when a bill is issued."""
    con = simulate_utility("utility.customers=20", *PAYS_AHEAD, "utility.prompt_full_share=1")
    provided, enough, waiting = 0, 0, 0
    for account in read_accounts(con).values():
        made = {payment.invoice_id: payment.amount for payment in account.payments}
        for bill in account.bills:
            left = account.left_to_pay(bill)
            if left > 0 and bill.due + timedelta(days=120) <= END:
                assert made[bill.invoice_id] == left
            elif bill.due <= END:
                assert made.get(bill.invoice_id, left) == left
                assert (bill.invoice_id in made) <= (left > 0)
            provided += 0 < left < bill.total
            enough += left <= 0 < bill.total
            waiting += bill.total < 0
    assert min(provided, enough, waiting) > 100


def test_days_late_are_cut_towards_the_due_date() -> None:
    """Who means to pay less than a day early or late pays on the due date itself."""
    con = simulate_utility(
        "utility.customers=60",
        "utility.first_day=2023-01-01",
        "utility.days_late_mean=0",
        "utility.days_late_slope=0",
        "utility.days_late_spread=0.3",
    )
    days = Counter(
        (payment.paid_on - bill.due).days
        for account in read_accounts(con).values()
        for bill in account.bills
        for payment in account.payments
        if payment.invoice_id == bill.invoice_id
    )
    # a day is more than three standard deviations
    assert days[0] > 500
    assert days[-1] + days[1] < 0.01 * days[0]
    assert set(days) <= {-1, 0, 1}


def test_what_is_left_at_closing_is_a_bad_debt(con: duckdb.DuckDBPyConnection) -> None:
    accounts, closures = read_accounts(con), 0
    debts = {
        name: rest
        for name, *rest in con.execute(
            "select account_id, closed_on, closing_balance, score, is_bad_debt"
            " from raw_billing.bad_debts"
        ).fetchall()
    }
    for name, account in accounts.items():
        if account.statuses[-1][1] != "Closed":
            assert name not in debts
            assert account.written_off_on == NEVER
            continue
        closures += 1
        last = account.checks[-1]
        assert debts[name] == [last.check_date, last.unpaid, last.score, True]
        assert account.written_off_on == account.closed_on == last.check_date
    assert closures == len(debts) > 0
    recovered = "raw_payments.payments join raw_crm.accounts using (account_id)"
    late = f"select count(*) from {recovered} where payment_date >= closed_on"
    assert count(con, late) > 0, "money under way at closing still arrives"


def test_the_truth_about_unpaid_bills_on_a_day(con: duckdb.DuckDBPyConnection) -> None:
    accounts, faults = read_accounts(con), told(con)
    found_any = Counter[str]()
    days = [date(2019, 4, 30) + timedelta(days=97 * n) for n in range(21)]
    for day in (*days, END):
        expected = unpaid_bills(accounts, day)
        assert told_on(faults, day) == expected, day
        found_any.update({rule: len(bills) for rule, bills in expected.items()})
    assert min(found_any["zombie"], found_any["leaky_bucket"]) > 0


@pytest.mark.parametrize("grace", [30, 3])
def test_the_truth_about_unpaid_bills_on_every_day(grace: int) -> None:
    con = simulate_utility(
        "utility.customers=6",
        "utility.first_day=2023-07-14",
        "utility.low_reliability_share=1",
        "utility.medium_reliability_share=0",
        "utility.days_late_mean=25",
        "penalty.close_score=8",
        policy=PolicyConfig(zombie_grace_days=grace),
    )
    assert count(con, "select count(*) from raw_billing.bad_debts") > 0
    assert count(con, "select count(*) from raw_billing.balance_snapshots where action='reinstate'")
    _assert_truth_on_every_day(con, grace)


def test_the_truth_about_bills_that_money_waits_for() -> None:
    con = simulate_utility(
        "utility.customers=12",
        "utility.first_day=2023-07-14",
        *PAYS_AHEAD,
        "utility.days_late_spread=60",
        policy=PolicyConfig(zombie_grace_days=3),
    )
    assert count(con, "select count(*) from raw_billing.invoices where statement_amount < 0") > 10
    _assert_truth_on_every_day(con, 3)


def _assert_truth_on_every_day(con: duckdb.DuckDBPyConnection, grace: int) -> None:
    accounts, faults = read_accounts(con), told(con)
    assert any(ends <= END for *_, ends in faults)
    for day in (date(2023, 7, 14) + timedelta(days=n) for n in range(537)):
        assert told_on(faults, day) == unpaid_bills(accounts, day, grace), day


def test_equal_payments_days_apart_are_told_as_what_they_look_like() -> None:
    """No bill is paid twice here, but equal parts of two bills can fall on the same days."""
    day = 19_000
    payments = [
        # account, bill, day, cents
        (0, 3, day, 500),
        (0, 4, day + 3, 500),
        (0, 5, day + 6, 500),
        (1, 4, day + 3, 500),
        (2, 3, day, 500),
        (2, 4, day + 4, 500),
        (3, 3, day, 500),
        (3, 4, day + 1, 501),
        (3, 5, day + 3, 500),
        (4, 8, day, 700),
        (4, 7, day, 700),
    ]
    account, billed, paid_on, cents = np.array(payments, dtype=np.int32).T
    money = Money(account, billed, paid_on, cents.astype(np.int64))
    for order in (np.arange(len(payments)), np.arange(len(payments))[::-1]):
        again = money.select(order).in_order().repeated(3)
        found = sorted(zip(again.account.tolist(), again.billed.tolist(), strict=True))
        assert found == [(0, 4), (0, 5), (3, 5), (4, 8)]


def test_the_truth_about_repeated_payments_is_what_the_rows_say() -> None:
    con = simulate_utility(
        "utility.customers=150",
        "utility.residential_rate=0.0001",
        policy=PolicyConfig(duplicate_window_days=5),
    )
    told = con.sql(
        "select entity_id, entity_type, period_start, amount, observable_from from ground_truth.faults"
        " where rule = 'duplicate_payment' order by all"
    ).fetchall()
    paid = con.sql(
        "select account_id, amount_paid, payment_date, payment_id from raw_payments.payments order by all"
    ).fetchall()
    expected = [
        (later[3], "payment", later[2].replace(day=1), later[1], later[2])
        for earlier, later in pairwise(paid)
        if earlier[:2] == later[:2] and (later[2] - earlier[2]).days <= 5
    ]
    assert told == sorted(expected)
    assert told, "bills of a few cents are paid alike now and then"
