"""Which periods an invoice covers, and which of them are missing: every kind beside its control.

Each test is one world. Its accounts are stories that do not touch each other, so what is expected of
one says nothing about the next; whatever is not named must not be found.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.python.warehouse.compiled_estate import Estate

Row = dict[str, object]
AS_OF = date(2024, 6, 15)
COVERS_FROM = "2024-01-01"
PLANS = [
    {"plan_id": "B", "plan_name": "Basic", "monthly_price": "10.00", "currency": "USD"},
    {"plan_id": "S", "plan_name": "Cloud Storage", "monthly_price": "20.00", "currency": "USD"},
]


def subscription(subscription_id: str, account_id: str, **columns: object) -> Row:
    """One that began long ago, at 10.00 a month, billed on the first."""
    row: Row = {
        "subscription_id": subscription_id,
        "account_id": account_id,
        "plan_id": "B",
        "status": "Active",
        "started_on": "2023-01-01",
        "billing_day": 1,
    }
    return row | columns


def invoice(invoice_id: str, account_id: str, issued: str, **columns: object) -> Row:
    """One that is due late enough to be nobody's zombie."""
    row: Row = {
        "invoice_id": invoice_id,
        "account_id": account_id,
        "invoice_date": issued,
        "due_date": date.fromisoformat(issued) + timedelta(days=900),
        "amount": "10.00",
        "currency": "USD",
    }
    return row | columns


def line(line_item_id: str, invoice_id: str, amount: str, **columns: object) -> Row:
    """One that says nothing but its amount."""
    return {"line_item_id": line_item_id, "invoice_id": invoice_id, "amount": amount} | columns


def found(  # noqa: PLR0913 - what a mapping says, each by its name
    estate: Estate,
    *,
    subscriptions: Iterable[Row] = (),
    invoices: Iterable[Row],
    lines: Iterable[Row] = (),
    credit_notes: Iterable[Row] = (),
    skus: Iterable[Row] = (),
    as_of: date = AS_OF,
    covers_from: str | None = COVERS_FROM,
    period_end_is: str | None = None,
    line_of_business: str = "subscription",
) -> set[tuple[str, str, str, Decimal, str | None]]:
    """The cases of a world: rule, entity, period, amount and the day each was resolved.

    The build's own tests have to hold, too.
    """
    batch = {
        "as_of_date": as_of,
        "covers_from": covers_from,
        "line_of_business": line_of_business,
        "period_end_is": period_end_is,
    }
    estate.run(
        {
            "raw_control.extract_batches": [batch],
            "raw_billing.plans": PLANS,
            "raw_billing.skus": skus,
            "raw_billing.subscriptions": subscriptions,
            "raw_billing.invoices": invoices,
            "raw_billing.invoice_line_items": lines,
            "raw_billing.credit_notes": credit_notes,
        },
        as_of,
    )
    assert estate.broken() == []
    return {
        (rule, entity, str(period), amount, resolved and str(resolved))
        for rule, entity, period, amount, resolved in estate.query(
            "select rule, entity_id, period_start, amount, resolved_on from leakage.fct_leakage_cases"
        )
    }


def ghosts(subscription_id: str, *months: int, amount: str = "10.00") -> set[Any]:
    """Open ghosts of a subscription in months of 2024."""
    return {
        ("ghost", subscription_id, f"2024-{month:02d}-01", Decimal(amount), None)
        for month in months
    }


def alerts(estate: Estate) -> dict[str, str]:
    """Alerts by the key of the row they are raised for, stubs aside."""
    return dict(
        estate.query(
            "select row_key, alert from data_quality.fct_row_alerts where alert != 'stub_created'"
        )
    )


def billed_from_to(account: str, *periods: tuple[str, str], **columns: object) -> list[Row]:
    """An invoice on the first day of each period, for the account's subscription of the same name."""
    return [
        invoice(
            f"{account}-{start}",
            account,
            start,
            subscription_id=account,
            period_start=start,
            period_end=end,
            **columns,
        )
        for start, end in periods
    ]


