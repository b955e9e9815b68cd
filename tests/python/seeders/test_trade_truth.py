"""The truth about trade credit is what the rules of the business find in the raw rows, on any day.

Unpaid and partly paid invoices are looked for by a clerk of the tests' own: plain Python, a fact at a
time, who opens the books of a day from nothing. The other rules are written once more in plain SQL.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from seeders.config import PolicyConfig
from seeders.simulation import advance
from seeders.simulation.months import MonthAxis
from seeders.simulation.trade.books import keep_books
from seeders.simulation.trade.catalogue import Catalogue
from seeders.simulation.trade.context import Context
from seeders.simulation.trade.draws import AccountDraws
from seeders.simulation.trade.history import draw_history
from seeders.simulation.trade.truth import is_foreign
from seeders.streams import Streams
from tests.python.seeders.worlds import NO_SUBSCRIPTIONS, SEED, configure, count, simulate_trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

WORLDS = ["trade_world", "eventful_trade_world"]
END = date(2024, 12, 31)
DAYS = [date(2022, 4, 30), date(2022, 12, 31), date(2023, 8, 16), date(2024, 2, 29), END]
GRACE = 30
UNPAID_RULES = ("zombie", "leaky_bucket")

Found = dict[str, dict[str, int]]


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


@dataclass
class Invoice:
    """An invoice in the clerk's books; amounts in cents."""

    invoice_id: str
    account_id: str
    issued: date
    due: date
    cents: int
    credited: int = 0
    received: int = 0
    given_back: int = 0
    is_given_up: bool = False

    @property
    def let_go(self) -> int:
        """What was given back beyond what had come in too much."""
        excess = max(0, self.received - (self.cents - self.credited))
        return max(0, self.given_back - excess)

    @property
    def paid(self) -> int:
        """What it holds of the money that came in for it."""
        return max(0, min(self.received, self.cents - self.credited)) - self.let_go

    @property
    def open_cents(self) -> int:
        """What is still to come."""
        asked = self.cents - self.credited - self.let_go
        return 0 if self.is_given_up else asked - self.paid


FACTS = {
    "invoices": "select invoice_date, invoice_id, account_id, due_date,"
    " (amount * 100)::bigint from raw_billing.invoices order by 1, 2",
    "payments": "select payment_date, payment_id, p.account_id, invoice_id,"
    " (amount_paid * 100)::bigint from raw_payments.payments as p"
    " join raw_crm.accounts as a using (account_id) where p.currency = a.currency order by 1, 2",
    "allocations": "select allocated_on, payment_id, invoice_id, (amount * 100)::bigint"
    " from raw_payments.payment_allocations order by allocated_on, allocation_id",
    "refunds": "select refund_date, payment_id, (amount * 100)::bigint, kind"
    " from raw_payments.refunds order by refund_date, refund_id",
    "notes": "select credit_date, invoice_id, account_id, (amount * 100)::bigint"
    " from raw_billing.credit_notes order by credit_date, credit_note_id",
    "write_offs": "select written_off_on, invoice_id, account_id from raw_billing.write_offs",
    "accounts": "select account_id, cash_application from raw_crm.accounts",
    "statuses": "select source_ts::date, entity_key, after ->> 'status'"
    " from raw_cdc.change_events where source_table = 'raw_crm.accounts' order by source_seq",
}


