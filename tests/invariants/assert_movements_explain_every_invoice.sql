-- If this fails, some invoice's paid or credited amount does not come from dated movements, and no
-- monthly figure built on movements can agree with it.

with movements as (

    select
        invoice_id,
        sum(case when {{ is_credit('cause') }} then amount else 0 end) as credited_amount,
        sum(case when {{ is_credit('cause') }} then 0 else amount end) as paid_amount
    from {{ ref('fct_cash_movements') }}
    group by invoice_id

)

select
    invoices.invoice_id,
    invoices.paid_amount,
    movements.paid_amount as moved_paid_amount,
    invoices.credited_amount,
    movements.credited_amount as moved_credited_amount
from {{ ref('fct_invoices') }} as invoices
left join movements
    on invoices.invoice_id = movements.invoice_id
where
    invoices.paid_amount != coalesce(movements.paid_amount, 0)
    or invoices.credited_amount != coalesce(movements.credited_amount, 0)
