"""What must hold of every extract: it is published, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.python.warehouse.any_extract import Extract
    from tests.python.warehouse.compiled_estate import Estate

# What went in and what became of it, by currency; a payment in full is worth what it was applied with.
MONEY = """
    with paid as (
        select currency, amount_paid, reversed_amount, applied_amount, unapplied_amount
        from core.fct_payments
    ),

    accepted as (
        select payments.currency, payments.amount_paid
        from staging.stg_payments__payments as payments
        cross join intermediate.int_as_of_date as as_of
        where payments.is_accepted and payments.amount_paid is not null
            and payments.payment_date <= as_of.as_of_date
        union all
        select paid.currency, paid.amount_paid
        from core.fct_payments as paid
        inner join staging.stg_payments__payments as payments
            on paid.payment_id = payments.payment_id
        where payments.is_accepted and payments.amount_paid is null
    )

    select
        coalesce(i.currency, o.currency) as currency,
        coalesce(i.amount, 0) as money_in,
        coalesce(o.amount, 0) as money_out
    from (select currency, sum(amount_paid) as amount from accepted group by currency) as i
    full join (
        select currency, sum(applied_amount + unapplied_amount + reversed_amount) as amount
        from paid group by currency
    ) as o using (currency)
    where coalesce(i.amount, 0) != coalesce(o.amount, 0)
"""


@dataclass(frozen=True)
class Judged:
    """How many rows of a table were accepted, and how many rejected."""

    accepted: int
    rejected: int


def publish_in_memory(estate: Estate, extract: Extract) -> dict[str, Judged]:
    """Make every model of an extract, hold every data test, and count rows and money in and out.

    Args:
        estate: All compiled models and data tests.
        extract: What is delivered.

    Returns:
        What became of the rows, by raw table.

    Raises:
        AssertionError: If a data test does not hold, or rows or money are lost.
        ModelFailedError: If a model cannot be made.
    """
    estate.run(extract.rows, extract.as_of, extracted_on=extract.extracted_on)
    broken = estate.broken()
    assert broken == [], broken
    judged = estate.query(
        "select source_table, sum(rows_in), sum(rows_accepted), sum(rows_rejected)"
        " from data_quality.fct_source_rows group by all"
    )
    for table, rows_in, accepted, rejected in judged:
        delivered = len(extract.rows.get(table, ()))
        assert rows_in == accepted + rejected == delivered, (
            f"{table}: {delivered} delivered, {rows_in} in, {accepted} accepted, {rejected} rejected"
        )
    lost = estate.query(MONEY)
    assert lost == [], f"money in and out differ (currency, in, out): {lost}"
    return {table: Judged(accepted, rejected) for table, _, accepted, rejected in judged}
