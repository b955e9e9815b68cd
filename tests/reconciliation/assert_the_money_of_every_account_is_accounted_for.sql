-- If this fails, money was lost or created between what came in and what invoices hold. Per account
-- and currency, applied + unapplied = received + credited - reversed: the left side from movements
-- and payments, the right side from the receipts, reversals and credit notes themselves.
-- Money of unknown origin is an account of its own here.

with told as (

    select
        account_id,
        currency,
        amount as applied_amount,
        0 as unapplied_amount
    from {{ ref('fct_cash_movements') }}

    union all

    select
        account_id,
        currency,
        0 as applied_amount,
        unapplied_amount
    from {{ ref('fct_payments') }}

),

books as (

    select
        account_id,
        currency,
        sum(applied_amount) as applied_amount,
        sum(unapplied_amount) as unapplied_amount
    from told
    group by account_id, currency

)

select
    coalesce(books.account_id, balances.account_id) as account_id,
    coalesce(books.currency, balances.currency) as currency,
    books.applied_amount,
    books.unapplied_amount,
    balances.received_amount,
    balances.credit_note_amount,
    balances.credited_amount,
    balances.reversed_amount
from books
full outer join {{ ref('int_account_balances') }} as balances
    on
    books.account_id is not distinct from balances.account_id
    and books.currency = balances.currency
where
    coalesce(books.applied_amount + books.unapplied_amount, 0)
    is distinct from
    balances.received_amount + balances.credited_amount - balances.reversed_amount
    or balances.credited_amount > balances.credit_note_amount + balances.refund_credit_amount
    or coalesce(books.unapplied_amount, 0) is distinct from balances.unapplied_cash_amount
