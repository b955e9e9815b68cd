"""Money that goes back, waits, or comes from nowhere, and how cases end: tiny worlds, each beside its control."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.python.warehouse.compiled_estate import AS_OF, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.python.warehouse.compiled_estate import Estate
    from tests.python.workshop import Workshop

DAY = date(2024, 6, 30)

Rows = dict[str, list[dict[str, object]]]


def _invoice(name: str, account: str, amount: object, **more: object) -> dict[str, object]:
    return {
        "invoice_id": name,
        "account_id": account,
        "amount": amount,
        "currency": "EUR",
        "invoice_date": "2024-01-10",
        "due_date": "2024-02-09",
        **more,
    }


def _payment(name: str, amount: object, **more: object) -> dict[str, object]:
    return {"payment_id": name, "payment_date": "2024-01-20", "amount_paid": amount, **more}


def _refund(name: str, amount: object, kind: str = "refund", **more: object) -> dict[str, object]:
    return {
        "refund_id": name,
        "refund_date": "2024-03-05",
        "amount": amount,
        "kind": kind,
        **more,
    }


def _made(estate: Estate, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> Estate:
    estate.run(rows, DAY)
    assert estate.broken() == []
    return estate


def _cases(estate: Estate) -> list[tuple[Any, ...]]:
    return estate.query(
        "select rule, entity_id, amount::text, status, end_cause, recovered_amount::text"
        " from leakage.fct_leakage_cases order by entity_id, rule"
    )


def _held(estate: Estate) -> dict[str, tuple[str, ...]]:
    """Paid, credited, refunded and outstanding, by invoice."""
    return {
        row[0]: row[1:]
        for row in estate.query(
            "select invoice_id, paid_amount::text, credited_amount::text, refunded_amount::text,"
            " outstanding_amount::text from core.fct_invoices"
        )
    }


def _waiting(estate: Estate) -> dict[tuple[str | None, str], tuple[str, str]]:
    """Unapplied money and the cash in it, by account and currency."""
    return {
        (account, currency): (money, cash)
        for account, currency, money, cash in estate.query(
            "select account_id, currency, unapplied_amount::text, unapplied_cash_amount::text"
            " from receivables.fct_unapplied_cash"
        )
    }


def _accounts(way: str, *names: str) -> list[dict[str, object]]:
    return [
        {"account_id": name, "status": "Active", "currency": "EUR", "cash_application": way}
        for name in names
    ]


@pytest.mark.parametrize("way", ["open_item", "balance_forward"])
def test_a_refund_lets_go_and_a_chargeback_opens_again(estate: Estate, way: str) -> None:
    """By payment or by invoice, in full or in part, and with a credit note that says what for."""
    rows: Rows = {
        "raw_crm.accounts": _accounts(way, "A", "B", "C", "D", "E", "F"),
        "raw_billing.invoices": [_invoice(f"I{name}", name, 100) for name in "ABCDEF"],
        "raw_payments.payments": [
            _payment(f"P{name}", 120 if name == "D" else 100, invoice_id=f"I{name}")
            for name in "ABCDEF"
        ],
        "raw_payments.refunds": [
            _refund("RA", 100, payment_id="PA"),
            _refund("RB", 100, "chargeback", payment_id="PB"),
            _refund("RC", 30, invoice_id="IC"),
            _refund("RD", 50, payment_id="PD"),
            _refund("RE", 40, "chargeback", invoice_id="IE"),
            _refund("RE2", 61, "chargeback", invoice_id="IE", refund_date="2024-03-06"),
            _refund("RF", 100, payment_id="PF"),
        ],
        "raw_billing.credit_notes": [
            # booked two days after the money went back
            {"credit_note_id": "CF", "invoice_id": "IF", "credit_date": "2024-03-07", "amount": 100}
        ],
    }
    _made(estate, rows)
    assert _held(estate) == {
        "IA": ("0.00", "100.00", "100.00", "0.00"),
        "IB": ("0.00", "0.00", "0.00", "100.00"),
        "IC": ("70.00", "30.00", "30.00", "0.00"),
        # 20 of the 50 had been too much
        "ID": ("70.00", "30.00", "30.00", "0.00"),
        "IE": ("60.00", "0.00", "0.00", "40.00"),
        # in balance forward the credit stays where the refund had put it
        "IF": ("0.00", "100.00", "0.00" if way == "open_item" else "100.00", "0.00"),
    }
    assert _waiting(estate) == {}
    assert [case[:3] for case in _cases(estate)] == [
        ("zombie", "IB", "100.00"),
        ("leaky_bucket", "IE", "40.00"),
    ]
    assert estate.query(
        "select payment_id, refunded_amount::text, charged_back_amount::text from core.fct_payments"
        " where payment_id in ('PA', 'PB', 'PE') order by 1"
    ) == [("PA", "100.00", "0.00"), ("PB", "0.00", "100.00"), ("PE", "0.00", "40.00")]
    assert estate.query(
        "select row_key, reasons from data_quality.fct_rejected_rows order by 1"
    ) == [("RE2", "beyond_payment")]
    assert estate.query("select account_id from collections.fct_collection_priorities") == [
        ("B",),
        ("E",),
    ]


def test_what_was_given_back_before_an_invoice_does_not_pay_it(estate: Estate) -> None:
    """An overpaid account got its money back; its next bill is open all the same."""
    rows: Rows = {
        "raw_crm.accounts": _accounts("balance_forward", "A", "B"),
        "raw_billing.invoices": [
            *(_invoice(f"{name}1", name, 100) for name in "AB"),
            *(_invoice(f"{name}2", name, 50, invoice_date="2024-04-10") for name in "AB"),
        ],
        "raw_payments.payments": [_payment(f"P{name}", 150, account_id=name) for name in "AB"],
        "raw_payments.refunds": [_refund("RA", 50, payment_id="PA")],
    }
    held = _held(_made(estate, rows))
    assert held["A2"] == ("0.00", "0.00", "0.00", "50.00")
    assert held["B2"] == ("50.00", "0.00", "0.00", "0.00")


def test_a_copy_that_is_refunded_by_its_invoice_is_resolved(estate: Estate) -> None:
    """The newest money goes back, so the second payment is the one that went."""
    rows: Rows = {
        "raw_billing.invoices": [_invoice("I", "A", 100)],
        "raw_payments.payments": [
            _payment("P1", 100, invoice_id="I"),
            _payment("P2", 100, invoice_id="I", payment_date="2024-01-21"),
        ],
        "raw_payments.refunds": [_refund("R", 100, invoice_id="I")],
    }
    found = _cases(_made(estate, rows))
    assert found == [("duplicate_payment", "P2", "100.00", "resolved", "corrected", "0.00")]
    del rows["raw_payments.refunds"]
    (case,) = _cases(_made(estate, rows))
    assert case[3:5] == ("open", None)


def test_what_was_charged_wrongly_and_given_back_is_corrected(estate: Estate) -> None:
    """A refund without a credit note takes the charge back, in full or in part; a chargeback does not."""
    ended = {"subscription_id": "S", "account_id": "K", "started_on": "2023-01-01"}
    after = {"subscription_id": "S", "period_start": "2024-03-01", "period_end": "2024-03-31"}
    rows: Rows = {
        "raw_billing.subscriptions": [
            {**ended, "status": "Cancelled", "cancelled_on": "2024-01-20", "billing_day": 1}
        ],
        "raw_billing.invoices": [
            _invoice(name, "K", amount, invoice_date="2024-03-01", due_date="2024-03-31", **after)
            for name, amount in (("full", 10), ("part", 11), ("kept", 12), ("back", 13))
        ],
        "raw_payments.payments": [
            _payment(f"P-{name}", amount, invoice_id=name, payment_date="2024-03-02")
            for name, amount in (("full", 10), ("part", 11), ("kept", 12), ("back", 13))
        ],
        "raw_payments.refunds": [
            _refund("R1", 10, payment_id="P-full"),
            _refund("R2", 4, payment_id="P-part"),
            _refund("R3", 13, kind="chargeback", payment_id="P-back"),
        ],
    }
    cases = [case for case in _cases(_made(estate, rows)) if case[0] == "billed_after_cancel"]
    assert cases == [
        ("billed_after_cancel", "back", "13.00", "open", None, "0.00"),
        ("billed_after_cancel", "full", "10.00", "resolved", "credited", "0.00"),
        ("billed_after_cancel", "kept", "12.00", "open", None, "0.00"),
        ("billed_after_cancel", "part", "7.00", "open", None, "0.00"),
    ]


def test_money_of_accounts_that_nothing_else_names_has_books(estate: Estate) -> None:
    """A stub, an alert, and the currency that the delivery states for what states none."""
    rows: Rows = {
        "raw_control.extract_batches": [{"as_of_date": DAY, "currency": "GBP"}],
        "raw_billing.invoices": [_invoice("I", "Known", 100)],
        "raw_billing.credit_notes": [
            {
                "credit_note_id": f"C{name}",
                "account_id": name,
                "credit_date": "2024-02-01",
                "amount": 500,
            }
            for name in ("Known", "Credited")
        ],
        "raw_payments.payments": [_payment("P", 70, account_id="Paying")],
    }
    _made(estate, rows)
    assert _waiting(estate) == {
        ("Known", "EUR"): ("500.00", "0.00"),
        ("Credited", "GBP"): ("500.00", "0.00"),
        ("Paying", "GBP"): ("70.00", "70.00"),
    }
    assert estate.query(
        "select row_key from data_quality.fct_row_alerts where alert like '%unknown_account%'"
        " order by 1"
    ) == [("CCredited",), ("P",)]


def test_money_of_unknown_origin_is_in_suspense(estate: Estate) -> None:
    """It is in nobody's books, accuses nobody, and goes back from where it is."""
    rows: Rows = {
        "raw_billing.invoices": [
            *(_invoice("I1", "A", 500), _invoice("I2", "A", 300), _invoice("J", "B", 9))
        ],
        "raw_payments.payments": [
            _payment("named", 500, invoice_id="I1"),
            _payment("account", 120, account_id="A"),
            *(_payment(f"nothing{n}", 300, currency="EUR") for n in (1, 2)),
            # told where to go by its allocation alone, and by two that do not agree
            _payment("told", 40),
            _payment("torn", 7, currency="EUR"),
        ],
        "raw_payments.payment_allocations": [
            {"allocation_id": "1", "payment_id": "told", "invoice_id": "I2", "amount": 40},
            {"allocation_id": "2", "payment_id": "torn", "invoice_id": "I2", "amount": 3},
            {"allocation_id": "3", "payment_id": "torn", "invoice_id": "J", "amount": 4},
        ],
        "raw_payments.refunds": [_refund("R", 100, payment_id="nothing1")],
    }
    _made(estate, rows)
    assert _waiting(estate) == {
        ("A", "EUR"): ("120.00", "120.00"),
        (None, "EUR"): ("507.00", "507.00"),
    }
    assert _held(estate)["I2"] == ("40.00", "0.00", "0.00", "260.00")
    assert estate.query(
        "select distinct account_id from receivables.fct_account_months order by 1"
    ) == [("A",), ("B",)]
    assert estate.query(
        "select line_of_business, has_open_invoices from receivables.fct_unapplied_cash"
        " where is_suspense"
    ) == [(None, False)]
    assert not [case for case in _cases(estate) if case[0] == "duplicate_payment"]
    assert estate.query(
        "select sum(amount_paid - reversed_amount)::text, count(*) from core.fct_payments"
    ) == [("1167.00", 6)]
    (total,) = estate.query(
        "select (select sum(paid_amount) from core.fct_invoices)"
        " + (select sum(unapplied_cash_amount) from receivables.fct_unapplied_cash)"
    )
    assert total == (Decimal("1167.00"),)