# What is billed, up to the day on which the next interval begins; the months of 2024 that then are missing.
INTERVALS: dict[str, tuple[int, tuple[tuple[str, str], ...], tuple[int, ...]]] = {
    "month": (1, (("2024-01-01", "2024-02-01"), ("2024-04-01", "2024-05-01")), (2, 3, 5, 6)),
    "mid": (15, (("2024-01-15", "2024-02-15"), ("2024-04-15", "2024-05-15")), (2, 3, 5)),
    "first-part": (1, (("2024-01-17", "2024-02-01"),), (2, 3, 4, 5, 6)),
    "month-end": (31, (("2024-01-31", "2024-02-29"),), (2, 3, 4, 5)),
    "quarter": (1, (("2024-01-01", "2024-04-01"),), (4, 5, 6)),
    "year": (1, (("2023-05-01", "2024-05-01"),), (5, 6)),
}


def intervals(name: str, twin: str, days: int) -> tuple[Row, list[Row], set[Any]]:
    """A subscription of `INTERVALS`, its invoices with ends so many days earlier, and its ghosts."""
    day, periods, missing = INTERVALS[name]
    ended = [(start, str(date.fromisoformat(end) - timedelta(days=days))) for start, end in periods]
    started = subscription(twin, twin, started_on=periods[0][0], billing_day=day)
    return started, billed_from_to(twin, *ended), ghosts(twin, *missing)


def test_an_end_on_the_first_day_of_the_next_interval_hides_no_ghost(estate: Estate) -> None:
    """Beside each one that ends the day before: both miss the same months."""
    worlds = [
        intervals(name, f"{name}{twin}", days)
        for name in INTERVALS
        for twin, days in (("", 0), ("-before", 1))
    ]
    cases = found(
        estate,
        subscriptions=[one for one, _, _ in worlds],
        invoices=[row for _, rows, _ in worlds for row in rows],
    )
    assert cases == set().union(*(missing for _, _, missing in worlds))
    assert alerts(estate) == {
        str(row["invoice_id"]): "period_end_taken_as_exclusive"
        for name in INTERVALS
        for row in intervals(name, name, 0)[1]
    }
    ends = dict(estate.query("select invoice_id, period_end from core.fct_invoices"))
    assert {ends[f"month-end{twin}-2024-01-31"] for twin in ("", "-before")} == {date(2024, 2, 28)}


def test_a_mapping_that_says_how_periods_end_is_believed(estate: Estate) -> None:
    """A month and a day, if it says so; and an end outside, wherever it falls."""
    subscriptions = [subscription("month", "month"), subscription("odd", "odd", billing_day=20)]
    invoices = billed_from_to("month", ("2024-01-01", "2024-02-01")) + billed_from_to(
        "odd", ("2024-01-05", "2024-02-20")
    )
    as_of = date(2024, 2, 25)
    expected = {
        "inclusive": set(),
        "exclusive": ghosts("month", 2) | ghosts("odd", 2),
        None: ghosts("month", 2),
    }
    for said, missing in expected.items():
        cases = found(
            estate,
            subscriptions=subscriptions,
            invoices=invoices,
            as_of=as_of,
            period_end_is=said,
        )
        assert cases == missing, said
        assert len(alerts(estate)) == (said is None)


def test_metered_periods_end_as_they_are_stated(estate: Estate) -> None:
    """A bill from reading to reading covers the reading it ends with, and so its usage."""
    usage = {"usage_id": "U", "account_id": "M", "cycle_start": "2024-01-15"}
    estate.run(
        {
            "raw_control.extract_batches": [{"as_of_date": AS_OF, "line_of_business": "utility"}],
            "raw_metering.usages": [usage | {"cycle_end": "2024-02-15", "usage_kwh": "80"}],
            "raw_billing.invoices": [
                invoice(
                    "M-1", "M", "2024-02-16", period_start="2024-01-15", period_end="2024-02-15"
                )
            ],
        },
        AS_OF,
    )
    assert estate.query("select rule from leakage.fct_leakage_cases") == []
    assert estate.query("select period_end from core.fct_invoices") == [(date(2024, 2, 15),)]
    assert alerts(estate) == {}


