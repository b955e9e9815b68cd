-- What is billed is judged by the day it is billed for: a bill may be written after the end for
-- service before it.

with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
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
        ) as billing_day
    from invoices
    left join subscriptions
        on invoices.subscription_id = subscriptions.subscription_id

),

-- the billing date in the period's first month, or where that is before the period, in the next
billing_dates as (

    select
        *,
        {{ day_add(
            "cast(date_trunc('month', covers_from) as date)",
            "least(billing_day, cast(extract(day from last_day(covers_from)) as integer)) - 1"
        ) }} as first_month_date,
        {{ day_add(
            "last_day(covers_from)",
            "least(billing_day, cast(extract(day from last_day(" ~ day_add("last_day(covers_from)", 1)
            ~ ")) as integer))"
        ) }} as next_month_date
    from periods

),

billed as (

    select
        *,
        case
            when subscription_id is null
                then least(invoice_date, coalesce(period_end, invoice_date))
            else least(
                case
                    when first_month_date >= covers_from then first_month_date
                    else next_month_date
                end,
                greatest(coalesce(period_end, {{ end_of_time() }}), covers_from)
            )
        end as billed_for
    from billing_dates

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
