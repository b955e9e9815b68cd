-- If this fails, an invoice that was accepted and issued by the as-of date is missing from the
-- mart, or is there twice.

with accepted as (

    select
        currency,
        count(*) as invoices_count,
        sum(amount) filter (where amount is not null) as amount
    from {{ ref('stg_billing__invoices') }}
    where is_accepted and invoice_date <= {{ as_of_date() }}
    group by currency

),

reported as (

    select
        invoices.currency,
        count(*) as invoices_count,
        sum(invoices.invoiced_amount) filter (where staged.amount is not null) as amount
    from {{ ref('fct_invoices') }} as invoices
    inner join {{ ref('stg_billing__invoices') }} as staged
        on invoices.invoice_id = staged.invoice_id and staged.is_accepted
    group by invoices.currency

)

select
    coalesce(accepted.currency, reported.currency) as currency,
    accepted.invoices_count,
    reported.invoices_count as reported_count
from accepted
full outer join reported
    on accepted.currency = reported.currency
where
    accepted.invoices_count is distinct from reported.invoices_count
    or accepted.amount is distinct from reported.amount