def test_the_end_of_a_case_has_a_cause(estate: Estate) -> None:
    """And the months tell what came in from what was given up."""
    names = ("paid", "part", "credited", "written_off", "left", "open")
    rows: Rows = {
        "raw_crm.accounts": [
            {
                "account_id": name,
                "status": "Closed" if name == "left" else "Active",
                "closed_on": "2024-04-15" if name == "left" else None,
            }
            for name in names
        ],
        "raw_billing.invoices": [_invoice(name, name, 100) for name in names],
        "raw_payments.payments": [
            _payment("P1", 100, invoice_id="paid", payment_date="2024-04-02"),
            _payment("P2", 30, invoice_id="part", payment_date="2024-04-03"),
        ],
        "raw_billing.credit_notes": [
            {
                "credit_note_id": "C",
                "invoice_id": "credited",
                "credit_date": "2024-04-04",
                "amount": 100,
            }
        ],
        "raw_billing.write_offs": [
            {"write_off_id": "W", "invoice_id": "written_off", "written_off_on": "2024-04-05"}
        ],
    }
    found = {(rule, name): rest for rule, name, *rest in _cases(_made(estate, rows))}
    assert found == {
        ("zombie", "paid"): ["100.00", "resolved", "paid", "100.00"],
        ("zombie", "part"): ["100.00", "resolved", "paid", "30.00"],
        ("leaky_bucket", "part"): ["70.00", "open", None, "0.00"],
        ("zombie", "credited"): ["100.00", "resolved", "credited", "0.00"],
        ("zombie", "written_off"): ["100.00", "resolved", "written_off", "0.00"],
        ("zombie", "left"): ["100.00", "resolved", "no_longer_served", "0.00"],
        ("zombie", "open"): ["100.00", "open", None, "0.00"],
    }
    assert estate.query(
        "select resolved_amount::text, recovered_amount::text, carried_over_amount::text,"
        " credited_amount::text, written_off_amount::text, given_up_amount::text,"
        " corrected_amount::text from leakage.fct_leakage_monthly"
        " where month_start = '2024-04-01' and rule = 'zombie'"
    ) == [("500.00", "130.00", "70.00", "100.00", "100.00", "100.00", "0.00")]
    evidence = estate.query(
        "select distinct split_part(evidence, '; ', 3) from leakage.fct_leakage_cases"
        " where rule = 'zombie'"
    )
    assert evidence == [("nothing paid of 100.00 EUR",)]


