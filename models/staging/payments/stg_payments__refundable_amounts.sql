-- What a reversal that names an invoice and no payment may take back: what its account had paid for
-- the invoice by that day, less what reversals take of those payments by their own names; where it
-- had paid nothing for it, what it had paid without naming an invoice.

with source as (

    select * from {{ source('raw_payments', 'refunds') }}

),

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where is_accepted

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}
    where is_accepted

),

named_invoices as (

    select
        source.invoice_id,
        source.refund_date,
        invoices.account_id,
        invoices.currency
    from source
    inner join invoices
        on source.invoice_id = invoices.invoice_id
    where source.payment_id is null
    group by source.invoice_id, source.refund_date, invoices.account_id, invoices.currency

),

-- a copy takes nothing, and neither does a row that says too little to be accepted
told as (

    select
        refund_id,
        payment_id,
        refund_date,
        amount
    from source
    where
        refund_id is not null
        and refund_date is not null
        and amount >= 0
        and _load_reasons is null
    group by refund_id, payment_id, refund_date, amount

),

by_payment as (

    select
        told.payment_id,
        told.amount,
        payments.amount_paid,
        sum(told.amount) over (
            partition by told.payment_id
            order by told.refund_date, told.refund_id, told.amount
            rows between unbounded preceding and current row
        ) as taken_to_date
    from told
    inner join payments
        on told.payment_id = payments.payment_id and told.amount <= payments.amount_paid

),

taken_by_payment as (

    select
        payment_id,
        sum(amount) as amount
    from by_payment
    where taken_to_date <= amount_paid
    group by payment_id

),

takeable as (

    select
        payments.account_id,
        payments.currency,
        payments.invoice_id,
        payments.payment_date,
        case
            when payments.amount_paid is not null
                then greatest(payments.amount_paid - coalesce(taken_by_payment.amount, 0), 0)
        end as amount
    from payments
    left join taken_by_payment
        on payments.payment_id = taken_by_payment.payment_id
    where payments.account_id in (select named_invoices.account_id from named_invoices)

),

came_in as (

    select
        named_invoices.invoice_id,
        named_invoices.refund_date,
        coalesce(bool_or(takeable.invoice_id is not null), false) as is_paid_by_name,
        sum(takeable.amount) filter (where takeable.invoice_id is not null) as named_amount,
        sum(takeable.amount) filter (where takeable.invoice_id is null) as unnamed_amount,
        bool_or(takeable.invoice_id is not null and takeable.amount is null) as is_unpriced
    from named_invoices
    left join takeable
        on
        named_invoices.account_id = takeable.account_id
        and named_invoices.currency = takeable.currency
        and named_invoices.refund_date >= takeable.payment_date
        and coalesce(named_invoices.invoice_id = takeable.invoice_id, true)
    group by named_invoices.invoice_id, named_invoices.refund_date

),

final as (

    select
        invoice_id,
        refund_date,
        case when is_paid_by_name then 'invoice' else 'account' end as taken_from,
        -- a payment in full has no amount yet
        case
            when is_unpriced then null
            when is_paid_by_name then coalesce(named_amount, 0)
            else coalesce(unnamed_amount, 0)
        end as takeable_amount
    from came_in

)

select * from final
