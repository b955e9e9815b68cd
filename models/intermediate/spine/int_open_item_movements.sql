-- Money goes where it is told: what an invoice holds on a day is a closed formula of the facts
-- dated to then,
--     credited = least(credit notes, issued amount)
--     paid     = least(receipts - reversals, issued amount - credited), never below 0
-- so each fact moves the holding by the difference it makes, and later facts rewrite nothing.

with events as (

    select * from {{ ref('int_invoice_events') }}

),

running as (

    select
        *,
        sum(invoiced_amount) over by_date as issued_after,
        sum(invoiced_amount) over by_date - invoiced_amount as issued_before,
        sum(credit_amount) over by_date as credits_after,
        sum(credit_amount) over by_date - credit_amount as credits_before,
        sum(cash_amount) over by_date as cash_after,
        sum(cash_amount) over by_date - cash_amount as cash_before
    from events
    window by_date as (
        partition by invoice_id
        order by event_on, event_order, source_id
        rows between unbounded preceding and current row
    )

),

held as (

    select
        *,
        least(credits_after, issued_after) as credited_after,
        least(credits_before, issued_before) as credited_before,
        least(greatest(cash_after, 0), issued_after - least(credits_after, issued_after))
            as paid_after,
        least(greatest(cash_before, 0), issued_before - least(credits_before, issued_before))
            as paid_before
    from running

),

credit_movements as (

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        'credit_note' as cause,
        source_id,
        credited_after - credited_before as amount
    from held
    where credited_after != credited_before

),

-- cash that waited lands when the invoice is issued, and is set free when a credit takes its place
cash_movements as (

    select
        invoice_id,
        account_id,
        currency,
        event_on as movement_on,
        case when cause in ('issue', 'credit_note') then 'unapplied_cash' else cause end as cause,
        source_id,
        paid_after - paid_before as amount
    from held
    where paid_after != paid_before

),

unioned as (

    select * from credit_movements
    union all
    select * from cash_movements

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        cast(amount as decimal(18, 2)) as amount
    from unioned

)

select * from final
