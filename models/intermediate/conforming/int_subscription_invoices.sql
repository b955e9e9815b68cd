with invoices as (

    select * from {{ ref('int_invoices_completed') }}
    where line_of_business = 'subscription'

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

-- an invoice that names no subscription can only be for the one its account has
only_subscriptions as (

    select
        account_id,
        min(subscription_id) as subscription_id
    from subscriptions
    group by account_id
    having count(*) = 1

),

final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.customer_id,
        coalesce(invoices.subscription_id, only_subscriptions.subscription_id) as subscription_id,
        invoices.meter_number,
        invoices.line_of_business,
        invoices.cash_application,
        invoices.invoice_date,
        invoices.due_date,
        coalesce(invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date))
            as period_start,
        coalesce(
            invoices.period_end, last_day(coalesce(invoices.period_start, invoices.invoice_date))
        ) as period_end,
        invoices.invoiced_amount,
        invoices.statement_amount,
        invoices.currency
    from invoices
    left join only_subscriptions
        on invoices.account_id = only_subscriptions.account_id

)

select * from final
