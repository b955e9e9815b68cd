"""A fault put in by hand is found by what is meant for it, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.errors import AuditError
from tests.python.workshop import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.paths import Project
    from tests.python.workshop import Workshop

CASES = "select rule, entity_id, period_start, amount, status from leakage.fct_leakage_cases"
FINDINGS = "select rule, entity_id, period_start, amount from data_quality.fct_findings"


@pytest.fixture(scope="module")
def clean(workshop: Workshop) -> Project:
    """A small world of subscriptions and meters, which are simple enough to have no fault at all."""
    no_faults = ("ghost.rate=0", "zombie.rate=0", "leaky.rate=0", "trade.accounts=0")
    paid_in_time = ("utility.ghost_rate=0", "utility.unreliable_share=0")
    small = ("subscription.customers=60", "utility.customers=4", "metering.meters=0")
    return workshop.build(workshop.simulate("clean", *small, *no_faults, *paid_in_time))


@pytest.fixture(scope="module")
def damage(workshop: Workshop, clean: Project) -> Callable[..., Project]:
    """Change raw rows of the clean world, build it, and give back what it has become."""

    def damaged(name: str, *statements: str, build: bool = True) -> Project:
        project = workshop.copy(clean, name)
        with duckdb.connect(str(project.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)
            # without hidden truth to compare with, the scorecard stays out of the way
            connection.execute("update raw_control.extract_batches set source = 'extracts'")
        return workshop.build(project) if build else project

    return damaged


def victims(clean: Project) -> list[tuple[str, str]]:
    """Invoices of July that were paid in full, each of a subscription that lasted, with its id."""
    return [
        (invoice_id, subscription_id)
        for invoice_id, subscription_id in query(
            clean,
            """
            select invoices.invoice_id, invoices.subscription_id
            from core.fct_invoices as invoices
            inner join core.dim_subscriptions as subscriptions using (subscription_id)
            where period_start = date '2024-07-01' and settlement_state = 'paid' and is_current
            and subscription_status = 'Active' and invoiced_amount > 0
            qualify row_number() over (partition by invoices.account_id order by invoice_id) = 1
            order by invoice_id limit 4
            """,
        )
    ]


def metered_victim(clean: Project) -> tuple[str, str, date, Decimal]:
    """A bill of a metered account, in the middle of its life: its id, account, period and amount."""
    rows = query(
        clean,
        """
        select invoice_id, account_id, period_start, invoiced_amount
        from core.fct_invoices
        inner join leakage.fct_usage_periods using (invoice_id, account_id, period_start)
        where invoiced_amount > 0 and invoice_date between '2023-06-01' and '2023-07-31'
        order by invoice_id limit 1
        """,
    )
    invoice_id, account_id, period_start, amount = rows[0]
    return invoice_id, account_id, period_start, amount


def copied(table: str, where: str, **changes: str | None) -> str:
    """A statement that adds a copy of one raw row, with some of its columns changed."""
    changed = ", ".join(
        f"{'null' if value is None else repr(value)} as {column}"
        for column, value in changes.items()
    )
    return (
        f"insert into {table} select * replace ({changed})"
        f" from (select * from {table} where {where} order by all limit 1)"
    )


def landed(table: str, **values: str) -> str:
    """A statement that adds one raw row to a table that may be empty."""
    columns = ", ".join(f"{value!r} as {column}" for column, value in values.items())
    return (
        f"insert into {table} by name select {columns}, columns('_batch.*')"
        " from raw_billing.invoices limit 1"
    )


def credit_note(credit_note_id: str, invoice_id: str, day: str, dollars: int) -> str:
    """A statement that credits an invoice of account T1."""
    return landed(
        "raw_billing.credit_notes",
        credit_note_id=credit_note_id,
        invoice_id=invoice_id,
        account_id="T1",
        credit_date=day,
        amount=str(dollars),
    )


def trade_account(account_id: str, closed_on: str | None = None) -> str:
    """A statement that adds an account of the trade-credit line."""
    return copied(
        "raw_crm.accounts",
        "status = 'Active'",
        account_id=account_id,
        line_of_business="trade_credit",
        cash_application="open_item",
        status="Closed" if closed_on else "Active",
        closed_on=closed_on,
    )


def trade_invoice(
    account_id: str, invoice_id: str, issued: str, lines: dict[str, int], amount: int | None = None
) -> list[str]:
    """Statements that add an invoice and its lines (article and whole dollars), due next year."""
    header = copied(
        "raw_billing.invoices",
        "amount > 0",
        account_id=account_id,
        invoice_id=invoice_id,
        subscription_id=None,
        invoice_date=issued,
        due_date="2025-01-31",
        period_start=None,
        period_end=None,
        amount=str(sum(lines.values()) if amount is None else amount),
    )
    return [
        header,
        *(
            copied(
                "raw_billing.invoice_line_items",
                "amount > 0",
                line_item_id=f"{invoice_id}-{number}",
                invoice_id=invoice_id,
                charge_type="item",
                description=article,
                quantity="1",
                unit_price=str(dollars),
                amount=str(dollars),
            )
            for number, (article, dollars) in enumerate(lines.items())
        ),
    ]


def trade_payment(
    account_id: str, payment_id: str, paid: str, dollars: int, invoice_id: str | None
) -> str:
    """A statement that adds a payment."""
    return copied(
        "raw_payments.payments",
        "amount_paid > 0",
        account_id=account_id,
        payment_id=payment_id,
        payment_date=paid,
        amount_paid=str(dollars),
        invoice_id=invoice_id,
    )


def test_a_clean_world_has_no_case_and_no_finding(clean: Project) -> None:
    assert query(clean, "select count(*) from core.fct_invoices")[0][0] > 0
    assert query(clean, CASES) == []
    assert query(clean, FINDINGS) == []


@dataclass(frozen=True)
class Lost:
    """A world in which something of several victims was lost.

    Attributes:
        project: The world.
        bill: A bill of a metered account, gone.
        unbilled: An invoice, gone; its subscription.
        unpaid: An invoice whose payment is gone.
        short: An invoice whose payment lacks a cent.
        foreign: An invoice whose payment came in another currency.
    """

    project: Project
    bill: tuple[str, str, date, Decimal]
    unbilled: tuple[str, str]
    unpaid: str
    short: str
    foreign: str


@pytest.fixture(scope="module")
def lost(clean: Project, damage: Callable[..., Project]) -> Lost:
    """Every loss on a victim of its own, in one world: nothing else fires for any of them."""
    bill = metered_victim(clean)
    unbilled, (unpaid, _), (short, _), (foreign, _) = victims(clean)
    project = damage(
        "lost",
        f"delete from raw_billing.invoices where invoice_id in ('{bill[0]}', '{unbilled[0]}')",
        f"delete from raw_payments.payments where invoice_id = '{unpaid}'",
        "update raw_payments.payments set amount_paid = amount_paid - 0.01"
        f" where invoice_id = '{short}'",
        f"update raw_payments.payments set currency = 'EUR' where invoice_id = '{foreign}'",
    )
    return Lost(project, bill, unbilled, unpaid, short, foreign)


def test_whatever_is_lost_is_one_case_and_nothing_else(clean: Project, lost: Lost) -> None:
    """A lost invoice is a ghost, a lost payment a zombie, a short one a leaky bucket."""
    charged = dict(query(clean, "select invoice_id, invoiced_amount from core.fct_invoices"))
    july = date(2024, 7, 1)
    _, account, period_start, amount = lost.bill
    invoice_id, subscription_id = lost.unbilled
    assert sorted(query(lost.project, CASES)) == sorted(
        [
            ("ghost", account, period_start, amount, "open"),
            ("ghost", subscription_id, july, charged[invoice_id], "open"),
            ("leaky_bucket", lost.short, july, Decimal("0.01"), "open"),
            ("zombie", lost.foreign, july, charged[lost.foreign], "open"),
            ("zombie", lost.unpaid, july, charged[lost.unpaid], "open"),
        ]
    )


def test_what_belongs_to_a_lost_invoice_is_rejected_and_so_is_another_currency(lost: Lost) -> None:
    """What was paid for a lost bill of a metered account is not: it names no invoice."""
    rejected = query(
        lost.project,
        "select source_table, reasons from data_quality.fct_rejected_rows order by all",
    )
    assert rejected == [
        ("raw_billing.invoice_line_items", "unknown_invoice"),
        ("raw_payments.payments", "currency_mismatch"),
        ("raw_payments.payments", "unknown_invoice"),
    ]


def test_a_lost_bill_is_rated_by_the_tariff_and_what_was_paid_for_it_waits(lost: Lost) -> None:
    _, account, period_start, amount = lost.bill
    assert query(
        lost.project, "select account_id, unapplied_amount from receivables.fct_unapplied_cash"
    ) == [(account, amount)]
    evidence = query(
        lost.project,
        f"select evidence from leakage.fct_leakage_cases where entity_id = '{account}'",
    )[0][0]
    ((kwh, rate),) = query(
        lost.project,
        f"""
        select usage_kwh, rate from raw_metering.usages
        inner join raw_metering.meters using (account_id)
        inner join raw_billing.tariffs using (rate_schedule)
        where account_id = '{account}' and cycle_start = '{period_start}'
        """,
    )
    assert f"{kwh} kWh from {period_start} to " in evidence
    assert f"{rate:.4f} USD a kWh; expected {amount} USD; no invoice covers it" in evidence


def test_what_disagrees_with_a_loss_is_a_finding(clean: Project, lost: Lost) -> None:
    """The line without its invoice, the payment in another currency, the ledger's check of no bill."""
    bill, account, *_ = lost.bill
    line, paid, check = (
        query(clean, sql)[0]
        for sql in (
            (
                "select line_item_id, period_start, invoice_line_items.amount"
                " from raw_billing.invoice_line_items inner join raw_billing.invoices using (invoice_id)"
                f" where invoice_id = '{lost.unbilled[0]}'"
            ),
            (
                "select payment_id, date_trunc('month', payment_date)::date, amount_paid"
                f" from raw_payments.payments where invoice_id = '{lost.foreign}'"
            ),
            (
                "select account_id || '|' || due_date, date_trunc('month', due_date)::date, 0"
                f" from core.fct_invoices where invoice_id = '{bill}'"
            ),
        )
    )
    assert check[0].startswith(account)
    assert sorted(query(lost.project, FINDINGS)) == [
        ("currency_mismatch", *paid),
        ("ledger_extra_check", *check),
        ("orphaned_line", *line),
    ]