def test_lines_say_which_subscriptions_are_billed(estate: Estate) -> None:
    """One invoice for two subscriptions: February is billed for the first of them alone."""
    subscriptions: list[Row] = []
    invoices: list[Row] = []
    lines: list[Row] = []
    told: dict[str, tuple[Row, Row]] = {
        "id": ({"subscription_id": "id-1"}, {"subscription_id": "id-2"}),
        "name": ({"description": " BASIC"}, {"description": "cloud storage"}),
        "plan": ({"sku_id": "B"}, {"sku_id": "s"}),
        "article": ({"sku_id": "K-1"}, {"sku_id": "K-2"}),
        "charge": ({"description": "January"}, {"description": "January, too"}),
    }
    for account, names in told.items():
        subscriptions += [
            subscription(f"{account}-1", account),
            subscription(f"{account}-2", account, plan_id="S"),
        ]
        for month, count in (("01", 2), ("02", 1)):
            bill = f"{account}-{month}"
            invoices.append(invoice(bill, account, f"2024-{month}-01", amount=None))
            for number, amount in ((1, "10.00"), (2, "20.00"))[:count]:
                said = names[number - 1]
                lines.append(line(f"{bill}-{number}", bill, amount, **said))
            # neither a tax nor a discount of the right amount is a subscription
            lines.append(line(f"{bill}-t", bill, "20.00", charge_type="tax"))
            lines.append(line(f"{bill}-d", bill, "-20.00", charge_type="discount"))
    cases = found(
        estate,
        subscriptions=subscriptions,
        invoices=invoices,
        lines=lines,
        skus=[
            {"sku_id": "B"},
            {"sku_id": "s"},
            {"sku_id": "K-1", "sku_name": "Basic"},
            {"sku_id": "K-2", "sku_name": "CloudStorage"},
        ],
        as_of=date(2024, 2, 15),
    )
    assert cases == {case for a in told for case in ghosts(f"{a}-2", 2, amount="20.00")}


def test_a_line_matches_one_subscription(estate: Estate) -> None:
    """Two subscriptions of one plan need two lines, on one invoice or on two, or a quantity of two."""
    accounts = ("one-line", "two-lines", "two-invoices", "quantity", "by-charge")
    subscriptions = [subscription(f"{a}-{n}", a) for a in accounts for n in (1, 2)]
    subscriptions += [subscription("seats-1", "seats", quantity=2, unit_price="5.00")]
    subscriptions += [subscription("seats-2", "seats", quantity=2, unit_price="5.00")]
    invoices = [
        invoice(f"{account}-A", account, "2024-01-01", amount=None)
        for account in (*accounts, "seats")
    ]
    invoices.append(invoice("two-invoices-B", "two-invoices", "2024-01-02", amount=None))
    basic: Row = {"description": "Basic", "quantity": 1}
    lines = [
        line("L1", "one-line-A", "10.00", **basic),
        line("L2", "two-lines-A", "10.00", **basic),
        line("L3", "two-lines-A", "9.00", **basic),
        line("L4", "two-invoices-A", "10.00", **basic),
        line("L5", "two-invoices-B", "10.00", **basic),
        line("L6", "quantity-A", "20.00", description="Basic", quantity=2),
        line("L7", "by-charge-A", "10.00", description="January"),
        line("L8", "seats-A", "10.00", description="Basic", quantity=2),
    ]
    cases = found(
        estate, subscriptions=subscriptions, invoices=invoices, lines=lines, as_of=date(2024, 1, 20)
    )
    assert cases == ghosts("one-line-2", 1) | ghosts("by-charge-2", 1) | ghosts("seats-2", 1)


def test_an_invoice_without_lines_is_for_whoever_was_active(estate: Estate) -> None:
    """One after the other, or both; where it asks what one of them costs, for that one alone."""
    subscriptions = [
        subscription("first", "follows", status="Cancelled", cancelled_on="2024-01-31"),
        subscription("then", "follows", started_on="2024-02-01", plan_id="S"),
        *(subscription(f"{a}-1", a) for a in ("sum", "one", "unknown", "setup")),
        *(subscription(f"{a}-2", a, plan_id="S") for a in ("sum", "one", "unknown")),
        subscription("header-1", "header"),
        subscription("header-2", "header", plan_id="S"),
    ]
    january = "2024-01-01"
    invoices = [
        invoice("F1", "follows", january),
        invoice("F2", "follows", "2024-02-01", amount="20.00"),
        invoice("F3", "sum", january, amount="30.00"),
        invoice("F4", "one", january, amount="20.00"),
        # 24.00 is what nobody costs: it may be a price for both that nobody knows
        invoice("F5", "unknown", january, amount="24.00"),
        # an article says that it is no subscription
        invoice("F6", "setup", january, amount=None),
        invoice("F7", "header", january, subscription_id="header-1"),
    ]
    lines = [line("L1", "F6", "50.00", description="Setup", charge_type="item")]
    cases = found(
        estate, subscriptions=subscriptions, invoices=invoices, lines=lines, as_of=date(2024, 2, 1)
    )
    assert cases == ghosts("one-1", 1) | ghosts("setup-1", 1) | ghosts(
        "header-2", 1, amount="20.00"
    )
    named = dict(estate.query("select invoice_id, subscription_id from core.fct_invoices"))
    assert [named[f"F{number}"] for number in range(1, 8)] == [
        *("first", "then", None, "one-2", None, "setup-1", "header-1"),
    ]


