-- Money goes where it is told: what an invoice holds on a day is a closed formula of the facts
-- dated to then,
--     credited = least(credit notes, issued amount)
--     paid     = least(receipts - reversals, issued amount - credited), never below 0
-- so each fact moves the holding by the difference it makes, and later facts rewrite nothing.

with invoices as (

    select * from {{ ref('int_invoices_unioned') }}
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
        cast(0 as decimal(18, 2)) as cash_amount
    from invoices

    union all

    -- a credit note moves no cash but what it sets free
    select
        invoice_id,
        account_id,
        currency,
        event_on,
        event_order,
        case when cause = 'credit_note' then 'unapplied_cash' else cause end as cash_cause,
        source_id,
        cast(0 as decimal(18, 2)) as invoiced_amount,
        credit_amount,
        cash_amount
    from events

),

running as (

    select
        *,
        sum(invoiced_amount) over by_date as issued_after,
        sum(credit_amount) over by_date as credits_after,
        sum(cash_amount) over by_date as cash_after
    from dated
    window by_date as (
        partition by invoice_id
        order by event_on, event_order, cash_cause, source_id
        rows between unbounded preceding and current row
    )

),

credited as (

    select
        *,
        least(credits_after, issued_after) as credited_after,
        least(credits_after - credit_amount, issued_after - invoiced_amount) as credited_before
    from running

),

held as (

    select
        *,
        {{ clamp('cash_after', '0', 'issued_after - credited_after') }} as paid_after,
        {{ clamp(
            'cash_after - cash_amount', '0', 'issued_after - invoiced_amount - credited_before'
        ) }} as paid_before
    from credited

),

kinds as (

    select 'credit_note' as kind
    union all
    select 'cash' as kind

),

-- a fact may move credit and cash at once, so each row is read under both kinds
movements as (

    select
        held.invoice_id,
        held.account_id,
        held.currency,
        held.event_on,
        held.event_order,
        case when kinds.kind = 'cash' then held.cash_cause else kinds.kind end as cause,
        held.source_id,
        case
            when kinds.kind = 'cash' then held.paid_after - held.paid_before
            else held.credited_after - held.credited_before
        end as amount
    from held
    cross join kinds

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        event_order,
        cause,
        source_id,
        cast(amount as decimal(18, 2)) as amount
    from movements
    where amount != 0

)

select * from final
