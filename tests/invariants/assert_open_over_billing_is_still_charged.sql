-- If this fails, a case of over-billing claims another amount than settlement says its invoice
-- still charges, so a credit was missed or counted twice. Open item only: a balance-forward
-- account's credits fall on its oldest invoice, whatever they correct.

with claimed as (

    select
        invoice_id,
        sum(amount) as claimed_amount
    from {{ ref('fct_leakage_cases') }}
    where rule in ('duplicate_invoice', 'billed_after_cancel') and status = 'open'
    group by invoice_id

)

select
    claimed.invoice_id,
    claimed.claimed_amount,
    invoices.net_due_amount
from claimed
inner join {{ ref('int_invoice_settlement') }} as invoices
    on claimed.invoice_id = invoices.invoice_id
where
    invoices.cash_application = 'open_item'
    and claimed.claimed_amount != invoices.net_due_amount