def test_bills_without_periods_are_for_the_usage_read_last(
    clean: Project, damage: Callable[..., Project]
) -> None:
    """The lost bill is found all the same; bills that only look alike are no duplicates of each other."""
    bill, account, period_start, amount = metered_victim(clean)
    (repeated, repeated_on, repeated_period, repeated_amount), *others = query(
        clean,
        f"""
        select invoice_id, invoice_date, period_start, invoiced_amount from core.fct_invoices
        where account_id != '{account}' and line_of_business = 'utility' and invoiced_amount > 0
        and invoice_date < '2023-01-01'
        order by account_id, invoice_id limit 3
        """,
    )
    again = {"invoice_id": "ZAGAIN", "period_start": None, "period_end": None}
    damaged = damage(
        "no_periods",
        "update raw_billing.invoices set period_start = null, period_end = null"
        " where account_id in (select account_id from raw_metering.meters)",
        f"delete from raw_billing.invoices where invoice_id = '{bill}'",
        copied("raw_billing.invoices", f"invoice_id = '{repeated}'", **again),
        # taken back before it is due, so that no bill stays open for it
        landed(
            "raw_billing.credit_notes",
            credit_note_id="C1",
            invoice_id="ZAGAIN",
            account_id=query(
                clean, f"select account_id from core.fct_invoices where invoice_id = '{repeated}'"
            )[0][0],
            credit_date=str(repeated_on + timedelta(days=7)),
            amount=str(repeated_amount),
        ),
        # bills of nothing, two of one day and one of the next cycle
        *(
            copied(
                "raw_billing.invoices",
                f"invoice_id = '{twin}'",
                **again | {"invoice_id": f"ZERO-{number}", "amount": "0"},
            )
            for number, (twin, *_) in enumerate([others[0], others[0], others[1]])
        ),
    )
    assert sorted(query(damaged, CASES)) == [
        ("duplicate_invoice", "ZAGAIN", repeated_period, repeated_amount, "resolved"),
        ("ghost", account, period_start, amount, "open"),
    ]
    periods = (
        "select invoice_id, period_start, period_end from core.fct_invoices"
        f" where subscription_id is null and invoice_id not in ('{bill}', 'ZAGAIN')"
        " and invoice_id not like 'ZERO%' order by invoice_id"
    )
    assert query(damaged, periods) == query(clean, periods)


