with invoices as (

    select * from {{ ref('int_invoices') }}

),

spells as (

    select * from {{ ref('int_invoice_balance_spells') }}

),

-- a spell holds at the end of its first day's month, and of every month before that of its end
open_spells as (

    select
        invoice_id,
        outstanding_amount,
        {{ month_number('valid_from') }} as first_month,
        least({{ month_number('valid_to') }} - 1, {{ last_closed_month() }}) as last_month
    from spells
    where outstanding_amount > 0

),

months as (

    select
        invoice_id,
        outstanding_amount,
        {{ each_integer('first_month', 'last_month') }} as month_number
    from open_spells
    where first_month <= last_month

),

dated as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.currency,
        invoices.due_date,
        cast(months.month_number as integer) as month_number,
        {{ month_end_of('months.month_number') }} as month_end,
        months.outstanding_amount
    from months
    inner join invoices
        on months.invoice_id = invoices.invoice_id

),

aged as (

    select
        *,
        greatest({{ days_from('due_date', 'month_end') }}, 0) as days_past_due
    from dated

),

final as (

    select
        invoice_id,
        month_number,
        month_end,
        account_id,
        currency,
        outstanding_amount,
        days_past_due,
        {{ ageing_bucket('days_past_due') }} as ageing_bucket
    from aged

)

select * from final
