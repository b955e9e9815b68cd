-- How old are receivables, month by month? In whole units of the currency, latest month first.

select
    month_end,
    line_of_business,
    currency,
    cast(sum(ageing_not_due) as bigint) as not_due,
    cast(sum(ageing_1_30 + ageing_31_60) as bigint) as past_due_to_60,
    cast(sum(ageing_61_90 + ageing_91_120 + ageing_over_120) as bigint) as past_due_over_60
from {{ ref('fct_account_months') }}
group by month_end, line_of_business, currency
order by month_end desc, line_of_business asc, currency asc
