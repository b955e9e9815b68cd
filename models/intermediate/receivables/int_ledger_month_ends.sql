with flows as (

    select * from {{ ref('int_ledger_month_flows') }}

),

open_invoices as (

    select * from {{ ref('int_open_invoice_month_ends') }}

),

first_months as (

    select
        account_id,
        currency,
        min(month_number) as first_month
    from flows
    group by account_id, currency

),

lives as (

    select
        account_id,
        currency,
        first_month,
        {{ last_closed_month() }} as last_month
    from first_months

),

months as (

    select
        account_id,
        currency,
        {{ each_integer('first_month', 'last_month') }} as month_number
    from lives
    where first_month <= last_month

),

balances as (

    select
        account_id,
        currency,
        month_number,
        sum(outstanding_amount) as closing_balance,
        sum(case when days_past_due > 0 then outstanding_amount else 0 end) as past_due_amount,
        max(days_past_due) as oldest_days_past_due,
        sum(case when ageing_bucket = 'not_due' then outstanding_amount else 0 end)
            as ageing_not_due,
        sum(case when ageing_bucket = '1_30' then outstanding_amount else 0 end)
            as ageing_1_30,
        sum(case when ageing_bucket = '31_60' then outstanding_amount else 0 end)
            as ageing_31_60,
        sum(case when ageing_bucket = '61_90' then outstanding_amount else 0 end)
            as ageing_61_90,
        sum(case when ageing_bucket = '91_120' then outstanding_amount else 0 end)
            as ageing_91_120,
        sum(case when ageing_bucket = 'over_120' then outstanding_amount else 0 end)
            as ageing_over_120
    from open_invoices
    group by account_id, currency, month_number

),

-- a month in which nothing is open has a row, too
final as (

    select
        months.account_id,
        months.currency,
        cast(months.month_number as integer) as month_number,
        {{ month_end_of('months.month_number') }} as month_end,
        cast(coalesce(balances.closing_balance, 0) as decimal(18, 2)) as closing_balance,
        cast(coalesce(balances.past_due_amount, 0) as decimal(18, 2)) as past_due_amount,
        cast(coalesce(balances.ageing_not_due, 0) as decimal(18, 2)) as ageing_not_due,
        cast(coalesce(balances.ageing_1_30, 0) as decimal(18, 2)) as ageing_1_30,
        cast(coalesce(balances.ageing_31_60, 0) as decimal(18, 2)) as ageing_31_60,
        cast(coalesce(balances.ageing_61_90, 0) as decimal(18, 2)) as ageing_61_90,
        cast(coalesce(balances.ageing_91_120, 0) as decimal(18, 2)) as ageing_91_120,
        cast(coalesce(balances.ageing_over_120, 0) as decimal(18, 2)) as ageing_over_120,
        coalesce(balances.oldest_days_past_due, 0) as oldest_days_past_due
    from months
    left join balances
        on
        months.account_id = balances.account_id
        and months.currency = balances.currency
        and months.month_number = balances.month_number

)

select * from final
