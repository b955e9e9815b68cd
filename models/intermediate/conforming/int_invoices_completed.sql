with invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

lines as (

    select * from {{ ref('stg_billing__invoice_line_items') }}
    where is_accepted

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

line_totals as (

    select
        invoice_id,
        cast(sum(amount) as decimal(18, 2)) as lines_amount
    from lines
    where
        invoice_id in (
            select invoices.invoice_id from invoices
            where invoices.amount is null
        )
    group by invoice_id

),

final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        accounts.customer_id,
        invoices.subscription_id,
        invoices.meter_number,
        accounts.line_of_business,
        accounts.cash_application,
        invoices.invoice_date,
        coalesce(
            invoices.due_date,
            {{ day_add(
                'invoices.invoice_date',
                "coalesce(accounts.payment_terms_days, " ~ var('default_payment_terms_days') ~ ")"
            ) }}
        ) as due_date,
        invoices.period_start,
        invoices.period_end,
        coalesce(invoices.amount, line_totals.lines_amount, 0) as invoiced_amount,
        invoices.statement_amount,
        invoices.currency
    from invoices
    inner join accounts
        on invoices.account_id = accounts.account_id
    left join line_totals
        on invoices.invoice_id = line_totals.invoice_id
    -- what is dated after the as-of date does not exist yet
    where invoices.invoice_date <= {{ as_of_date() }}

)

select * from final
