"""What the simulated customers and the billing process do, seen by its effect on the raw rows."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import pytest

from seeders.contracts import TABLES
from tests.python.seeders.worlds import contents, count, odd_keys, simulate

if TYPE_CHECKING:
    import duckdb

SIGMAS = 4
WORLDS = ["world", "eventful_world"]

# subscription-months that were due a bill: those billed, and the ghosts that never are or not yet
BILLABLE = """(
    select count(*) from (
        select subscription_id, period_start from raw_billing.invoices
        union select entity_id, period_start from ground_truth.faults where rule = 'ghost'
    )
)"""

# share expected, part, whole; the leaky rate is of payments that customers make in the normal course
RATES = {
    "ghost": (0.015, "select count(*) from ground_truth.faults where rule = 'ghost'", BILLABLE),
    "ghost billed late": (
        0.10,
        "select count(*) from ground_truth.faults where rule = 'ghost' and ends_on is not null",
        "(select count(*) from ground_truth.faults where rule = 'ghost')",
    ),
    "leaky": (
        0.03,
        """select count(*) from raw_payments.payments join raw_billing.invoices using (invoice_id)
        where payment_id like 'P%' and amount_paid < amount""",
        "(select count(*) from raw_payments.payments where payment_id like 'P%')",
    ),
    "late but full": (
        0.10,
        """select count(*) from raw_payments.payments join raw_billing.invoices using (invoice_id)
        where payment_id like 'P%' and payment_date > due_date and payment_date <= due_date + 25
        and amount_paid = amount""",
        "(select count(*) from raw_payments.payments where payment_id like 'P%')",
    ),
    "churn": (
        0.08,
        """select count(*) from raw_billing.subscriptions
        where started_on < date '2024-01-01' and cancelled_on is not null
        and account_id not in (select account_id from raw_crm.accounts where status = 'Closed')""",
        "(select count(*) from raw_billing.subscriptions where started_on < date '2024-01-01')",
    ),
    "complimentary": (
        0.01,
        "select count(*) from raw_billing.subscriptions where unit_price = 0",
        "(select count(*) from raw_billing.subscriptions)",
    ),
}


@pytest.mark.parametrize("name", RATES)
def test_rates_hold_within_chance(world: duckdb.DuckDBPyConnection, name: str) -> None:
    rate, part, whole = RATES[name]
    n, k = count(world, f"select {whole}"), count(world, part)
    assert n > 0
    assert abs(k - n * rate) <= SIGMAS * sqrt(n * rate * (1 - rate)), (k, n)


def test_zombies_are_a_share_of_invoices(world: duckdb.DuckDBPyConnection) -> None:
    """An invoice never paid and never written off, whose account always paid the others."""
    old = (
        "raw_billing.invoices join raw_crm.accounts using (account_id)"
        " where invoice_date < date '2024-10-01'"
        " and account_id not in (select entity_key from raw_cdc.change_events"
        " where after like '%Suspended%')"
    )
    n = count(world, f"select count(*) from {old}")
    k = count(
        world,
        f"select count(*) from {old}"
        " and invoice_id not in (select invoice_id from raw_payments.payments)",
    )
    assert abs(k - n * 0.02) <= SIGMAS * sqrt(n * 0.02 * 0.98), (k, n)


def test_non_payers_are_a_share_of_accounts(world: duckdb.DuckDBPyConnection) -> None:
    n = count(
        world, "select count(*) from raw_billing.subscriptions where subscription_id like '%1'"
    )
    k = count(
        world,
        "select count(distinct entity_key) from raw_cdc.change_events"
        " where op = 'u' and (after ->> 'status') = 'Suspended'",
    )
    # suspended 34 days after the first invoice that is not paid
    expected = 0.02 * n * 330 / 365
    assert abs(k - expected) <= SIGMAS * sqrt(expected)


PAYMENTS_AND_BATCHES = (
    "raw_payments.payments join raw_control.extract_batches on batch_no = _batch_no"
)

NO_EFFECT = {
    "ghost.rate": "select count(*) from ground_truth.faults where rule = 'ghost'",
    "ghost.billed_late_share": "select count(*) from raw_billing.invoices"
    " where invoice_date > period_end",
    "zombie.rate": "select count(*) from ground_truth.faults"
    " where rule = 'zombie' and cause = 'injected'",
    "leaky.rate": "select count(*) from raw_payments.payments"
    " join raw_billing.invoices using (invoice_id) where amount_paid < amount",
    "leaky.topped_up_share": "select count(*) from raw_payments.payments where payment_id like 'Q%'",
    "payments.late_share": "select count(*) from raw_payments.payments as p"
    " join raw_billing.invoices using (invoice_id, account_id) where payment_date > due_date"
    " and payment_id like 'P%' and not exists (from raw_cdc.change_events as e"
    " where e.entity_key = p.account_id and e.after like '%Suspended%')",
    "payments.late_arrival_share": f"select count(*) from {PAYMENTS_AND_BATCHES}"
    " where batch_id <> 'sub-' || strftime(payment_date, '%Y-%m')",
    "payments.annual_non_payers": "select count(*) from raw_cdc.change_events"
    " where after like '%Suspended%' or after like '%Closed%'",
    "payments.reinstated_share": "select count(*) from raw_cdc.change_events"
    " where before like '%Suspended%' and after like '%Active%'",
    "subscription.annual_churn": "select count(*) from raw_billing.subscriptions"
    " where cancelled_on is not null"
    " and account_id not in (select account_id from raw_crm.accounts where status = 'Closed')",
    "subscription.annual_plan_change": "select count(*) from raw_cdc.change_events"
    " where (before ->> 'plan_id') <> (after ->> 'plan_id')",
    "subscription.second_subscription_share": "select count(*) from raw_billing.subscriptions"
    " where subscription_id like '%2'",
    "subscription.complimentary_share": "select count(*) from raw_billing.subscriptions"
    " where unit_price = 0",
    "subscription.negotiated_share": "select count(*) from raw_billing.subscriptions"
    " where unit_price > 0",
    "subscription.several_seats_share": "select count(*) from raw_billing.subscriptions"
    " where quantity > 1",
    "subscription.trial_share": "select count(*) from raw_cdc.change_events"
    " where after like '%Trial%'",
    "subscription.lead_share": "select count(*) from raw_crm.accounts"
    " where account_id not in (select account_id from raw_billing.subscriptions)",
    "subscription.lead_purge_share": "select count(*) from raw_cdc.change_events where op = 'd'",
    "subscription.joiner_share": "select count(*) from raw_crm.customers"
    " where created_at >= date '2024-01-01'",
    "subscription.annual_address_change subscription.annual_segment_change": "select count(*)"
    " from raw_crm.customers where updated_at > created_at",
}

PRONE = (
    "subscription.customers=400",
    "subscription.joiner_share=0.3",
    "subscription.lead_share=0.2",
    "payments.annual_non_payers=0.3",
    "ghost.rate=0.1",
    "ghost.billed_late_share=0.5",
)


@pytest.fixture(scope="module")
def prone() -> duckdb.DuckDBPyConnection:
    return simulate(*PRONE)


@pytest.mark.parametrize("names", NO_EFFECT)
def test_a_rate_of_zero_leaves_no_effect(prone: duckdb.DuckDBPyConnection, names: str) -> None:
    effect = NO_EFFECT[names]
    assert count(prone, effect) > 0
    without = simulate(*PRONE, *(f"{name}=0" for name in names.split()))
    assert count(without, effect) == 0


NEVER_HAPPENS = {
    "invoice after the subscription's cancellation": "from raw_billing.invoices"
    " join raw_billing.subscriptions using (subscription_id) where invoice_date > cancelled_on",
    "invoice before the subscription's start": "from raw_billing.invoices"
    " join raw_billing.subscriptions using (subscription_id) where invoice_date < started_on",
    "invoice of nothing": "from raw_billing.invoices where amount <= 0 or amount is null",
    "invoice without exactly one line of its amount": "from raw_billing.invoices as i"
    " where (select count(*) from raw_billing.invoice_line_items as l where"
    " l.invoice_id = i.invoice_id and l.amount = i.amount and l.quantity * l.unit_price = l.amount)"
    " <> 1",
    "period that is not the billed month": "from raw_billing.invoices"
    " where period_start <> date_trunc('month', period_start) or period_end <> last_day(period_start)"
    " or invoice_date < period_start",
    "due date that is not the terms'": "from raw_billing.invoices"
    " where due_date <> invoice_date + 14",
    "payment before its invoice": "from raw_payments.payments join raw_billing.invoices"
    " using (invoice_id) where payment_date < invoice_date",
    "payment of no invoice": "from raw_payments.payments"
    " where invoice_id not in (select invoice_id from raw_billing.invoices)",
    "payments beyond the invoice": "from raw_billing.invoices as i where amount <"
    " (select sum(amount_paid) from raw_payments.payments as p where p.invoice_id = i.invoice_id)",
    "row dated after its extract": f"from {PAYMENTS_AND_BATCHES}"
    " where batch_id < 'sub-' || strftime(payment_date, '%Y-%m')",
    "ghost with an invoice while it lasts": "from ground_truth.faults as f"
    " join raw_billing.invoices as i on i.subscription_id = f.entity_id"
    " and i.period_start = f.period_start where f.rule = 'ghost' and i.invoice_date < f.ends_on"
    " or f.rule = 'ghost' and f.ends_on is null",
    "zombie that was paid": "from ground_truth.faults as f join raw_payments.payments as p"
    " on p.invoice_id = f.entity_id where f.rule = 'zombie' and f.cause = 'injected'",
    "leaky bucket paid outside its share": "from ground_truth.faults as f"
    " join raw_billing.invoices as i on i.invoice_id = f.entity_id where f.rule = 'leaky_bucket'"
    " and (f.amount <= 0 or f.amount > 0.1 * i.amount or f.amount < 0.01 * i.amount)",
    "write-off of an open account": "from raw_billing.write_offs join raw_crm.accounts"
    " using (account_id) where status <> 'Closed' or closed_on <> written_off_on",
    "write-off of what was paid": "from raw_billing.write_offs"
    " where invoice_id in (select invoice_id from raw_payments.payments)",
    "active subscription of a closed account": "from raw_billing.subscriptions as s"
    " join raw_crm.accounts as a using (account_id)"
    " where a.status = 'Closed' and (s.status <> 'Cancelled' or s.cancelled_on > a.closed_on)",
    "subscription of nobody": "from raw_billing.subscriptions"
    " where account_id not in (select account_id from raw_crm.accounts)",
    "account of nobody": "from raw_crm.accounts"
    " where customer_id not in (select customer_id from raw_crm.customers)",
    "row that the change feed leaves otherwise": """from raw_billing.subscriptions as s join (
        select entity_key, after from raw_cdc.change_events
        where source_table = 'raw_billing.subscriptions'
        qualify row_number() over (partition by entity_key order by source_seq desc) = 1
    ) as e on e.entity_key = s.subscription_id
    where s.status <> (after ->> 'status') or s.plan_id <> (after ->> 'plan_id')
    or s.updated_at <> (after ->> 'updated_at')::timestamp
    or s.cancelled_on is distinct from (after ->> 'cancelled_on')::date
    or s.unit_price is distinct from (after ->> 'unit_price')::decimal(18, 2)""",
    "account that the change feed leaves otherwise": """from (
        select entity_key, op, after from raw_cdc.change_events
        where source_table = 'raw_crm.accounts'
        qualify row_number() over (partition by entity_key order by source_seq desc) = 1
    ) as e full join raw_crm.accounts as a on e.entity_key = a.account_id
    where (e.op = 'd') <> (a.account_id is null) or a.status <> (after ->> 'status')
    or a.updated_at <> (after ->> 'updated_at')::timestamp
    or a.closed_on is distinct from (after ->> 'closed_on')::date""",
    "event that does not follow on the one before": """from (
        select *, lag(after) over (partition by source_table, entity_key order by source_seq)
            as previous, lag(source_ts) over
            (partition by source_table, entity_key order by source_seq) as previous_ts
        from raw_cdc.change_events
    ) where previous is distinct from before or source_ts <= previous_ts
    or (op = 'c') <> (before is null) or (op = 'd') <> (after is null)""",
    "event that changes nothing": "from raw_cdc.change_events where before = after",
    "status that nobody knows": "from raw_billing.subscriptions"
    " where status not in ('Trial', 'Active', 'Cancelled')",
    "customer of another extract than its last change": """from raw_crm.customers
    join raw_control.extract_batches on batch_no = _batch_no where batch_id <> greatest(
        'sub-' || strftime(updated_at, '%Y-%m'),
        (select min(batch_id) from raw_control.extract_batches)
    )""",
    "row without its batch": "from raw_crm.customers where _batch_no is null",
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


def test_suspension_comes_before_the_grace_is_over(world: duckdb.DuckDBPyConnection) -> None:
    """So the default non-payers are delinquent, never zombies."""
    natural = "select count(*) from ground_truth.faults where cause = 'natural'"
    assert count(world, natural) == 0


@pytest.mark.parametrize(("name", "days"), [("world", 20), ("eventful_world", 45)])
def test_a_suspension_follows_an_invoice_that_was_not_paid(
    request: pytest.FixtureRequest, name: str, days: int
) -> None:
    con: duckdb.DuckDBPyConnection = request.getfixturevalue(name)
    suspensions = """(
        select entity_key as account_id, source_ts::date as suspended_on from raw_cdc.change_events
        where (before ->> 'status') = 'Active' and (after ->> 'status') = 'Suspended'
    )"""
    explained = f"""
        select count(*) from {suspensions} as s where exists (
            from raw_billing.invoices as i where i.account_id = s.account_id
            and i.due_date + {days} = suspended_on and not exists (
                from raw_payments.payments as p
                where p.invoice_id = i.invoice_id and p.payment_date < suspended_on
            )
        )
    """
    assert count(con, explained) == count(con, f"select count(*) from {suspensions}") > 0


def test_who_is_reinstated_has_paid_what_was_open(world: duckdb.DuckDBPyConnection) -> None:
    """Payments that the billing process lost aside."""
    back = """(
        select entity_key as account_id, source_ts::date as reinstated_on
        from raw_cdc.change_events
        where (before ->> 'status') = 'Suspended' and (after ->> 'status') = 'Active'
    )"""
    paid = f"""
        select count(*) from {back} as b join raw_payments.payments as p
        on p.account_id = b.account_id and p.payment_date = reinstated_on
        join raw_billing.invoices as i using (invoice_id) where p.amount_paid = i.amount
    """
    open_still = f"""
        select count(*) from {back} as b join raw_billing.invoices as i using (account_id)
        where i.due_date < reinstated_on
        and invoice_id not in (select invoice_id from raw_payments.payments)
        and invoice_id not in (select entity_id from ground_truth.faults where cause = 'injected')
    """
    assert count(world, paid) > 0
    assert count(world, open_still) == 0


def test_every_table_carries_its_batches(world: duckdb.DuckDBPyConnection) -> None:
    batches = "select batch_no from raw_control.extract_batches"
    for name, table in TABLES.items():
        if table.loadable:
            assert (
                count(
                    world,
                    f"select count(*) from {name} where coalesce(_batch_no, 0) not in ({batches})",
                )
                == 0
            )


def test_a_price_change_shows_on_the_next_invoice(
    eventful_world: duckdb.DuckDBPyConnection,
) -> None:
    changed = """
        select e.entity_key, e.source_ts::date as changed_on, p.monthly_price as price
        from raw_cdc.change_events as e
        join raw_billing.plans as p on p.plan_id = (e.after ->> 'plan_id')
        where (e.before ->> 'plan_id') <> (e.after ->> 'plan_id')
    """
    wrong = (
        f"select count(*) from ({changed}) as c join raw_billing.invoices as i"
        " on i.subscription_id = c.entity_key and i.invoice_date >= c.changed_on"
        # an invoice written late has the price of its billing date
        " join raw_billing.subscriptions as s using (subscription_id)"
        " where day(i.invoice_date) = s.billing_day and i.invoice_date <= i.period_end"
        " and exists (from raw_billing.invoice_line_items as l"
        " where l.invoice_id = i.invoice_id and l.unit_price <> c.price)"
    )
    assert count(eventful_world, f"select count(*) from ({changed})") > 0
    assert count(eventful_world, wrong) == 0


def test_the_last_day_of_a_short_month_bills_the_days_it_lacks() -> None:
    con = simulate("subscription.customers=2000", "ghost.billed_late_share=0")
    on_31st = (
        "select count(*) from raw_billing.invoices join raw_billing.subscriptions"
        " using (subscription_id) where billing_day = 31"
    )
    assert count(con, f"{on_31st} and invoice_date = date '2024-02-29'") > 0
    assert count(con, f"{on_31st} and invoice_date <> last_day(invoice_date)") == 0


def test_the_seeds_preset_has_a_thousand_subscribers() -> None:
    assert (
        count(simulate(), "select count(distinct account_id) from raw_billing.subscriptions")
        == 1_000
    )


def test_contents_sees_every_table(world: duckdb.DuckDBPyConnection) -> None:
    """The comparisons of whole worlds rest on it."""
    filled = {name for name, rows in contents(world).items() if rows}
    assert {
        "raw_crm.customers",
        "raw_crm.accounts",
        "raw_billing.plans",
        "raw_billing.subscriptions",
        "raw_billing.invoices",
        "raw_billing.invoice_line_items",
        "raw_billing.write_offs",
        "raw_payments.payments",
        "raw_cdc.change_events",
        "ground_truth.faults",
    } == filled
