-- A charge is judged by the day it is billed for: a bill may be issued after the end for service
-- before it.

with invoices as (

    select * from {{ ref('int_invoices_enriched') }}
    where invoiced_amount > 0

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}
    where is_accepted

),

periods as (

    select
        invoices.*,
        coalesce(
            invoices.period_start, cast(date_trunc('month', invoices.invoice_date) as date)
        ) as covers_from,
        coalesce(
            subscriptions.billing_day,
            cast(
                extract(day from coalesce(invoices.period_start, invoices.invoice_date)) as integer
            )
        ) as billing_day,
        subscriptions.billed
    from invoices
    left join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id

),

billed as (

    select
        *,
        case
            when subscription_id is null
                then least(invoice_date, coalesce(period_end, invoice_date))
            -- service of a period billed in arrears is owed from its first day
            when billed = 'in_arrears' then covers_from
            -- the first billing date in the period
            else least(
                {{ first_billing_date('covers_from', 'billing_day') }},
                greatest(coalesce(period_end, {{ end_of_time() }}), covers_from)
            )
        end as billed_for
    from periods

),

final as (

    select
        invoice_id,
        account_id,
        subscription_id,
        invoice_date,
        covers_from,
        billed_for,
        invoiced_amount,
        currency
    from billed

)

select * from final