def test_what_nobody_names_is_judged_by_the_subscription_it_is_for(estate: Estate) -> None:
    """Twice for one period, and after the end: both go by the one subscription the account has then."""
    cases = found(
        estate,
        subscriptions=[
            subscription("s1", "K", status="Cancelled", cancelled_on="2024-01-31"),
            subscription("s2", "K", started_on="2024-02-01"),
            subscription("t1", "T", status="Cancelled", cancelled_on="2024-01-31"),
        ],
        invoices=[
            invoice("K-1", "K", "2024-01-01"),
            invoice("K-2", "K", "2024-02-01"),
            invoice("K-2-again", "K", "2024-02-20"),
            invoice("T-1", "T", "2024-01-01"),
            invoice("T-2", "T", "2024-03-01"),
        ],
        as_of=date(2024, 3, 1),
    )
    ten = Decimal("10.00")
    assert cases == {
        ("duplicate_invoice", "K-2-again", "2024-02-01", ten, None),
        ("billed_after_cancel", "T-2", "2024-03-01", ten, None),
    }


def test_what_was_billed_before_the_extracts_is_unknown(estate: Estate) -> None:
    """A year, and a quarter, that were running when the extracts begin; whoever started later has to be billed."""
    runs = {"y": "2023-01-01", "late": "2024-01-01", "q": "2023-01-01", "none": "2023-01-01"}
    subscriptions = [
        *(subscription(name, name, started_on=day, billing_day=10) for name, day in runs.items()),
        subscription("m", "m", billing_day=10),
    ]
    year = ("2024-05-10", "2025-05-09")
    cases = found(
        estate,
        subscriptions=subscriptions,
        invoices=[
            *billed_from_to("y", year),
            *billed_from_to("late", year),
            *billed_from_to("q", ("2024-03-10", "2024-06-10"), ("2024-06-10", "2024-09-10")),
            *billed_from_to("m", ("2024-02-10", "2024-03-09"), ("2024-04-10", "2024-06-09")),
        ],
    )
    assert cases == (
        ghosts("late", 1, 2, 3, 4) | ghosts("none", 1, 2, 3, 4, 5, 6) | ghosts("m", 1, 3, 6)
    )


def test_a_missing_interval_that_the_extracts_would_hold_is_a_ghost(estate: Estate) -> None:
    """A quarter was under way until 10 February; the next one should be there and is not."""
    cases = found(
        estate,
        subscriptions=[subscription("q", "q", billing_day=10)],
        invoices=billed_from_to("q", ("2024-05-10", "2024-08-09")),
    )
    assert cases == ghosts("q", 2, 3, 4)


def test_what_is_billed_in_arrears_is_missed_after_its_period(estate: Estate) -> None:
    """March is missing; in advance the running month would be as well, and June is not over."""
    months = ("2024-01-31", "2024-02-29", "2024-04-30", "2024-05-31")

    def billed_after(account: str, subscription_id: str | None) -> list[Row]:
        rows = []
        for number, end in enumerate(months):
            issued = str(date.fromisoformat(end) + timedelta(days=1))
            period: Row = {"period_start": f"{end[:8]}01", "period_end": end}
            rows.append(
                invoice(f"{account}-{number}", account, issued, subscription_id=subscription_id)
                | (period if subscription_id else {})
            )
        return rows

    subscriptions = [
        subscription("stated", "stated", billed="in_arrears", started_on="2024-01-01"),
        subscription("silent", "silent", billed="In arrears"),
        subscription("ahead", "ahead"),
        subscription(
            "left", "left", billed="in_arrears", status="Cancelled", cancelled_on="2024-03-30"
        ),
        subscription(
            "last", "last", billed="in_arrears", status="Cancelled", cancelled_on="2024-03-31"
        ),
        subscription("new", "new", billed="in_arrears", started_on="2024-03-02"),
    ]
    cases = found(
        estate,
        subscriptions=subscriptions,
        invoices=[
            *billed_after("stated", "stated"),
            *billed_after("silent", None),
            *billed_after("ahead", "ahead"),
            *billed_after("left", "left")[:2],
            *billed_after("last", "last")[:2],
            *billed_after("new", "new")[2:],
        ],
    )
    late = {
        (
            "ghost",
            "ahead",
            f"{end[:8]}01",
            Decimal("10.00"),
            str(date.fromisoformat(end) + timedelta(days=1)),
        )
        for end in months
    }
    assert cases == (
        ghosts("stated", 3) | ghosts("silent", 3) | ghosts("ahead", 3, 6) | ghosts("last", 3) | late
    )
    dates = estate.query(
        "select billing_date, invoice_id from leakage.fct_subscription_months"
        " where subscription_id = 'stated' order by period_start"
    )
    assert [(str(day), bill) for day, bill in dates] == [
        ("2024-02-01", "stated-0"),
        ("2024-03-01", "stated-1"),
        ("2024-04-01", None),
        ("2024-05-01", "stated-2"),
        ("2024-06-01", "stated-3"),
    ]


