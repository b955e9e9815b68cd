"""An amount that comes from lines is judged like a stated one, and a line that is lost does not go unsaid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.python.warehouse.compiled_estate import Estate

DAY = date(2024, 6, 30)


def _invoice(invoice_id: str, **more: object) -> dict[str, object]:
    return {
        "invoice_id": invoice_id,
        "account_id": "Orchard",
        "invoice_date": "2024-01-05",
        **more,
    }


def _line(
    line: str, invoice: str, quantity: object, price: object, **more: object
) -> dict[str, object]:
    return {
        "line_item_id": line,
        "invoice_id": invoice,
        "quantity": quantity,
        "unit_price": price,
        **more,
    }


def _run(estate: Estate, invoices: list[dict[str, object]], lines: list[dict[str, object]]) -> None:
    estate.run({"raw_billing.invoices": invoices, "raw_billing.invoice_line_items": lines}, DAY)
    assert estate.broken() == []


def _verdicts(estate: Estate, model: str, key: str) -> dict[str, tuple[object, object]]:
    rows = estate.query(f"select {key}, rejection_reasons, alerts from staging.{model}")
    return {row[0]: (row[1], row[2]) for row in rows}


def _asked(estate: Estate) -> dict[str, Decimal]:
    return dict(estate.query("select invoice_id, invoiced_amount from core.fct_invoices"))


def test_a_negative_sum_is_a_negative_amount(estate: Estate) -> None:
    """In open item and balance forward; its lines fall with it. A sum of nothing is an invoice of 0."""
    lines = [
        *(
            _line("1", "back", -3, "2.50"),
            _line("2", "fine", 3, "2.50"),
            _line("3", "fine", -1, "1"),
        ),
        *(_line("4", "even", 2, "7.00"), _line("5", "even", -1, "14.00")),
    ]
    for application in ("open_item", "balance_forward"):
        invoices = [_invoice("back"), _invoice("fine"), _invoice("even")]
        accounts = [{"account_id": "Orchard", "cash_application": application}]
        rows = {"raw_billing.invoices": invoices, "raw_billing.invoice_line_items": lines}
        estate.run({**rows, "raw_crm.accounts": accounts}, DAY)
        assert estate.broken() == []
        assert _asked(estate) == {"fine": Decimal("6.50"), "even": Decimal("0.00")}
        found = _verdicts(estate, "stg_billing__invoices", "invoice_id")
        assert found["back"][0] == "negative_amount"
        assert _verdicts(estate, "stg_billing__invoice_line_items", "line_item_id")["1"][0] == (
            "rejected_invoice"
        )


def test_an_invoice_without_a_usable_line_asks_for_nothing(estate: Estate) -> None:
    """It is rejected, not paid; one without any line has its own reason; a stated amount needs no lines."""
    invoices = [_invoice("unpriced"), _invoice("bare"), _invoice("stated", amount="5.00")]
    lines = [
        _line("1", "unpriced", 10, None),
        _line("2", "unpriced", 1, None, _load_reasons="too_many_decimals:unit_price"),
        _line("3", "stated", 10, None),
    ]
    _run(estate, invoices, lines)
    assert _asked(estate) == {"stated": Decimal("5.00")}
    found = _verdicts(estate, "stg_billing__invoices", "invoice_id")
    assert found["unpriced"] == ("no_usable_lines", "lines_rejected,currency_assumed")
    assert found["bare"] == ("missing_amount", "currency_assumed")
    assert found["stated"] == (None, "currency_assumed")


def test_an_invoice_that_lost_a_line_says_so(estate: Estate) -> None:
    """A copy of a line is not lost, other content under its key is."""
    lines = [
        *(_line("1", "lost", 2, "3.00"), _line("2", "lost", 1, None)),
        *(_line("3", "copied", 2, "3.00"), _line("3", "copied", 2, "3.00")),
        *(_line("4", "contested", 2, "3.00"), _line("4", "contested", 9, "3.00")),
    ]
    _run(estate, [_invoice("lost"), _invoice("copied"), _invoice("contested")], lines)
    assert set(_asked(estate).values()) == {Decimal("6.00")}
    found = _verdicts(estate, "stg_billing__invoices", "invoice_id")
    alerts = {name: alert for name, (_, alert) in found.items()}
    assert alerts == {
        "lost": "lines_rejected,currency_assumed",
        "copied": "currency_assumed",
        "contested": "lines_rejected,currency_assumed",
    }


def test_a_sum_is_that_of_the_lines_that_are_accepted(estate: Estate) -> None:
    """A line's key may be on another invoice as well: the one that stays there counts nowhere else."""
    invoices = [_invoice("derived"), _invoice("stated", amount="8.00")]
    lines = [
        *(_line("1", "stated", 2, "4.00"), _line("1", "derived", 2, "4.00")),
        *(_line("2", "unheard of", 1, "9.00"), _line("2", "derived", 1, "9.00")),
        _line("3", "derived", 1, "0.50"),
    ]
    _run(estate, invoices, lines)
    assert _asked(estate) == {"derived": Decimal("9.50"), "stated": Decimal("8.00")}
    accepted = estate.query(
        "select invoice_id, sum(amount) from core.fct_invoice_lines group by 1 order by 1"
    )
    assert accepted == [("derived", Decimal("9.50")), ("stated", Decimal("8.00"))]


def test_what_money_cannot_hold_is_out_of_range(estate: Estate) -> None:
    """Stated or derived, by one line or by the sum of several; the largest amount allowed is not."""
    most = Decimal("999999999999.99")
    invoices = [
        *(_invoice("most"), _invoice("sum"), _invoice("product")),
        _invoice("stated", amount=most + Decimal("0.01")),
    ]
    lines = [
        *(_line("1", "most", 1, most), _line("2", "sum", 1, most), _line("3", "sum", 1, "0.01")),
        _line("4", "product", "999999999", "999999999.99"),
    ]
    _run(estate, invoices, lines)
    assert _asked(estate) == {"most": most}
    found = _verdicts(estate, "stg_billing__invoices", "invoice_id")
    assert found["sum"][0] == "amount_out_of_range"
    assert found["product"][0] == "no_usable_lines"
    assert found["stated"][0] == "amount_out_of_range"
    assert _verdicts(estate, "stg_billing__invoice_line_items", "line_item_id")["4"][0] == (
        "amount_out_of_range,rejected_invoice"
    )