@dataclass(frozen=True)
class Clerk:
    """Reads the raw rows once, and opens the books of any day from nothing."""

    facts: dict[str, list[tuple[Any, ...]]]

    @classmethod
    def at(cls, con: duckdb.DuckDBPyConnection) -> Clerk:
        """Give a clerk all raw rows there are."""
        return cls({name: con.execute(query).fetchall() for name, query in FACTS.items()})

    def find(self, day: date, grace: int = GRACE) -> Found:
        """The zombies and leaky buckets of a day, with what is open of each, in cents."""
        books = self.books(day)
        status = {account: status for on, account, status in self.facts["statuses"] if on <= day}
        found: Found = {rule: {} for rule in UNPAID_RULES}
        for invoice in books.values():
            past_due = (day - invoice.due).days
            if invoice.open_cents == 0 or past_due <= 0:
                continue
            if invoice.paid > 0:
                found["leaky_bucket"][invoice.invoice_id] = invoice.open_cents
            elif past_due > grace and status[invoice.account_id] == "Active":
                found["zombie"][invoice.invoice_id] = invoice.open_cents
        return found

    def books(self, day: date) -> dict[str, Invoice]:
        """Every invoice issued by a day, with what it holds at the day's end."""
        by_age = {account for account, kind in self.facts["accounts"] if kind == "balance_forward"}
        books = {
            name: Invoice(name, account, on, due, cents)
            for on, name, account, due, cents in self.facts["invoices"]
            if on <= day
        }
        self._pay_by_name(day, books, by_age)
        self._credit_by_name(day, books, by_age)
        self._apply_by_age(day, books, by_age)
        for on, name, account in self.facts["write_offs"]:
            if on > day:
                continue
            for invoice in [books[name]] if name else books.values():
                if name or (invoice.account_id == account and invoice.issued <= on):
                    invoice.is_given_up = True
        return books

    def _pay_by_name(self, day: date, books: dict[str, Invoice], by_age: set[str]) -> None:
        """Open item: each payment goes where it says, as far as it says so by that day."""
        left: dict[str, int] = {}
        names: dict[str, str | None] = {}
        for on, payment, account, invoice, cents in self.facts["payments"]:
            if on <= day and account not in by_age:
                left[payment], names[payment] = cents, invoice
        for on, payment, cents, kind in self.facts["refunds"]:
            invoice = names.get(payment)
            if on <= day and kind == "refund" and invoice is not None:
                books[invoice].given_back += cents
            elif on <= day and payment in left:
                left[payment] -= cents
        for on, payment, invoice, cents in self.facts["allocations"]:
            if on <= day and payment in left:
                held = min(left[payment], cents)
                left[payment] -= held
                books[invoice].received += held
        for payment, cents in left.items():
            invoice = names[payment]
            if invoice is not None:
                books[invoice].received += cents

    def _credit_by_name(self, day: date, books: dict[str, Invoice], by_age: set[str]) -> None:
        for on, invoice, account, cents in self.facts["notes"]:
            if on <= day and account not in by_age:
                target = books[invoice]
                target.credited = min(target.cents, target.credited + cents)

    def _apply_by_age(self, day: date, books: dict[str, Invoice], by_age: set[str]) -> None:
        """Balance forward: a pot each, of credit and of all money, poured over the oldest first."""
        money: dict[str, int] = defaultdict(int)
        credit: dict[str, int] = defaultdict(int)
        for on, _, account, _, cents in self.facts["payments"]:
            if on <= day and account in by_age:
                money[account] += cents
        for on, _, account, cents in self.facts["notes"]:
            if on <= day and account in by_age:
                money[account] += cents
                credit[account] += cents
        for invoice in books.values():
            account = invoice.account_id
            if account not in by_age:
                continue
            held = min(money[account], invoice.cents)
            invoice.credited = min(credit[account], invoice.cents)
            invoice.received = held - invoice.credited
            money[account] -= held
            credit[account] -= invoice.credited


def _told(con: duckdb.DuckDBPyConnection, rule: str, day: date) -> list[tuple[str, int]]:
    return con.execute(
        "select entity_id, (amount * 100)::bigint from ground_truth.faults where rule = $rule"
        " and observable_from <= $day and (ends_on is null or $day < ends_on) order by all",
        {"rule": rule, "day": day},
    ).fetchall()


def _assert_clerk_agrees(
    con: duckdb.DuckDBPyConnection, days: Iterable[date], grace: int = GRACE
) -> dict[str, int]:
    clerk, seen = Clerk.at(con), dict.fromkeys(UNPAID_RULES, 0)
    for day in days:
        found = clerk.find(day, grace)
        for rule in UNPAID_RULES:
            assert _told(con, rule, day) == sorted(found[rule].items()), (rule, day)
            seen[rule] += len(found[rule])
    return seen