def test_what_is_charged_paid_or_written_wrongly_is_found_by_its_own_rule(
    clean: Project, damage: Callable[..., Project]
) -> None:
    """Every fault on a victim of its own, in one world: nothing else fires for any of them."""
    (invoice_id, _), *_ = victims(clean)
    paid_twice, mismatched = (
        found
        for (found,) in query(
            clean,
            "select invoice_id from core.fct_invoices where settlement_state = 'paid'"
            " and invoiced_amount > 0"
            f" and period_start = date '2024-08-01' and invoice_id != '{invoice_id}'"
            " order by invoice_id limit 2",
        )
    )
    last_invoice = query(
        clean,
        """
        select max(invoices.invoice_id)
        from core.dim_subscriptions as subscriptions
        inner join core.fct_invoices as invoices using (subscription_id)
        where is_current and subscription_status = 'Cancelled' and cancelled_on < '2024-10-01'
        and invoiced_amount > 0
        """,
    )[0][0]
    damaged = damage(
        "charged_wrongly",
        # a subscription's July again, in December: the period tells, however late the copy
        copied(
            "raw_billing.invoices",
            f"invoice_id = '{invoice_id}'",
            invoice_id="AGAIN",
            invoice_date="2024-12-20",
            due_date="2025-01-20",
        ),
        copied(
            "raw_billing.invoices",
            f"invoice_id = '{last_invoice}'",
            invoice_id="GONE",
            invoice_date="2024-12-20",
            due_date="2025-01-20",
            period_start="2024-12-01",
            period_end="2024-12-31",
        ),
        "insert into raw_payments.payments"
        " select * replace ('TWICE' as payment_id, payment_date + 3 as payment_date)"
        f" from raw_payments.payments where invoice_id = '{paid_twice}'",
        "update raw_billing.invoice_line_items set amount = amount + 1.50"
        f" where invoice_id = '{mismatched}'",
        copied(
            "raw_billing.invoice_line_items",
            f"invoice_id = '{invoice_id}'",
            line_item_id="NOWHERE",
            invoice_id="NOBODY",
            amount="7",
        ),
        trade_account("T1"),
        *trade_invoice("T1", "T1-A", "2024-12-10", {"nails": 60, "glue": 30}),
        *trade_invoice("T1", "T1-B", "2024-12-13", {"glue": 30, "nails": 60}),
        trade_account("T2", closed_on="2024-12-10"),
        *trade_invoice("T2", "T2-A", "2024-12-11", {"nails": 40}),
        trade_payment("T1", "T1-P", "2024-12-14", 25, None),
        trade_payment("T1", "T1-Q", "2024-12-14", 25, None),
    )
    charged = dict(query(clean, "select invoice_id, invoiced_amount from core.fct_invoices"))
    paid_on = query(
        damaged, "select payment_date from raw_payments.payments where payment_id = 'TWICE'"
    )[0][0]
    july, december = date(2024, 7, 1), date(2024, 12, 1)
    assert sorted(query(damaged, CASES)) == [
        ("billed_after_cancel", "GONE", december, charged[last_invoice], "open"),
        ("billed_after_cancel", "T2-A", december, 40, "open"),
        ("duplicate_invoice", "AGAIN", july, charged[invoice_id], "open"),
        ("duplicate_invoice", "T1-B", december, 90, "open"),
        ("duplicate_payment", "T1-Q", december, 25, "open"),
        ("duplicate_payment", "TWICE", paid_on.replace(day=1), charged[paid_twice], "open"),
    ]
    assert sorted(query(damaged, FINDINGS)) == [
        ("header_lines_mismatch", mismatched, date(2024, 8, 1), Decimal("1.50")),
        ("orphaned_line", "NOWHERE", july, 7),
    ]
    assert query(damaged, "select source_table, reasons from data_quality.fct_rejected_rows") == [
        ("raw_billing.invoice_line_items", "unknown_invoice")
    ]
    # money charged too much is never counted as money that leaked
    assert query(
        damaged,
        "select distinct direction, rule in (select rule from leakage.fct_leakage_monthly"
        " where direction = 'under') from leakage.fct_leakage_cases",
    ) == [("over", False)]


