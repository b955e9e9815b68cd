with invoices as (

    select * from {{ ref('int_invoice_settlement') }}
    where outstanding_amount > 0 and not is_small_balance

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}
    where
        is_accepted
        and opened_on <= {{ as_of_date() }}
        and (resolved_on is null or resolved_on > {{ as_of_date() }})

),

rates as (

    select * from {{ ref('int_recovery_rates') }}

),

-- a dispute that names no amount is about all of its invoice
disputed as (

    select
        invoices.invoice_id,
        least(
            sum(coalesce(disputes.disputed_amount, invoices.outstanding_amount)),
            max(invoices.outstanding_amount)
        ) as disputed_amount
    from disputes
    inner join invoices
        on disputes.invoice_id = invoices.invoice_id
    group by invoices.invoice_id

),

final as (

    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.currency,
        invoices.days_past_due,
        invoices.ageing_bucket,
        invoices.outstanding_amount,
        cast(coalesce(disputed.disputed_amount, 0) as decimal(18, 2)) as disputed_amount,
        cast(
            invoices.outstanding_amount - coalesce(disputed.disputed_amount, 0) as decimal(18, 2)
        ) as dunned_amount,
        coalesce(rates.recovery_rate, 1) as recovery_rate,
        cast(
            cast(
                invoices.outstanding_amount - coalesce(disputed.disputed_amount, 0)
                as decimal(28, 2)
            ) * cast(coalesce(rates.recovery_rate, 1) as decimal(9, 6)) as decimal(18, 2)
        ) as expected_recoverable_value
    from invoices
    left join disputed
        on invoices.invoice_id = disputed.invoice_id
    left join rates
        on
        invoices.line_of_business = rates.line_of_business
        and invoices.currency = rates.currency
        and invoices.ageing_bucket = rates.ageing_bucket

)

select * from final
