-- If this fails, the same unpaid money is counted under two rules, or a case claims more than its
-- invoice still owes.

with claimed as (

    select
        invoice_id,
        sum(amount) as claimed_amount
    from {{ ref('fct_leakage_cases') }}
    where rule in ('zombie', 'leaky_bucket') and status = 'open'
    group by invoice_id

)

select
    claimed.invoice_id,
    claimed.claimed_amount,
    invoices.outstanding_amount
from claimed
inner join {{ ref('fct_invoices') }} as invoices
    on claimed.invoice_id = invoices.invoice_id
where claimed.claimed_amount != invoices.outstanding_amount
