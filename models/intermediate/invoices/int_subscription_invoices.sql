with invoices as (

    select * from {{ ref('int_invoices_completed') }}
    where line_of_business = 'subscription'

),

invoice_subscriptions as (

    select * from {{ ref('int_invoice_subscriptions') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

-- an invoice for several subscriptions belongs to none of them alone
told_by_lines as (

    select
        invoice_id,
        case when count(*) = 1 then min(subscription_id) end as subscription_id
    from invoice_subscriptions
    group by invoice_id

),

-- one without evidence, when no subscription was active, can only be for the one its account had
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
        case
            when invoices.subscription_id is not null then invoices.subscription_id
            when told_by_lines.invoice_id is not null then told_by_lines.subscription_id
            else only_subscriptions.subscription_id
        end as subscription_id,
        invoices.meter_number,
        invoices.line_of_business,
        invoices.cash_application,
        invoices.invoice_date,
        invoices.due_date,
        invoices.period_start,
        invoices.period_end,
        invoices.invoiced_amount,
        invoices.statement_amount,
        invoices.currency
    from invoices
    left join told_by_lines
        on invoices.invoice_id = told_by_lines.invoice_id
    left join only_subscriptions
        on invoices.account_id = only_subscriptions.account_id

)

select * from final
