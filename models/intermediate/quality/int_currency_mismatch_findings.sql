with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where
        rejection_reasons like '%currency_mismatch%'
        and kept_key is null
        and payment_id is not null
        and payment_date <= {{ as_of_date() }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

final as (

    select
        'currency_mismatch' as rule,
        'payment' as entity_type,
        payments.payment_id as entity_id,
        payments.account_id,
        payments.invoice_id,
        cast(date_trunc('month', payments.payment_date) as date) as period_start,
        cast(payments.amount_paid as decimal(18, 2)) as amount,
        payments.currency,
        payments.payment_date as found_on,
        concat_ws(
            '; ',
            'paid in ' || payments.currency,
            'invoice ' || payments.invoice_id || ' asks for ' || invoices.currency
        ) as evidence
    from payments
    inner join invoices
        on payments.invoice_id = invoices.invoice_id

)

select * from final
