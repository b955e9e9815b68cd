with flows as (

    select * from {{ ref('int_account_month_flows') }}

),

invoices as (

    select * from {{ ref('int_invoices') }}

),

spells as (

    select * from {{ ref('int_invoice_balance_spells') }}
    where outstanding_amount > 0

),

first_months as (

    select
        account_id,
        currency,
        min(month_number) as first_month
    from flows
    group by account_id, currency

),

spans as (

    select
        *,
        {{ last_closed_month() }} as last_month
    from first_months

),

months as (

    select
        account_id,
        currency,
        {{ each_integer('first_month', 'last_month') }} as month_number
    from spans
    where first_month <= last_month

),

-- a spell holds at the end of its first day's month, and of every month before that of its end
spell_months as (

    select
        invoice_id,
        outstanding_amount,
        {{ month_number('valid_from') }} as first_month,
        least({{ month_number('valid_to') }} - 1, {{ last_closed_month() }}) as last_month
    from spells

),

open_invoices as (

    select
        invoice_id,
        outstanding_amount,
        {{ each_integer('first_month', 'last_month') }} as month_number
    from spell_months
    where first_month <= last_month

),

aged as (

    select
        invoices.account_id,
        invoices.currency,
        open_invoices.month_number,
        open_invoices.outstanding_amount,
        greatest(
            {{ days_from('invoices.due_date', month_end_of('open_invoices.month_number')) }}, 0
        ) as days_past_due
    from open_invoices
    inner join invoices
        on open_invoices.invoice_id = invoices.invoice_id

),

bucketed as (

    select
        *,
        {{ ageing_bucket('days_past_due') }} as ageing_bucket
    from aged

),

{%- set buckets = ['not_due', '1_30', '31_60', '61_90', '91_120', 'over_120'] %}

balances as (

    select
        account_id,
        currency,
        month_number,
        sum(outstanding_amount) as closing_balance,
        sum(case when days_past_due > 0 then outstanding_amount else 0 end) as past_due_amount,
        {% for bucket in buckets -%}
            sum(case when ageing_bucket = '{{ bucket }}' then outstanding_amount else 0 end)
                as ageing_{{ bucket }},
        {% endfor -%}
        max(days_past_due) as oldest_days_past_due
    from bucketed
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
        {% for bucket in buckets -%}
            cast(coalesce(balances.ageing_{{ bucket }}, 0) as decimal(18, 2))
                as ageing_{{ bucket }},
        {% endfor -%}
        coalesce(balances.oldest_days_past_due, 0) as oldest_days_past_due
    from months
    left join balances
        on
        months.account_id = balances.account_id
        and months.currency = balances.currency
        and months.month_number = balances.month_number

)

select * from final