def test_what_only_looks_wrong_is_left_alone(
    damage: Callable[..., Project],
) -> None:
    nails = {"nails": 90}
    damaged = damage(
        "looks_wrong",
        trade_account("T1"),
        # a standing order: the same basket every week
        *trade_invoice("T1", "T1-A", "2024-11-01", nails),
        *trade_invoice("T1", "T1-B", "2024-11-08", nails),
        *trade_invoice("T1", "T1-C", "2024-11-15", nails),
        # the same amount for something else
        *trade_invoice("T1", "T1-D", "2024-11-16", {"glue": 90}),
        # two equal instalments, ten days apart; an equal amount for another invoice
        trade_payment("T1", "T1-P", "2024-11-20", 45, "T1-A"),
        trade_payment("T1", "T1-Q", "2024-11-30", 45, "T1-A"),
        trade_payment("T1", "T1-R", "2024-11-30", 45, "T1-B"),
        # charged back and paid anew
        trade_payment("T1", "T1-S", "2024-12-01", 90, "T1-C"),
        landed(
            "raw_payments.refunds",
            refund_id="R1",
            payment_id="T1-S",
            refund_date="2024-12-02",
            amount="90",
            kind="chargeback",
        ),
        trade_payment("T1", "T1-T", "2024-12-03", 90, "T1-C"),
        # credited and written anew; and sent twice, then credited: that one is over
        *trade_invoice("T1", "T1-E", "2024-12-05", {"paint": 50}),
        *trade_invoice("T1", "T1-F", "2024-12-07", {"paint": 50}),
        *trade_invoice("T1", "T1-G", "2024-12-15", {"tiles": 20}),
        *trade_invoice("T1", "T1-H", "2024-12-16", {"tiles": 20}),
        credit_note("C1", "T1-E", "2024-12-06", 50),
        credit_note("C2", "T1-H", "2024-12-20", 20),
        # billed on the very day it closed, and for nothing after it
        trade_account("T2", closed_on="2024-12-10"),
        *trade_invoice("T2", "T2-A", "2024-12-10", {"nails": 40}),
        *trade_invoice("T2", "T2-B", "2024-12-12", {"nails": 5, "return of nails": -5}),
        # no amount of its own: the sum of its lines
        *trade_invoice("T1", "T1-I", "2024-12-20", {"hooks": 5, "pipes": 8}),
        "update raw_billing.invoices set amount = null where invoice_id = 'T1-I'",
    )
    assert query(damaged, CASES) == [
        ("duplicate_invoice", "T1-H", date(2024, 12, 1), 20, "resolved")
    ]
    assert query(damaged, FINDINGS) == []
    assert query(damaged, "select count(*) from data_quality.fct_rejected_rows") == [(0,)]
    assert query(
        damaged,
        "select count(*), sum(invoiced_amount) from core.fct_invoices where invoice_id like 'T%'",
    ) == [(11, 90 * 4 + 50 * 2 + 20 * 2 + 40 + 0 + 13)]