def test_small_balances_are_listed_and_no_cases(workshop: Workshop, estate: Estate) -> None:
    """Up to the tolerance of their currency, the cent above it is a case; books keep every cent."""
    names = {"at": "1.00", "above": "1.01", "cent": "0.01"}
    rows: Rows = {
        "raw_billing.invoices": [
            *(_invoice(name, "A", 100 + n) for n, name in enumerate(names)),
            _invoice("unpaid", "A", "0.50"),
            _invoice("dollar", "A", 100, currency="USD"),
        ],
        "raw_payments.payments": [
            *(
                _payment(f"P{name}", 100 + n - Decimal(rest), invoice_id=name)
                for n, (name, rest) in enumerate(names.items())
            ),
            _payment("Pdollar", 99, invoice_id="dollar"),
        ],
    }
    assert {case[1] for case in _cases(_made(estate, rows))} == {*names, "unpaid", "dollar"}
    chosen = {"small_balance_tolerance": {"EUR": 1.00}, "as_of_date": AS_OF}
    tolerant = ("int_invoice_settlement", "int_zombie_cases", "int_leaky_bucket_cases")
    compiled = workshop.compile(*tolerant, chosen=chosen)
    made_anew = {
        name: Step(
            name, (f"create or replace table intermediate.{name} as {node['compiled_code']}",)
        )
        for name, node in compiled.items()
    }
    assert set(made_anew) == set(tolerant)
    steps = tuple(made_anew.get(step.name, step) for step in estate.steps)
    _made(replace(estate, steps=steps), rows)
    assert {case[1] for case in _cases(estate)} == {"above", "dollar"}
    assert estate.query(
        "select invoice_id from core.fct_invoices where is_small_balance order by 1"
    ) == [("at",), ("cent",), ("unpaid",)]
    assert estate.query(
        "select currency, past_due_amount::text from collections.fct_collection_priorities"
        " order by 1"
    ) == [("EUR", "1.01"), ("USD", "1.00")]
    assert estate.query(
        "select currency, sum(closing_balance)::text from receivables.fct_account_months"
        " where month_end = '2024-06-30' group by 1 order by 1"
    ) == [("EUR", "2.52"), ("USD", "1.00")]


