with open_item as (

    select * from {{ ref('int_open_item_movements') }}

),

balance_forward as (

    select * from {{ ref('int_balance_forward_movements') }}

),

unioned as (

    select * from open_item
    union all
    select * from balance_forward

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

)

select * from final
