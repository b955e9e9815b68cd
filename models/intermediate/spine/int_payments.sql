with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

visible as (

    select * from payments
    where payment_date <= {{ as_of_date() }}

),

-- "payment in full" without an amount pays what its invoice asks for that day
credited_before_full_payment as (

    select
        visible.payment_id,
        sum(credit_notes.amount) as credited_amount
    from visible
    inner join credit_notes
        on
        visible.invoice_id = credit_notes.invoice_id
        and visible.payment_date >= credit_notes.credit_date
    where visible.amount_paid is null
    group by visible.payment_id

),

final as (

    select
        visible.payment_id,
        visible.account_id,
        visible.invoice_id,
        invoices.account_id = visible.account_id as is_own_invoice,
        visible.payment_date,
        cast(
            coalesce(
                visible.amount_paid,
                greatest(
                    invoices.invoiced_amount
                    - coalesce(credited_before_full_payment.credited_amount, 0),
                    0
                ),
                0
            ) as decimal(18, 2)
        ) as amount_paid,
        visible.currency,
        visible.method
    from visible
    left join invoices
        on visible.invoice_id = invoices.invoice_id
    left join credited_before_full_payment
        on visible.payment_id = credited_before_full_payment.payment_id

)

select * from final