def test_a_final_bill_in_arrears_is_owed(estate: Estate) -> None:
    """Issued after the end for service before it; a period that begins after the end is not."""
    cases = found(
        estate,
        subscriptions=[
            subscription(
                *("s", "K"),
                billed="in_arrears",
                billing_day=15,
                status="Cancelled",
                cancelled_on="2024-03-10",
            )
        ],
        invoices=billed_from_to("s", ("2024-03-01", "2024-03-31"), ("2024-04-01", "2024-04-30")),
        covers_from="2024-03-01",
    )
    assert cases == {
        ("billed_after_cancel", "s-2024-04-01", "2024-04-01", Decimal("10.00"), None),
    }


def test_due_date_and_period_make_an_invoice_another_one(estate: Estate) -> None:
    """Instalments and day passes beside copies of them; null is as good as null."""
    march = "2024-03-01"
    pass_of: Row = {"amount": "15.00", "due_date": march}
    invoices = [
        *(invoice(f"I-{due}", "I", march, due_date=f"2024-0{due}-30") for due in (4, 5, 6)),
        invoice("I-6-again", "I", march, due_date="2024-06-30"),
        *(
            invoice(f"P-{day}", "P", f"2024-03-0{day}", **pass_of)
            | {"period_start": f"2024-03-0{day}", "period_end": f"2024-03-0{day}"}
            for day in (1, 2, 3)
        ),
        invoice("P-3-again", "P", "2024-03-04", **pass_of)
        | {"period_start": "2024-03-03", "period_end": "2024-03-03"},
        invoice("N-1", "N", march, due_date=None),
        invoice("N-2", "N", "2024-03-03", due_date=None),
        invoice("N-3", "N", "2024-03-03", due_date="2024-06-01"),
    ]
    lines = [
        line(f"L{row['invoice_id']}", str(row["invoice_id"]), str(row["amount"]), description="X")
        for row in invoices
        if row["account_id"] != "I"
    ]
    cases = found(
        estate,
        invoices=invoices,
        lines=lines,
        as_of=date(2024, 3, 20),
        line_of_business="trade_credit",
    )
    assert {case[:2] for case in cases} == {
        ("duplicate_invoice", "I-6-again"),
        ("duplicate_invoice", "P-3-again"),
        ("duplicate_invoice", "N-2"),
    }


def test_a_copy_is_over_when_its_original_is_credited(estate: Estate) -> None:
    """Rebilled first and credited two days later; a copy whose original stands, or stands in part, lasts."""
    invoices = [
        invoice(f"{account}-{number}", account, f"2024-03-0{number}")
        for account in ("over", "lasts", "part")
        for number in (1, 2)
    ]
    lines = [
        line(str(row["invoice_id"]), str(row["invoice_id"]), "10.00", description="X")
        for row in invoices
    ]
    credit: Row = {"credit_date": "2024-03-04"}
    cases = found(
        estate,
        invoices=invoices,
        lines=lines,
        credit_notes=[
            credit | {"credit_note_id": "C1", "invoice_id": "over-1", "amount": "10.00"},
            credit | {"credit_note_id": "C2", "invoice_id": "part-1", "amount": "9.00"},
        ],
        as_of=date(2024, 3, 20),
        line_of_business="trade_credit",
    )
    ten = Decimal("10.00")
    assert cases == {
        ("duplicate_invoice", "over-2", "2024-03-01", ten, "2024-03-04"),
        ("duplicate_invoice", "lasts-2", "2024-03-01", ten, None),
        ("duplicate_invoice", "part-2", "2024-03-01", ten, None),
    }
