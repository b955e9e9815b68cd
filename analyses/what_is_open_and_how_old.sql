-- What do customers owe, by line of business and age?

select
    line_of_business,
    currency,
    ageing_bucket,
    count(*) as invoices,
    sum(outstanding_amount) as outstanding_amount
from {{ ref('fct_invoices') }}
where outstanding_amount > 0
group by line_of_business, currency, ageing_bucket
order by line_of_business, currency, min(days_past_due)
