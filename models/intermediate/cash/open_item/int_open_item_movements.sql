-- Money goes to the invoice it names: what an invoice holds on a day is a closed formula of the
-- facts dated to then,
--     noted    = least(credit notes, issued amount)
--     excess   = receipts - chargebacks above issued amount - noted
--     refunded = refunds beyond the excess: money given back and not charged again
--     paid     = least(receipts - chargebacks, issued amount - noted) - refunded
-- and credited = noted + refunded, so each fact moves the holding by the difference it makes, and
-- later facts rewrite nothing.

with invoices as (

    select * from {{ ref('int_invoices') }}
    where cash_application = 'open_item'

),

events as (

    select * from {{ ref('int_invoice_events') }}

),

dated as (

    select
        invoice_id,
        account_id,
        currency,
        invoice_date as event_on,
        1 as event_order,
        'unapplied_cash' as cash_cause,
        invoice_id as source_id,
        invoiced_amount,
        cast(0 as decimal(18, 2)) as credit_amount,
        cast(0 as decimal(18, 2)) as cash_amount,
        cast(0 as decimal(18, 2)) as refund_amount
    from invoices

    union all

    -- a credit note or refund moves no cash but what it sets free
    select
        invoice_id,
        account_id,
        currency,
        event_on,
        event_order,
        case when cause in ('credit_note', 'refund') then 'unapplied_cash' else cause end
            as cash_cause,
        source_id,
        cast(0 as decimal(18, 2)) as invoiced_amount,
        credit_amount,
        case when cause = 'refund' then 0 else cash_amount end as cash_amount,
        case when cause = 'refund' then -cash_amount else 0 end as refund_amount
    from events

),

running as (

    select
        *,
        sum(invoiced_amount) over by_date as issued_after,
        sum(credit_amount) over by_date as credits_after,
        sum(cash_amount) over by_date as cash_after,
        sum(refund_amount) over by_date as refunds_after
    from dated
    window by_date as (
        partition by invoice_id
        order by event_on, event_order, cash_cause, source_id
        rows between unbounded preceding and current row
    )

),

noted as (

    select
        *,
        cash_after - cash_amount as cash_before,
        least(credits_after, issued_after) as noted_after,
        least(credits_after - credit_amount, issued_after - invoiced_amount) as noted_before
    from running

),

rooms as (

    select
        *,
        issued_after - noted_after as room_after,
        issued_after - invoiced_amount - noted_before as room_before
    from noted

),

refunded as (

    select
        *,
        greatest(refunds_after - greatest(cash_after - room_after, 0), 0) as refunded_after,
        greatest(refunds_after - refund_amount - greatest(cash_before - room_before, 0), 0)
            as refunded_before
    from rooms

),

kinds as (

    select 'credit_note' as kind
    union all
    select 'refund' as kind
    union all
    select 'cash' as kind

),

-- a fact may move credit and cash at once, so each row is read under every kind
movements as (

    select
        refunded.invoice_id,
        refunded.account_id,
        refunded.currency,
        refunded.event_on as movement_on,
        refunded.event_order,
        case when kinds.kind = 'cash' then refunded.cash_cause else kinds.kind end as cause,
        refunded.source_id,
        cast(
            case kinds.kind
                when 'credit_note' then refunded.noted_after - refunded.noted_before
                when 'refund' then refunded.refunded_after - refunded.refunded_before
                else
                    least(refunded.cash_after, refunded.room_after) - refunded.refunded_after
                    - least(refunded.cash_before, refunded.room_before) + refunded.refunded_before
            end as decimal(18, 2)
        ) as amount
    from refunded
    cross join kinds

),

final as (

    select * from movements
    where amount != 0

)

select * from final