def test_an_unseen_fault_fails_the_scorecard(
    workshop: Workshop, clean: Project, damage: Callable[..., Project]
) -> None:
    """A case that no truth explains, or explains with another amount, fails the build."""
    (invoice_id, _), *_ = victims(clean)
    damaged = damage(
        "unexplained",
        f"delete from raw_payments.payments where invoice_id = '{invoice_id}'",
        build=False,
    )
    with duckdb.connect(str(damaged.warehouse)) as connection:
        connection.execute("update raw_control.extract_batches set source = 'simulation:by hand'")
    with pytest.raises(AuditError) as failure:
        workshop.build(damaged, select=("+fct_detection_scorecard",))
    failed = " ".join(failure.value.failures)
    assert "exact rules find every fault and nothing else" in failed
    assert "exact rules find the right amounts" not in failed
    with duckdb.connect(str(damaged.warehouse)) as connection:
        connection.execute(
            "insert into ground_truth.faults by name select 'by hand' as fault_id, 'zombie' as rule,"
            " 'injected' as cause, 'invoice' as entity_type, invoice_id as entity_id, account_id,"
            " period_start, amount + 1 as amount, currency, date '2024-09-01' as observable_from"
            f" from raw_billing.invoices where invoice_id = '{invoice_id}'"
        )
    with pytest.raises(AuditError) as failure:
        workshop.build(damaged, select=("+fct_detection_scorecard",))
    failed = " ".join(failure.value.failures)
    assert "exact rules find every fault and nothing else" not in failed
    assert "exact rules find the right amounts" in failed


@pytest.mark.parametrize(
    ("table", "dimension", "left"),
    [
        ("raw_billing.subscriptions", "dim_subscriptions", 0),
        # all customers become stubs, and would be as many as before
        ("raw_crm.customers", "dim_customers", 32),
    ],
)
def test_a_source_that_shrinks_stops_the_build(
    damage: Callable[..., Project], workshop: Workshop, table: str, dimension: str, left: int
) -> None:
    """Half is too much. What a load was allowed to lose passes."""
    key = f"{dimension[4:-1]}_id"
    gone = f"delete from {table} where {key} not in (select {key} from {table} order by 1 limit {left})"
    damaged = damage(f"shrunk {dimension}", gone, build=False)
    before = damaged.warehouse.read_bytes()
    with pytest.raises(AuditError) as failure:
        workshop.build(damaged, select=(f"+{dimension}",))
    (failed,) = failure.value.failures
    assert failed.startswith("has_not_shrunk_since_snapshot")
    assert f"{table}: {left} rows accepted, " in failed
    assert failed.endswith(f"load with --allow-shrink {table}")
    assert damaged.warehouse.read_bytes() == before
    with duckdb.connect(str(damaged.warehouse)) as connection:
        connection.execute(
            "insert into raw_control.deliveries (target_table, delivery, is_loss_allowed)"
            f" values ('{table}', 'full', true)"
        )
    workshop.build(damaged, select=(f"+{dimension}",))