@pytest.mark.parametrize(
    ("meter", "batch", "accusing"),
    [
        ({}, {}, set()),
        ({}, {"status_holds": "throughout"}, {"billed_while_disconnected"}),
        ({"updated_at": "2023-12-31 00:00:00"}, {}, {"billed_while_disconnected"}),
    ],
)
def test_a_status_without_a_date_accuses_nobody_of_the_past(
    estate: Estate, meter: dict[str, object], batch: dict[str, object], accusing: set[str]
) -> None:
    """A date does, and a mapping that says it held throughout; the alert tells that neither is there."""
    rows: Rows = {
        "raw_control.extract_batches": [{"as_of_date": DAY, **batch}],
        "raw_metering.meters": [
            {"meter_id": "M", "meter_number": "M", "account_id": "A", "status": "Cut", **meter}
            | {"status": "Disconnected"}
        ],
        "raw_billing.invoices": [
            _invoice("I", "A", 80, meter_number="M", period_start="2024-01-01")
            | {"period_end": "2024-01-31"}
        ],
        "raw_crm.accounts": [{"account_id": "A", "line_of_business": "utility"}],
    }
    _made(estate, rows)
    rules = {case[0] for case in _cases(estate)}
    assert rules == {"zombie", *accusing}
    alerts = estate.query(
        "select count(*) from data_quality.fct_row_alerts where alert like '%undated_status%'"
    )
    assert alerts == [(0 if accusing else 1,)]


