-- Long because of its sources: invoices, payments, reversals and credit notes are added up side by
-- side, so that applied and unapplied amounts come from the same sums.

with settlement as (

    select * from {{ ref('int_invoice_settlement') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

reversals as (

    select * from {{ ref('int_payment_reversals') }}

),

credit_notes as (

    select * from {{ ref('stg_billing__credit_notes') }}
    where is_accepted

),

open_item_refunds as (

    select * from {{ ref('int_open_item_movements') }}
    where cause = 'refund'

),

balance_forward_refunds as (

    select * from {{ ref('int_account_refunds') }}

),

invoiced as (

    select
        account_id,
        currency,
        sum(paid_amount) as applied_amount,
        sum(credited_amount) as credited_amount,
        sum(outstanding_amount) as outstanding_amount,
        sum(case when outstanding_amount > 0 then 1 else 0 end) as open_invoice_count,
        min(case when outstanding_amount > 0 then due_date end) as oldest_due_date
    from settlement
    group by account_id, currency

),

money as (

    select
        account_id,
        currency,
        amount_paid as received_amount,
        0 as reversed_amount,
        0 as credit_note_amount,
        0 as refund_credit_amount
    from payments

    union all

    select
        account_id,
        currency,
        0 as received_amount,
        amount as reversed_amount,
        0 as credit_note_amount,
        0 as refund_credit_amount
    from reversals

    union all

    select
        account_id,
        currency,
        0 as received_amount,
        0 as reversed_amount,
        amount as credit_note_amount,
        0 as refund_credit_amount
    from credit_notes
    where credit_date <= {{ as_of_date() }}

    union all

    select
        account_id,
        currency,
        0 as received_amount,
        0 as reversed_amount,
        0 as credit_note_amount,
        amount as refund_credit_amount
    from open_item_refunds

    union all

    -- a credit note that documents a refund replaces it
    select
        account_id,
        currency,
        0 as received_amount,
        0 as reversed_amount,
        0 as credit_note_amount,
        case when cause = 'refund' then credited_amount else -taken_amount end
            as refund_credit_amount
    from balance_forward_refunds

),

received as (

    select
        account_id,
        currency,
        sum(received_amount) as received_amount,
        sum(reversed_amount) as reversed_amount,
        sum(credit_note_amount) as credit_note_amount,
        sum(refund_credit_amount) as refund_credit_amount
    from money
    group by account_id, currency

),

amounts as (

    select
        coalesce(invoiced.account_id, received.account_id) as account_id,
        coalesce(invoiced.currency, received.currency) as currency,
        coalesce(received.received_amount, 0) as received_amount,
        coalesce(received.reversed_amount, 0) as reversed_amount,
        coalesce(received.credit_note_amount, 0) as credit_note_amount,
        coalesce(received.refund_credit_amount, 0) as refund_credit_amount,
        coalesce(invoiced.applied_amount, 0) as applied_amount,
        coalesce(invoiced.credited_amount, 0) as credited_amount,
        coalesce(invoiced.outstanding_amount, 0) as outstanding_amount,
        coalesce(invoiced.open_invoice_count, 0) as open_invoice_count,
        invoiced.oldest_due_date
    from invoiced
    full outer join received
        on invoiced.account_id = received.account_id and invoiced.currency = received.currency

),

final as (

    select
        account_id,
        currency,
        cast(received_amount as decimal(18, 2)) as received_amount,
        cast(reversed_amount as decimal(18, 2)) as reversed_amount,
        cast(credit_note_amount as decimal(18, 2)) as credit_note_amount,
        cast(refund_credit_amount as decimal(18, 2)) as refund_credit_amount,
        cast(applied_amount as decimal(18, 2)) as applied_amount,
        cast(credited_amount as decimal(18, 2)) as credited_amount,
        cast(
            received_amount - reversed_amount + credit_note_amount + refund_credit_amount
            - applied_amount - credited_amount as decimal(18, 2)
        ) as unapplied_amount,
        cast(received_amount - reversed_amount - applied_amount as decimal(18, 2))
            as unapplied_cash_amount,
        cast(outstanding_amount as decimal(18, 2)) as outstanding_amount,
        cast(open_invoice_count as bigint) as open_invoice_count,
        oldest_due_date
    from amounts

)

select * from final
