with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
    where cash_application = 'open_item'

),

payments as (

    select * from {{ ref('int_payments') }}
    where is_own_invoice

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}
    where is_accepted

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

events as (

    select
        invoice_id,
        invoice_date as event_on,
        1 as event_order,
        'issue' as cause,
        invoice_id as source_id,
        invoiced_amount,
        0 as credit_amount,
        0 as cash_amount
    from invoices

    union all

    select
        invoice_id,
        credit_date as event_on,
        2 as event_order,
        'credit_note' as cause,
        credit_note_id as source_id,
        0 as invoiced_amount,
        amount as credit_amount,
        0 as cash_amount
    from credit_notes
    where credit_date <= {{ as_of_date() }}

    union all

    select
        invoice_id,
        payment_date as event_on,
        3 as event_order,
        'payment' as cause,
        payment_id as source_id,
        0 as invoiced_amount,
        0 as credit_amount,
        amount_paid as cash_amount
    from payments

    union all

    select
        payments.invoice_id,
        refunds.refund_date as event_on,
        4 as event_order,
        refunds.refund_kind as cause,
        refunds.refund_id as source_id,
        0 as invoiced_amount,
        0 as credit_amount,
        -refunds.amount as cash_amount
    from refunds
    inner join payments
        on refunds.payment_id = payments.payment_id
    where refunds.refund_date <= {{ as_of_date() }}

),

final as (

    select
        events.invoice_id,
        invoices.account_id,
        invoices.currency,
        events.event_on,
        events.event_order,
        events.cause,
        events.source_id,
        cast(events.invoiced_amount as decimal(18, 2)) as invoiced_amount,
        cast(events.credit_amount as decimal(18, 2)) as credit_amount,
        cast(events.cash_amount as decimal(18, 2)) as cash_amount
    from events
    inner join invoices
        on events.invoice_id = invoices.invoice_id

)

select * from final
