-- If this fails, an invoice holds cash that no payment brought it, or a payment claims to settle
-- what is open: per open-item invoice, and per balance-forward account, both sides give the same
-- amount.

with applied as (

    select
        cash_application,
        pool_id,
        sum(applied_amount) as applied_amount
    from {{ ref('int_payment_applications') }}
    group by cash_application, pool_id

),

held as (

    select
        cash_application,
        case when cash_application = 'open_item' then invoice_id else account_id end as pool_id,
        sum(paid_amount) as held_amount
    from {{ ref('int_invoice_settlement') }}
    group by
        cash_application,
        case when cash_application = 'open_item' then invoice_id else account_id end

)

select
    coalesce(applied.cash_application, held.cash_application) as cash_application,
    coalesce(applied.pool_id, held.pool_id) as pool_id,
    applied.applied_amount,
    held.held_amount
from applied
full outer join held
    on applied.cash_application = held.cash_application and applied.pool_id = held.pool_id
where coalesce(applied.applied_amount, 0) != coalesce(held.held_amount, 0)
