with invoices as (

    select * from {{ ref('int_invoices') }}
    where cash_application = 'open_item'

),

payments as (

    select * from {{ ref('int_payments') }}
    where cash_application = 'open_item' and is_own_invoice and not is_split

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}
    where cash_application = 'open_item' and invoice_id is not null and not is_split

),

parts as (

    select * from {{ ref('int_payment_parts') }}
    where invoice_id is not null and amount != 0

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted and credit_date <= {{ as_of_date() }}

),

final as (

    -- a credit note on another account's invoice stays with its own account
    select
        invoices.invoice_id,
        invoices.account_id,
        invoices.currency,
        credit_notes.credit_date as event_on,
        2 as event_order,
        'credit_note' as cause,
        credit_notes.credit_note_id as source_id,
        cast(credit_notes.amount as decimal(18, 2)) as credit_amount,
        cast(0 as decimal(18, 2)) as cash_amount
    from credit_notes
    inner join invoices
        on
        credit_notes.invoice_id = invoices.invoice_id
        and credit_notes.account_id = invoices.account_id

    union all

    select
        invoice_id,
        account_id,
        currency,
        payment_date as event_on,
        3 as event_order,
        'payment' as cause,
        payment_id as source_id,
        cast(0 as decimal(18, 2)) as credit_amount,
        amount_paid as cash_amount
    from payments

    union all

    select
        invoice_id,
        account_id,
        currency,
        part_on as event_on,
        case when cause in ('payment', 'unapplied_cash') then 3 else 4 end as event_order,
        cause,
        source_id,
        cast(0 as decimal(18, 2)) as credit_amount,
        amount as cash_amount
    from parts

    union all

    select
        invoice_id,
        account_id,
        currency,
        reversed_on as event_on,
        4 as event_order,
        cause,
        refund_id as source_id,
        cast(0 as decimal(18, 2)) as credit_amount,
        cast(-sum(amount) as decimal(18, 2)) as cash_amount
    from reversals
    group by invoice_id, account_id, currency, reversed_on, cause, refund_id

)

select * from final
