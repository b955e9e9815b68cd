"""What must hold of every extract: it is published, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.python.warehouse.compiled_estate import ModelFailedError

if TYPE_CHECKING:
    from tests.python.warehouse.any_extract import Extract
    from tests.python.warehouse.compiled_estate import Estate

# What staging made of the rows of each raw table.
JUDGED = """
    select source_table, sum(rows_in), sum(rows_accepted), sum(rows_rejected)
    from data_quality.fct_source_rows
    group by source_table
"""

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
class Failure:
    """Why an extract is not published: the model or the tests that say so, and what they say."""

    kind: str
    said: str


@dataclass(frozen=True)
class Judged:
    """How many rows of a table were accepted, and how many rejected."""

    accepted: int
    rejected: int


def published(estate: Estate, extract: Extract) -> tuple[Failure | None, dict[str, Judged]]:
    """Make every model of an extract, hold every data test, and count rows and money in and out.

    Args:
        estate: All compiled models and data tests.
        extract: What is delivered.

    Returns:
        What failed first, None where nothing did; and what became of the rows, by raw table: empty
        where a model or a data test failed.
    """
    try:
        estate.run(extract.rows, extract.as_of, extracted_on=extract.extracted_on)
    except ModelFailedError as error:
        return Failure(str(error).partition(":")[0], str(error)), {}
    broken = estate.broken()
    if broken:
        return Failure(", ".join(test.test for test in broken), repr(broken)), {}
    counts = estate.query(JUDGED)
    judged = {table: Judged(accepted, rejected) for table, _, accepted, rejected in counts}
    money = estate.query(MONEY)
    if money:
        return Failure("money", f"currency, in, out: {money!r}"), judged
    uncounted = [
        each
        for each in counts
        if not each[1] == each[2] + each[3] == len(extract.rows.get(each[0], ()))
    ]
    if uncounted:
        said = f"table, rows in, accepted, rejected: {uncounted!r}"
        return Failure("rows", said), judged
    return None, judged


def fails_like(estate: Estate, kind: str, extract: Extract) -> bool:
    """Whether an extract fails, and in this way."""
    failure, _ = published(estate, extract)
    return failure is not None and failure.kind == kind