def test_an_account_or_subscription_without_a_date_of_its_status_is_told(estate: Estate) -> None:
    """Active, or ended on a day, is nothing to tell."""
    rows: Rows = {
        "raw_crm.accounts": [
            {"account_id": "A", "status": "Suspended"},
            {"account_id": "B", "status": "Closed", "closed_on": "2024-01-01"},
            {"account_id": "C", "status": "Active"},
        ],
        "raw_billing.subscriptions": [
            {"subscription_id": "S", "account_id": "C", "status": "Cancelled"},
            {"subscription_id": "T", "account_id": "C", "status": "Active"},
        ],
    }
    _made(estate, rows)
    assert estate.query(
        "select row_key from data_quality.fct_row_alerts where alert like '%undated_status%'"
        " order by 1"
    ) == [("A",), ("S",)]


def test_calls_say_what_holds_today(estate: Estate) -> None:
    """Who was never late and is past due now, and whose own money waits; free invoices tell nothing."""
    rows: Rows = {
        "raw_billing.invoices": [
            *(_invoice(f"{name}1", name, 50) for name in "AB"),
            *(_invoice(f"{name}2", name, 80, due_date="2024-03-31") for name in "AB"),
            *(_invoice(f"free{n}", "B", 0) for n in range(3)),
        ],
        "raw_payments.payments": [
            _payment("P1", 50, invoice_id="A1"),
            _payment("P2", 15, account_id="A"),
        ],
    }
    _made(estate, rows)
    reasons = dict(
        estate.query("select account_id, reasons from collections.fct_collection_priorities")
    )
    assert reasons["A"] == (
        "80.00 EUR past due, the oldest for 91 days; the one invoice it settled was in time;"
        " 15.00 EUR of its own cash is unapplied"
    )
    assert reasons["B"] == (
        "130.00 EUR past due, the oldest for 142 days; never settled an invoice"
    )