@pytest.mark.parametrize("name", WORLDS)
def test_a_clerk_finds_the_unpaid_invoices_that_are_told(
    request: pytest.FixtureRequest, name: str
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    seen = _assert_clerk_agrees(con, DAYS)
    assert all(seen.values())


def test_spells_begin_and_end_on_the_day(eventful_trade_world: duckdb.DuckDBPyConnection) -> None:
    """The days on which a spell begins or ends, and the ones before."""
    turns = _rows(
        eventful_trade_world,
        "select distinct day from (select observable_from as day from ground_truth.faults"
        " union select ends_on from ground_truth.faults) where day is not null order by day",
    )
    days = {turn - timedelta(days=early) for (turn,) in turns[::17] for early in (0, 1)}
    assert len(days) > 50
    _assert_clerk_agrees(eventful_trade_world, sorted(days))


def test_the_books_of_the_simulator_agree_to_the_cent() -> None:
    """Also where no rule looks: settled, credited and written-off invoices, bills after closure."""
    settings = (
        "trade.accounts=80",
        "trade.annual_default=0.5",
        "trade.billed_after_cancel_rate=1",
        "trade.billed_after_cancel_credited_share=0.2",
        "trade.balance_forward_share=0.5",
        "trade.return_share=0.3",
        "trade.return_after_payment_share=0.7",
    )
    clerk = Clerk.at(simulate_trade(*settings))
    config = configure(NO_SUBSCRIPTIONS, *settings)
    axis, streams = MonthAxis(config.trade.first_month), Streams(SEED)
    catalogue, draws = Catalogue(config.trade, streams), AccountDraws(streams, 0, 80)
    history = draw_history(Context(config, axis, catalogue, draws, 36))
    for day in DAYS:
        until = (day - date(1970, 1, 1)).days
        accounts = history.accounts
        kept = keep_books(
            history.facts,
            accounts.is_balance_forward,
            is_foreign(history.facts, accounts.is_eur),
            until,
        )
        now = kept.select((kept.begins_on <= until) & (kept.ends_on > until))
        names = ["".join(map(chr, name)) for name in history.facts.invoices.name[now.invoice]]
        found = zip(names, now.paid_cents.tolist(), now.open_cents.tolist(), strict=True)
        books = clerk.books(day)
        assert sorted(found) == [(n, books[n].paid, books[n].open_cents) for n in sorted(books)]


@pytest.mark.parametrize("share", [0, 1])
def test_either_way_of_applying_cash_is_told(share: int) -> None:
    con = simulate_trade(
        "trade.accounts=60",
        f"trade.balance_forward_share={share}",
        "trade.bad_share=0.4",
        "trade.annual_default=0.3",
        "trade.return_share=0.2",
        "trade.duplicate_invoice_rate=0.1",
    )
    assert all(_assert_clerk_agrees(con, DAYS).values())


@pytest.mark.parametrize("root", [7, 8])
def test_another_world_under_another_policy(root: int) -> None:
    policy = PolicyConfig(zombie_grace_days=3, duplicate_window_days=1)
    con = simulate_trade("trade.accounts=60", root=root, policy=policy)
    assert all(_assert_clerk_agrees(con, DAYS, grace=3).values())


def test_the_truth_ends_with_the_facts_so_far() -> None:
    """What has not arrived neither is a fault nor ends one, and arrives with `advance`."""
    con = simulate_trade("trade.accounts=60", "period.months=4")
    day = date(2024, 4, 30)
    assert count(con, "select count(*) from ground_truth.faults") > 0
    beyond = (
        "select count(*) from ground_truth.faults"
        " where ends_on > date '{0}' or observable_from > date '{0}'"
    )
    assert count(con, beyond.format(day)) == 0
    _assert_clerk_agrees(con, [day])
    advance(con, 3)
    day = date(2024, 7, 31)
    assert count(con, beyond.format(day)) == 0
    assert count(con, beyond.format(date(2024, 4, 30))) > 0
    _assert_clerk_agrees(con, [date(2024, 4, 30), day])


def test_spells_of_an_invoice_do_not_overlap(
    eventful_trade_world: duckdb.DuckDBPyConnection,
) -> None:
    assert (
        count(
            eventful_trade_world,
            "select count(*) from ground_truth.faults as one join ground_truth.faults as other"
            " using (rule, entity_id) where one.fault_id < other.fault_id"
            " and one.observable_from < coalesce(other.ends_on, date '9999-12-31')"
            " and other.observable_from < coalesce(one.ends_on, date '9999-12-31')",
        )
        == 0
    )


def test_rare_combinations_occur(eventful_trade_world: duckdb.DuckDBPyConnection) -> None:
    """Without them the tests above would prove little."""
    con = eventful_trade_world
    several = (
        "select count(*) from (select entity_id from ground_truth.faults where rule = '{}'"
        " group by entity_id having count(distinct amount) > 1)"
    )
    for rule in UNPAID_RULES:
        faults = f"select count(*) from ground_truth.faults where rule = '{rule}'"
        for cause in ("natural", "injected"):
            assert count(con, f"{faults} and cause = '{cause}'") > 0, (rule, cause)
        assert count(con, several.format(rule)) > 0, rule
        for kind in ("open_item", "balance_forward"):
            accounts = f"select account_id from raw_crm.accounts where cash_application = '{kind}'"
            assert count(con, f"{faults} and account_id in ({accounts})") > 0, (rule, kind)
    for table in ("refunds", "payment_allocations", "disputes"):
        assert count(con, f"select count(*) from raw_payments.{table}") > 0, table
    for named in ("null", "not null"):
        write_offs = f"select count(*) from raw_billing.write_offs where invoice_id is {named}"
        assert count(con, write_offs) > 0, named


_SAME_LINES = """(select invoice_id, list(sku_id || ' ' || quantity || ' ' || unit_price
    order by line_item_id) as basket from raw_billing.invoice_line_items group by all)"""
_INVOICE = (
    "select i.invoice_id as entity_id, i.account_id, date_trunc('month', i.invoice_date)::date"
    " as period_start, {amount} as amount, i.currency, 'invoice' as entity_type, i.invoice_date as seen_on,"
    " {ends_on} as ends_on from raw_billing.invoices as i"
)
_CREDITED = (
    "(select min(credit_date) from raw_billing.credit_notes as n"
    " where n.invoice_id = i.invoice_id and n.amount >= i.amount)"
)
_PAYMENT = (
    "select p.payment_id as entity_id, p.account_id, date_trunc('month', p.payment_date)::date"
    " as period_start, p.amount_paid as amount, p.currency, 'payment' as entity_type,"
    " p.payment_date as seen_on, {ends_on} as ends_on from raw_payments.payments as p"
)
RULES = {
    "duplicate_invoice": f"""{_INVOICE.format(amount="i.amount", ends_on=_CREDITED)}
        join {_SAME_LINES} as l using (invoice_id) where exists (
            from raw_billing.invoices as o join {_SAME_LINES} as s using (invoice_id)
            where o.account_id = i.account_id and o.currency = i.currency and o.amount = i.amount
            and o.invoice_id < i.invoice_id and s.basket = l.basket
            and i.invoice_date - o.invoice_date between 0 and $days::integer)""",
    "duplicate_payment": _PAYMENT.format(
        ends_on="(select min(refund_date) from raw_payments.refunds as r"
        " where r.payment_id = p.payment_id and r.amount = p.amount_paid)"
    )
    + """ where exists (
            from raw_payments.payments as o where o.account_id = p.account_id
            and o.invoice_id = p.invoice_id and o.currency = p.currency
            and o.amount_paid = p.amount_paid and o.payment_id < p.payment_id
            and p.payment_date - o.payment_date between 0 and $days::integer)""",
    "billed_after_cancel": f"""{_INVOICE.format(amount="i.amount", ends_on=_CREDITED)}
        join raw_crm.accounts as a using (account_id)
        where a.status = 'Closed' and i.invoice_date > a.closed_on and $days > 0""",
    "header_lines_mismatch": _INVOICE.format(amount="abs(i.amount - total)", ends_on="null::date")
    + """ join (select invoice_id, sum(amount) as total from raw_billing.invoice_line_items
        group by all) using (invoice_id) where i.amount <> total and $days > 0""",
    "orphaned_line": """select l.line_item_id as entity_id, 'T' || substr(l.line_item_id, 2, 6),
        b.covers_from, l.amount, a.currency, 'invoice_line', b.as_of_date, null::date
        from raw_billing.invoice_line_items as l
        join raw_control.extract_batches as b on b.batch_no = l._batch_no
        join raw_crm.accounts as a on a.account_id = 'T' || substr(l.line_item_id, 2, 6)
        where l.invoice_id not in (select invoice_id from raw_billing.invoices) and $days > 0""",
    "currency_mismatch": _PAYMENT.format(ends_on="null::date")
    + """ join raw_billing.invoices as i using (invoice_id)
        where i.currency <> p.currency and $days > 0""",
}


def _assert_signatures_are_told(con: duckdb.DuckDBPyConnection, window: int) -> None:
    for rule, found in RULES.items():
        told = con.execute(
            "select entity_id, account_id, period_start, amount, currency, entity_type,"
            " observable_from, ends_on from ground_truth.faults where rule = $rule"
            " and cause = 'injected' order by all",
            {"rule": rule},
        ).fetchall()
        assert told, rule
        assert con.execute(f"{found} order by all", {"days": window}).fetchall() == told, rule


@pytest.mark.parametrize("name", WORLDS)
def test_faults_have_the_signature_of_their_rule(request: pytest.FixtureRequest, name: str) -> None:
    """All recorded faults are found, and nothing else, with account, month, amount, and days."""
    _assert_signatures_are_told(request.getfixturevalue(name), 3)


@pytest.mark.parametrize("window", [1, 9])
def test_signatures_hold_under_another_window(window: int) -> None:
    policy = PolicyConfig(duplicate_window_days=window)
    con = simulate_trade(
        "trade.annual_closure=0.3", "trade.standing_order_share=0.5", policy=policy
    )
    _assert_signatures_are_told(con, window)


@pytest.mark.parametrize("name", WORLDS)
def test_faults_of_different_kinds_fall_on_different_invoices(
    request: pytest.FixtureRequest, name: str
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    # ids hold account and order; a copy has the odd number after its original's
    orders = (
        "select rule, substr(entity_id, 2, 6) || (substr(entity_id, 8, 4)::integer // 2) as placed"
        " from ground_truth.faults where rule not in ('zombie', 'leaky_bucket')"
    )
    twice = f"select count(*) from (from ({orders}) select placed group by all having count(*) > 1)"
    assert count(con, f"select count(*) from ({orders})") > 0
    assert count(con, twice) == 0


def test_a_copy_neither_falls_after_the_closure_nor_close_to_the_next_order() -> None:
    con = simulate_trade(
        "trade.accounts=150",
        "trade.first_month=2023-01",
        "trade.annual_closure=0.9",
        "trade.duplicate_invoice_rate=0.9",
        "trade.duplicate_payment_rate=0",
        "trade.header_lines_mismatch_rate=0.05",
        "trade.orphaned_line_rate=0.04",
        "trade.currency_mismatch_rate=0.01",
    )
    copies = "select entity_id from ground_truth.faults where rule = 'duplicate_invoice'"
    assert count(con, f"select count(*) from ({copies})") > 1_000
    late = f"""select count(*) from raw_billing.invoices join raw_crm.accounts using (account_id)
        where invoice_date > closed_on and invoice_id in ({copies})"""
    assert count(con, late) == 0
    close = f"""select count(*) from (
        select invoice_id, lead(invoice_date) over (
            partition by account_id order by invoice_date, invoice_id) - invoice_date as days
        from raw_billing.invoices) where days <= 3 and invoice_id in ({copies})"""
    assert count(con, close) == 0


def test_some_faults_are_put_right(eventful_trade_world: duckdb.DuckDBPyConnection) -> None:
    for rule in ("duplicate_invoice", "duplicate_payment", "billed_after_cancel"):
        faults = f"select count(*) from ground_truth.faults where rule = '{rule}' and ends_on is"
        assert count(eventful_trade_world, f"{faults} null") > 0, rule
        assert count(eventful_trade_world, f"{faults} not null") > 0, rule
