-- If this fails, over-billing is counted as leaked money, or the other way round: the open amounts
-- of the last month, by direction and currency, are not those of the open cases.

with monthly as (

    select
        direction,
        currency,
        sum(open_amount) as open_amount
    from {{ ref('fct_leakage_monthly') }}
    where month_start = cast(date_trunc('month', {{ as_of_date() }}) as date)
    group by direction, currency

),

cases as (

    select
        direction,
        currency,
        sum(amount) as open_amount
    from {{ ref('fct_leakage_cases') }}
    where status = 'open'
    group by direction, currency

)

select
    coalesce(monthly.direction, cases.direction) as direction,
    coalesce(monthly.currency, cases.currency) as currency,
    monthly.open_amount as monthly_open_amount,
    cases.open_amount as cases_open_amount
from monthly
full outer join cases
    on monthly.direction = cases.direction and monthly.currency = cases.currency
where coalesce(monthly.open_amount, 0) != coalesce(cases.open_amount, 0)
