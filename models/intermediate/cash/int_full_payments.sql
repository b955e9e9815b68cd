-- "Payment in full" without an amount pays what is open on its invoice that day. Nothing is open
-- before the invoice is issued: such a payment comes in on the day of issue.

with payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted and amount_paid is null and payment_date <= {{ as_of_date() }}

),

invoices as (

    select * from {{ ref('int_invoices_unioned') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

dated as (

    select
        payments.payment_id,
        invoices.invoice_id,
        invoices.account_id,
        greatest(payments.payment_date, invoices.invoice_date) as payment_date,
        invoices.invoiced_amount
    from payments
    inner join invoices
        on payments.invoice_id = invoices.invoice_id

),

final as (

    select
        dated.payment_id,
        dated.payment_date,
        cast(
            greatest(dated.invoiced_amount - coalesce(sum(credit_notes.amount), 0), 0)
            as decimal(18, 2)
        ) as amount_paid
    from dated
    left join credit_notes
        on
        dated.invoice_id = credit_notes.invoice_id
        and dated.account_id = credit_notes.account_id
        and dated.payment_date >= credit_notes.credit_date
    group by dated.payment_id, dated.payment_date, dated.invoiced_amount

)

select * from final
