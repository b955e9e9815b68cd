-- If this fails, money was applied to invoices that no payment of the account brought in, or the
-- other way round: per account and currency, what the payments say they settle is what the invoices
-- say they hold.

with applied as (

    select
        account_id,
        currency,
        sum(applied_amount) as applied_amount
    from {{ ref('fct_payments') }}
    group by account_id, currency

),

held as (

    select
        account_id,
        currency,
        sum(paid_amount) as held_amount
    from {{ ref('fct_invoices') }}
    group by account_id, currency

)

select
    coalesce(applied.account_id, held.account_id) as account_id,
    coalesce(applied.currency, held.currency) as currency,
    applied.applied_amount,
    held.held_amount
from applied
full outer join held
    on applied.account_id = held.account_id and applied.currency = held.currency
where coalesce(applied.applied_amount, 0) != coalesce(held.held_amount, 0)
