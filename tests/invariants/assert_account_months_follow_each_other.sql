-- If this fails, a month is missing from the books of an account, opens with another balance than
-- the one before closed with, or the books end before the last month that is over: trends read
-- from them would be wrong.

with months as (

    select
        account_id,
        currency,
        month_end,
        opening_balance,
        lag(month_end) over by_month as month_before,
        lag(closing_balance) over by_month as closed_with,
        lead(month_end) over by_month as month_after
    from {{ ref('fct_account_months') }}
    window by_month as (partition by account_id, currency order by month_end)

)

select *
from months
where
    opening_balance != coalesce(closed_with, 0)
    or (
        month_before is not null
        and {{ day_add('month_before', 1) }} != date_trunc('month', month_end)
    )
    or (
        month_after is null
        and last_day({{ day_add('month_end', 1) }}) <= {{ as_of_date() }}
    )
    or month_end > {{ as_of_date() }}
    or month_end != last_day(month_end)
