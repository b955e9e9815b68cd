with open_item as (

    select * from {{ ref('int_open_item_movements') }}
    where cause not in ('credit_note', 'refund', 'unapplied_cash')

),

open_item_shifts as (

    select * from {{ ref('int_open_item_movements') }}
    where cause in ('credit_note', 'refund', 'unapplied_cash')

),

balance_forward as (

    select * from {{ ref('int_balance_forward_movements') }}
    where cause not in ('credit_note', 'refund', 'unapplied_cash')

),

balance_forward_shifts as (

    select * from {{ ref('int_balance_forward_movements') }}
    where cause in ('credit_note', 'refund', 'unapplied_cash')

),

direct as (

    select * from open_item
    union all
    select * from balance_forward

),

shifts as (

    select * from open_item_shifts
    union all
    select * from balance_forward_shifts

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        amount
    from direct

    union all

    -- an invoice, a credit note and a payment of one day may share an id: what they move is one row
    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        cast(sum(amount) as decimal(18, 2)) as amount
    from shifts
    group by invoice_id, account_id, currency, movement_on, cause, source_id
    having sum(amount) != 0

)

select * from final
