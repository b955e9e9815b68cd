"""Articles and plans without a table of their own: whatever names them builds, and says that they are unknown."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.python.warehouse.compiled_estate import Estate

DAY = date(2024, 6, 30)
LINES: Mapping[str, Sequence[Mapping[str, object]]] = {
    "raw_billing.invoices": [
        {"invoice_id": "I", "account_id": "K", "invoice_date": "2024-01-05", "amount": "7.50"}
    ],
    "raw_billing.invoice_line_items": [
        {
            "line_item_id": "1",
            "invoice_id": "I",
            "sku_id": "PEAR",
            "quantity": 3,
            "unit_price": "2",
        },
        {"line_item_id": "2", "invoice_id": "I", "quantity": 1, "unit_price": "1.50"},
    ],
}


def _alerts(estate: Estate) -> set[tuple[str, str]]:
    rows = estate.query("select row_key, alert from data_quality.fct_row_alerts")
    return {(key, alert) for key, alert in rows if key in {"1", "2", "PEAR", "gold"}}


def test_an_article_that_only_lines_name_is_a_stub(estate: Estate) -> None:
    """With an alert on the article and on its line; none where the article has a row of its own."""
    estate.run(LINES, DAY)
    assert estate.broken() == []
    assert estate.query("select sku_id, unit_price, is_stub from core.dim_skus") == [
        ("PEAR", None, True)
    ]
    assert _alerts(estate) == {("PEAR", "stub_created"), ("1", "unknown_sku")}

    estate.run({**LINES, "raw_billing.skus": [{"sku_id": "PEAR"}]}, DAY)
    assert estate.broken() == []
    assert estate.query("select sku_id, is_stub from core.dim_skus") == [("PEAR", False)]
    assert _alerts(estate) == set()


def test_an_article_whose_row_is_rejected_is_a_stub(estate: Estate) -> None:
    """Its line was delivered, whatever is wrong with the article."""
    estate.run({**LINES, "raw_billing.skus": [{"sku_id": "PEAR", "unit_price": "-1"}]}, DAY)
    assert estate.broken() == []
    assert estate.query("select sku_id, is_stub from core.dim_skus") == [("PEAR", True)]


def test_a_plan_is_a_stub_whoever_names_it(estate: Estate) -> None:
    """Subscriptions, contracts, price books and the change feed, each alone."""
    change = {
        "event_id": "1",
        "source_table": "raw_billing.subscriptions",
        "op": "c",
        "entity_key": "S",
        "source_ts": "2024-01-01 00:00:00",
        "after": '{"plan_id": "gold"}',
    }
    named: Mapping[str, Mapping[str, object]] = {
        "raw_billing.subscriptions": {"subscription_id": "S", "account_id": "K", "plan_id": "gold"},
        "raw_billing.contracts": {"contract_id": "1", "account_id": "K", "plan_id": "gold"},
        "raw_billing.price_books": {"plan_id": "gold", "unit_price": "9"},
        "raw_cdc.change_events": change,
    }
    for table, row in named.items():
        estate.run({table: [row]}, DAY)
        assert estate.broken() == []
        plans = estate.query("select plan_id, monthly_price, is_stub from core.dim_plans")
        assert plans == [("gold", None, True)], table
        assert ("gold", "stub_created") in _alerts(estate), table
