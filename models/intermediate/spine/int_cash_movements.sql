with open_item as (

    select * from {{ ref('int_open_item_movements') }}

),

balance_forward as (

    select * from {{ ref('int_balance_forward_movements') }}

),

unioned as (

    select invoice_id, account_id, currency, movement_on, cause, source_id, amount
    from open_item
    union all
    select invoice_id, account_id, currency, movement_on, cause, source_id, amount
    from balance_forward

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
    from unioned
    where cause not in ('credit_note', 'unapplied_cash')

    union all

    -- an invoice, a credit note and a payment of one day may have the same id: their movements are one
    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        cause,
        source_id,
        cast(sum(amount) as decimal(18, 2)) as amount
    from unioned
    where cause in ('credit_note', 'unapplied_cash')
    group by invoice_id, account_id, currency, movement_on, cause, source_id
    having sum(amount) != 0

)

select * from final
