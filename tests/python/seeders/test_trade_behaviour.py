"""What trade customers do of their own accord, seen by its effect on the raw rows."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pytest

from seeders.contracts import TABLES
from tests.python.seeders.worlds import contents, count, odd_keys, simulate_trade

if TYPE_CHECKING:
    import duckdb

SIGMAS = 4
WORLDS = ["trade_world", "eventful_trade_world"]

OF_TERMS = """raw_payments.payments as p join raw_billing.invoices as i using (invoice_id)
    join raw_crm.accounts as a on a.account_id = i.account_id"""
FEED = "raw_cdc.change_events where source_table = 'raw_crm.accounts'"


def test_the_seeds_preset_has_its_size(trade_world: duckdb.DuckDBPyConnection) -> None:
    assert count(trade_world, "select count(*) from raw_crm.accounts") == 200
    assert count(trade_world, "select count(*) from raw_billing.skus") == 100
    invoices = count(trade_world, "select count(*) from raw_billing.invoices")
    lines = count(trade_world, "select count(*) from raw_billing.invoice_line_items")
    assert 9_000 <= invoices <= 11_000
    assert 47_700 <= lines <= 58_300
    assert (
        count(
            trade_world,
            "select count(distinct date_trunc('month', invoice_date)) from raw_billing.invoices",
        )
        == 36
    )


def test_lines_of_an_invoice_are_five_on_average_and_twelve_at_most(
    trade_world: duckdb.DuckDBPyConnection,
) -> None:
    lengths = trade_world.execute(
        "select count(*) as lines from raw_billing.invoice_line_items group by invoice_id"
    ).fetchall()
    assert max(lengths) == (12,)
    assert min(lengths) == (1,)
    assert sum(n for (n,) in lengths) / len(lengths) == pytest.approx(5.3, abs=0.2)


def test_a_share_of_what_was_settled_was_late(trade_world: duckdb.DuckDBPyConnection) -> None:
    """Payments that name their invoice, the last one of each."""
    settled = f"""select i.invoice_id, max(payment_date) > due_date as is_late from {OF_TERMS}
        group by i.invoice_id, due_date, i.amount having sum(amount_paid) >= i.amount"""
    n = count(trade_world, f"select count(*) from ({settled})")
    k = count(trade_world, f"select count(*) from ({settled}) where is_late")
    # accounts differ much, so that the share of 200 of them moves more than invoices alone would
    assert 0.11 <= k / n <= 0.19


def test_thirty_days_are_paid_in_25_to_60(trade_world: duckdb.DuckDBPyConnection) -> None:
    """By those who pay in full at first, and are neither in dispute nor in default."""
    ordinary = f"""select payment_date - invoice_date as days from {OF_TERMS}
        where payment_terms_days = 30 and cash_application = 'open_item' and i.amount = amount_paid
        and payment_id like 'R%1' and i.invoice_id not in (from (
            select invoice_id from raw_payments.disputes))
        and i.account_id not in (select entity_key from {FEED} and after like '%Suspended%')
        and i.invoice_id not in (select entity_id from ground_truth.faults)"""
    low, high, n = trade_world.execute(
        f"select min(days), max(days), count(*) from ({ordinary})"
    ).fetchall()[0]
    assert n > 1_000
    assert (low, high) == (25, 60)


def _late_share(con: duckdb.DuckDBPyConnection, where: str) -> float:
    late = f"select payment_date > due_date as is_late from {OF_TERMS} where {where}"
    n = count(con, f"select count(*) from ({late})")
    assert n > 200
    return count(con, f"select count(*) from ({late}) where is_late") / n


def test_an_account_that_turns_pays_later_than_before() -> None:
    con = simulate_trade(
        "trade.turning_share=1",
        "trade.bad_share=0",
        "trade.seasonal_share=0",
        "trade.annual_turning=0.9",
        "trade.joiner_share=0",
        "trade.first_month=2022-01",
    )
    first = _late_share(con, "invoice_date < date '2022-03-01'")
    last = _late_share(con, "invoice_date >= date '2024-01-01'")
    assert last > 2 * first


def test_a_bad_payer_is_known_by_its_past(trade_world: duckdb.DuckDBPyConnection) -> None:
    """Ranked by their share of late payments in the first half, accounts keep their order in the second."""
    halves = f"""
        select a.account_id,
            avg((payment_date > due_date)::int) filter (i.invoice_date < date '2023-07-01') as past,
            avg((payment_date > due_date)::int) filter (i.invoice_date >= date '2023-07-01') as next
        from {OF_TERMS} group by all
    """
    ((correlation,),) = trade_world.execute(f"select corr(past, next) from ({halves})").fetchall()
    assert correlation > 0.3


def test_the_season_moves_orders_and_lateness() -> None:
    con = simulate_trade(
        "trade.seasonal_share=1",
        "trade.bad_share=0",
        "trade.turning_share=0",
        "trade.standing_order_share=0",
        "trade.joiner_share=0",
        "trade.accounts=150",
    )
    autumn, spring = (
        count(
            con,
            f"select count(*) from raw_billing.invoices where month(invoice_date) in ({months})",
        )
        for months in ("9, 10, 11", "3, 4, 5")
    )
    assert autumn > 2 * spring
    assert _late_share(con, "month(invoice_date) in (10, 11)") > 2 * _late_share(
        con, "month(invoice_date) between 3 and 7"
    )


def test_larger_invoices_are_paid_late_more_often() -> None:
    con = simulate_trade(
        "trade.bad_share=0",
        "trade.turning_share=0",
        "trade.seasonal_share=0",
        "trade.late_share=0.5",
        "trade.balance_forward_share=0",
    )
    ranked = f"""(select payment_date > due_date as is_late,
        percent_rank() over (partition by i.account_id order by i.amount) as size from {OF_TERMS}
        where payment_id like 'R%1')"""
    ((large, small),) = con.execute(
        "select avg(is_late::int) filter (size > 0.67), avg(is_late::int) filter (size < 0.33)"
        f" from {ranked}"
    ).fetchall()
    assert large > small + 0.05


def test_complaints_come_before_late_payments() -> None:
    con = simulate_trade("trade.complaint_share=0.15", "trade.balance_forward_share=0")
    paid = f"""(select payment_date > due_date as is_late, exists (
        from raw_service.service_requests as r where r.account_id = i.account_id
        and r.opened_at::date between i.invoice_date + 2 and i.invoice_date + 12) as complained
        from {OF_TERMS} where payment_id like 'R%1')"""
    ((late, on_time),) = con.execute(
        "select avg(complained::int) filter (is_late), avg(complained::int) filter (not is_late)"
        f" from {paid}"
    ).fetchall()
    assert late > 1.5 * on_time


def test_rates_of_single_invoices_hold_within_chance(
    trade_world: duckdb.DuckDBPyConnection,
) -> None:
    open_item = "select account_id from raw_crm.accounts where cash_application = 'open_item'"
    n = count(
        trade_world,
        f"select count(*) from raw_billing.invoices where account_id in ({open_item})",
    )
    shares = {
        "raw_payments.disputes join raw_billing.invoices using (invoice_id)": 0.025,
        "ground_truth.faults where rule = 'duplicate_invoice'": 0.01,
        "ground_truth.faults where rule = 'header_lines_mismatch'": 0.006,
        "ground_truth.faults where rule = 'orphaned_line'": 0.005,
    }
    for table, rate in shares.items():
        what = f"(from {table}) where account_id in ({open_item})"
        k = count(trade_world, f"select count(*) from {what}")
        assert abs(k - n * rate) <= SIGMAS * sqrt(n * rate * (1 - rate)), (what, k, n * rate)


def test_who_pays_round_sums_and_is_never_late_leaves_nothing_past_due() -> None:
    settings = (
        "trade.balance_forward_share=1",
        "trade.annual_default=0",
        "trade.billed_after_cancel_rate=0",
    )
    past_due = "select count(*) from ground_truth.faults where rule in ('leaky_bucket', 'zombie')"
    assert count(simulate_trade(*settings), past_due) > 0
    assert count(simulate_trade(*settings, "trade.late_share=0"), past_due) == 0


BEYOND = f"""(select i.invoice_id from {OF_TERMS} where payment_id like 'R%1'
    and p.currency = i.currency group by i.invoice_id, i.amount having sum(amount_paid) > i.amount)"""
NO_EFFECT = {
    "accounts": "select count(*) from raw_billing.invoices",
    "joiner_share": "select count(*) from raw_crm.accounts where opened_on >= date '2023-01-01'",
    "standing_order_share": "select count(*) from raw_billing.invoices as one"
    " join raw_billing.invoices as other using (account_id, amount)"
    " where other.invoice_date - one.invoice_date in (7, 14)",
    "short_terms_share": "select count(*) from raw_crm.accounts where payment_terms_days = 14",
    "long_terms_share": "select count(*) from raw_crm.accounts where payment_terms_days = 60",
    "eur_share": "select count(*) from raw_crm.accounts where currency = 'EUR'",
    "balance_forward_share": "select count(*) from raw_payments.payments where payment_id like 'H%'",
    "allocating_share": "select count(*) from raw_payments.payment_allocations",
    "late_allocation_share": "select count(*) from raw_payments.payment_allocations"
    " join raw_payments.payments using (payment_id) where allocated_on > payment_date",
    "contract_share": "select count(*) from raw_billing.contracts",
    "annual_limit_change": "select count(*) from raw_cdc.change_events"
    " where (before ->> 'credit_limit') <> (after ->> 'credit_limit')",
    "annual_address_change": "select count(*) from raw_crm.customers where updated_at > created_at",
    "annual_closure annual_default": "select count(*) from raw_crm.accounts where status = 'Closed'",
    "annual_default": "select (select count(*) from raw_billing.write_offs)"
    " + (select count(*) from raw_cdc.change_events where after like '%Suspended%')",
    "reinstated_share": "select count(*) from raw_cdc.change_events"
    " where before like '%Suspended%' and after like '%Active%'",
    "partial_share": "select count(*) from raw_payments.payments where payment_id like 'R%3'",
    "partial_rest_share chargeback_repaid_share": "select count(*) from raw_payments.payments"
    " where payment_id like 'R%2'",
    "overpaid_share": f"select count(*) from {BEYOND}",
    "overpaid_refund_share": "select count(*) from raw_payments.refunds where refund_id like 'X%1'",
    "chargeback_share": "select count(*) from raw_payments.refunds where kind = 'chargeback'",
    "return_share": "select count(*) from raw_billing.credit_notes where reason = 'return'",
    "return_after_payment_share": "select count(*) from raw_billing.credit_notes as n"
    " join raw_payments.payments using (invoice_id) where reason = 'return'"
    " and credit_date > payment_date",
    "dispute_share": "select count(*) from raw_payments.disputes",
    "dispute_credit_share": "select count(*) from raw_billing.credit_notes"
    " where reason = 'dispute resolved'",
    "complaint_share": "select count(*) from raw_service.service_requests",
    "duplicate_invoice_credited_share": "select count(*) from raw_billing.credit_notes"
    " where reason = 'duplicate invoice'",
    "duplicate_payment_refunded_share": "select count(*) from raw_payments.refunds"
    " where refund_id like 'X%3'",
    "billed_after_cancel_credited_share": "select count(*) from raw_billing.credit_notes"
    " where reason = 'billed after closure'",
    **{
        f"{rule}_rate": f"select count(*) from ground_truth.faults where rule = '{rule}'"
        for rule in (
            "duplicate_invoice",
            "duplicate_payment",
            "billed_after_cancel",
            "header_lines_mismatch",
            "orphaned_line",
            "currency_mismatch",
        )
    },
    # all that delays a payment
    "late_share dispute_share partial_share chargeback_share annual_default duplicate_payment_rate": f"select count(*) from {OF_TERMS} where payment_date > due_date",
    # all that leaves an invoice unpaid
    "unpaid_share annual_default chargeback_share currency_mismatch_rate duplicate_invoice_rate"
    " billed_after_cancel_rate balance_forward_share late_allocation_share dispute_share"
    " partial_share": "select count(*) from ground_truth.faults where rule = 'zombie'",
}
PRONE = (
    "trade.accounts=60",
    "trade.first_month=2023-01",
    "trade.joiner_share=0.4",
    "trade.annual_default=0.4",
    "trade.annual_closure=0.3",
    "trade.partial_share=0.1",
    "trade.overpaid_share=0.05",
    "trade.chargeback_share=0.08",
    "trade.dispute_share=0.1",
    "trade.return_share=0.1",
    "trade.duplicate_invoice_rate=0.05",
    "trade.duplicate_payment_rate=0.15",
    "trade.currency_mismatch_rate=0.05",
    "trade.billed_after_cancel_rate=0.8",
)


@pytest.fixture(scope="module")
def prone() -> duckdb.DuckDBPyConnection:
    return simulate_trade(*PRONE)


@pytest.mark.parametrize("names", NO_EFFECT)
def test_a_rate_of_zero_leaves_no_effect(prone: duckdb.DuckDBPyConnection, names: str) -> None:
    effect = NO_EFFECT[names]
    assert count(prone, effect) > 0
    without = simulate_trade(*PRONE, *(f"trade.{name}=0" for name in names.split()))
    assert count(without, effect) == 0


NEVER_HAPPENS = {
    "amount that is not positive": """from (
        select amount from raw_billing.invoices union all
        select amount from raw_billing.invoice_line_items union all
        select unit_price from raw_billing.invoice_line_items union all
        select amount_paid from raw_payments.payments union all
        select amount from raw_payments.payment_allocations union all
        select amount from raw_payments.refunds union all
        select amount from raw_payments.disputes union all
        select unit_price from raw_billing.price_books union all
        select unit_price from raw_billing.contracts union all
        select unit_cost from raw_billing.skus union all
        select amount from raw_billing.credit_notes
    ) where amount <= 0 or amount is null""",
    "line that is not quantity times price": "from raw_billing.invoice_line_items"
    " where amount <> quantity * unit_price or charge_type <> 'item'",
    "line of an unknown article": "from raw_billing.invoice_line_items"
    " where sku_id not in (select sku_id from raw_billing.skus)",
    "article twice on an invoice": "from (select count(*) as n from raw_billing.invoice_line_items"
    " group by invoice_id, sku_id) where n > 1",
    "price that is neither agreed nor listed": """from raw_billing.invoice_line_items as l
        join raw_billing.invoices as i using (invoice_id)
        -- a copy has the prices of its original
        where i.invoice_id not in (
            select entity_id from ground_truth.faults where rule = 'duplicate_invoice')
        and l.unit_price is distinct from coalesce(
            (select max(c.unit_price) from raw_billing.contracts as c
             where c.account_id = i.account_id and c.sku_id = l.sku_id and i.invoice_date
             between c.started_on and coalesce(c.ended_on, date '9999-12-31')),
            (select max(b.unit_price) from raw_billing.price_books as b
             where b.sku_id = l.sku_id and b.currency = i.currency
             and i.invoice_date between b.valid_from and b.valid_to))""",
    "due date that is not the terms'": "from raw_billing.invoices join raw_crm.accounts"
    " using (account_id) where due_date <> invoice_date + payment_terms_days",
    "invoice before its account": "from raw_billing.invoices join raw_crm.accounts"
    " using (account_id) where invoice_date < opened_on",
    "invoice in another currency than its account": "from raw_billing.invoices as i"
    " join raw_crm.accounts as a using (account_id) where a.currency <> i.currency",
    "natural orders within the window of a duplicate": """from (
        select account_id, invoice_date, lag(invoice_date) over (
            partition by account_id order by invoice_date, invoice_id) as previous
        from raw_billing.invoices where invoice_id not in (
            select entity_id from ground_truth.faults where rule = 'duplicate_invoice')
    ) where invoice_date - previous <= 3""",
    "payment of another account's invoice": "from raw_payments.payments as p"
    " join raw_billing.invoices as i using (invoice_id) where p.account_id <> i.account_id",
    "payment before its invoice": "from raw_payments.payments join raw_billing.invoices"
    " using (invoice_id) where payment_date < invoice_date",
    "payment of no invoice": "from raw_payments.payments"
    " where invoice_id not in (select invoice_id from raw_billing.invoices)",
    "balance-forward payment that names one, or is not round": "from raw_payments.payments"
    " join raw_crm.accounts using (account_id) where cash_application = 'balance_forward'"
    " and (invoice_id is not null or amount_paid % 100 <> 0)",
    "balance-forward money taken back": "from raw_payments.refunds"
    " join raw_payments.payments using (payment_id) join raw_crm.accounts using (account_id)"
    " where cash_application = 'balance_forward'",
    "refunds beyond their payment": "from raw_payments.payments as p where amount_paid <"
    " (select sum(amount) from raw_payments.refunds as r where r.payment_id = p.payment_id)",
    "refund before its payment": "from raw_payments.refunds join raw_payments.payments"
    " using (payment_id) where refund_date < payment_date",
    "allocations other than their payment": "from (select payment_id, sum(amount) as allocated"
    " from raw_payments.payment_allocations group by all) join raw_payments.payments"
    " using (payment_id) where allocated > amount_paid or invoice_id is not null",
    "allocation before its payment or invoice": "from raw_payments.payment_allocations as a"
    " join raw_payments.payments using (payment_id)"
    " join raw_billing.invoices as i on i.invoice_id = a.invoice_id"
    " where allocated_on < payment_date or payment_date < invoice_date",
    "refund of more or less than was paid too much": """from raw_payments.refunds as r
        join raw_payments.payments as p using (payment_id) join raw_billing.invoices as i
        on i.invoice_id = p.invoice_id where refund_id like 'X%1'
        and r.amount <> p.amount_paid - i.amount""",
    "instalments close together": """from (
        select payment_date - lag(payment_date) over (partition by invoice_id order by payment_date)
            as days from raw_payments.payments where invoice_id is not null
        and payment_id not in (
            select entity_id from ground_truth.faults where rule = 'duplicate_payment')
    ) where days < 10""",
    "credit beyond its invoice": "from (select invoice_id, sum(amount) as credited"
    " from raw_billing.credit_notes group by all) join raw_billing.invoices using (invoice_id)"
    " where credited > amount",
    "dispute paid before it was resolved": "from raw_payments.disputes join raw_payments.payments"
    " using (invoice_id) where payment_date <= coalesce(resolved_on, payment_date)",
    "resolution before the opening, or of the future": "from raw_payments.disputes"
    " where resolved_on < opened_on or resolved_on > date '2024-12-31'"
    " or opened_on > date '2024-12-31'",
    "service request of the future": "from raw_service.service_requests"
    " where resolved_at >= timestamp '2025-01-01' or first_response_at < opened_at"
    " or first_response_at >= timestamp '2025-01-01' or resolved_at < first_response_at",
    "write-off of an open account": "from raw_billing.write_offs join raw_crm.accounts"
    " using (account_id) where status <> 'Closed' or closed_on <> written_off_on",
    "write-off of what was paid": "from raw_billing.write_offs join raw_payments.payments"
    " using (invoice_id)",
    "account that the change feed leaves otherwise": """from (
        select entity_key, after from raw_cdc.change_events
        where source_table = 'raw_crm.accounts'
        qualify row_number() over (partition by entity_key order by source_seq desc) = 1
    ) as e full join raw_crm.accounts as a on e.entity_key = a.account_id
    where a.status is distinct from (after ->> 'status')
    or a.updated_at is distinct from (after ->> 'updated_at')::timestamp
    or a.credit_limit is distinct from (after ->> 'credit_limit')::decimal(18, 2)
    or a.closed_on is distinct from (after ->> 'closed_on')::date""",
    "event that does not follow on the one before": """from (
        select *, lag(after) over (partition by source_table, entity_key order by source_seq)
            as previous from raw_cdc.change_events
    ) where previous is distinct from before or before = after""",
    "account of nobody": "from raw_crm.accounts"
    " where customer_id not in (select customer_id from raw_crm.customers)",
    "request of nobody": "from raw_service.service_requests as r left join raw_crm.accounts as a"
    " using (account_id) where a.customer_id is distinct from r.customer_id",
    "row dated after its extract": "from raw_billing.invoices"
    " join raw_control.extract_batches on batch_no = _batch_no"
    " where batch_id <> 'trd-' || strftime(invoice_date, '%Y-%m')",
}


@pytest.mark.parametrize("world_name", WORLDS)
@pytest.mark.parametrize("what", NEVER_HAPPENS)
def test_what_never_happens(request: pytest.FixtureRequest, world_name: str, what: str) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(world_name)
    assert con.execute(f"select * {NEVER_HAPPENS[what]} limit 3").fetchall() == []


@pytest.mark.parametrize("world_name", WORLDS)
def test_keys_are_unique_and_short(request: pytest.FixtureRequest, world_name: str) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(world_name)
    assert odd_keys(con) == []


def test_every_table_carries_its_batches(trade_world: duckdb.DuckDBPyConnection) -> None:
    batches = "select batch_no from raw_control.extract_batches where batch_id like 'trd-%'"
    for name, table in TABLES.items():
        if table.loadable and table.name != "plans":
            rows = f"select count(*) from {name} where coalesce(_batch_no, 0) not in ({batches})"
            assert count(trade_world, rows) == 0, name
    assert count(trade_world, f"select count(*) from ({batches})") == 36


def test_prices_rise_from_year_to_year(trade_world: duckdb.DuckDBPyConnection) -> None:
    falls = """select count(*) from (
        select unit_price < lag(unit_price) over (
            partition by sku_id, currency order by valid_from) as is_lower
        from raw_billing.price_books
    ) where is_lower"""
    assert count(trade_world, falls) == 0
    assert count(trade_world, "select count(*) from raw_billing.price_books") == 3 * 2 * 100


def test_both_kinds_of_standing_orders_occur(trade_world: duckdb.DuckDBPyConnection) -> None:
    """Noise for the search for duplicates: the same basket again, a week or two later."""
    for days in (7, 14):
        again = f"""select count(*) from raw_billing.invoices as one join raw_billing.invoices
            as other using (account_id, amount) where other.invoice_date = one.invoice_date + {days}"""
        assert count(trade_world, again) > 50


def test_contents_sees_every_table(trade_world: duckdb.DuckDBPyConnection) -> None:
    """The comparisons of whole worlds rest on it."""
    filled = {name for name, rows in contents(trade_world).items() if rows}
    assert filled == {
        "raw_crm.customers",
        "raw_crm.accounts",
        "raw_billing.plans",
        "raw_billing.skus",
        "raw_billing.price_books",
        "raw_billing.contracts",
        "raw_billing.invoices",
        "raw_billing.invoice_line_items",
        "raw_billing.credit_notes",
        "raw_billing.write_offs",
        "raw_payments.payments",
        "raw_payments.payment_allocations",
        "raw_payments.refunds",
        "raw_payments.disputes",
        "raw_service.service_requests",
        "raw_cdc.change_events",
        "ground_truth.faults",
    }
