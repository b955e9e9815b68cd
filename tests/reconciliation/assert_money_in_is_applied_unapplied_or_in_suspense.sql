-- If this fails, accepted money was lost on its way, or counted twice: over the whole of each
-- currency, what came in and did not go back is applied to invoices, held unapplied by an account,
-- or in suspense because its owner is unknown.

with came_in as (

    -- what a payment in full is worth is not in the row that came in
    select
        staged.currency,
        sum(coalesce(staged.amount_paid, payments.amount_paid, 0)) as received_amount,
        sum(payments.reversed_amount) as reversed_amount
    from {{ ref('stg_payments__payments') }} as staged
    left join {{ ref('fct_payments') }} as payments
        on staged.payment_id = payments.payment_id
    where staged.is_accepted and staged.payment_date <= {{ as_of_date() }}
    group by staged.currency

),

applied as (

    select
        currency,
        sum(paid_amount) as applied_amount
    from {{ ref('fct_invoices') }}
    group by currency

),

waiting as (

    select
        currency,
        sum(case when is_suspense then 0 else unapplied_cash_amount end) as unapplied_amount,
        sum(case when is_suspense then unapplied_cash_amount else 0 end) as suspense_amount
    from {{ ref('fct_unapplied_cash') }}
    group by currency

)

select
    coalesce(came_in.currency, applied.currency, waiting.currency) as currency,
    came_in.received_amount,
    came_in.reversed_amount,
    applied.applied_amount,
    waiting.unapplied_amount,
    waiting.suspense_amount
from came_in
full outer join applied
    on came_in.currency = applied.currency
full outer join waiting
    on coalesce(came_in.currency, applied.currency) = waiting.currency
where
    coalesce(came_in.received_amount, 0) - coalesce(came_in.reversed_amount, 0)
    != coalesce(applied.applied_amount, 0)
    + coalesce(waiting.unapplied_amount, 0)
    + coalesce(waiting.suspense_amount, 0)
