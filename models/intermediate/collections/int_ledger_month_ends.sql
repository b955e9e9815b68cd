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
        {%- for bucket in ['not_due', '1_30', '31_60', '61_90', '91_120', 'over_120'] %}
        sum(case when ageing_bucket = '{{ bucket }}' then outstanding_amount else 0 end)
            as ageing_{{ bucket }}{{ ',' if not loop.last }}
        {%- endfor %}
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
        {%- for amount in [
            'closing_balance', 'past_due_amount', 'ageing_not_due', 'ageing_1_30',
            'ageing_31_60', 'ageing_61_90', 'ageing_91_120', 'ageing_over_120',
        ] %}
        cast(coalesce(balances.{{ amount }}, 0) as decimal(18, 2)) as {{ amount }},
        {%- endfor %}
        coalesce(balances.oldest_days_past_due, 0) as oldest_days_past_due
    from months
    left join balances
        on
        months.account_id = balances.account_id
        and months.currency = balances.currency
        and months.month_number = balances.month_number

)

select * from final
