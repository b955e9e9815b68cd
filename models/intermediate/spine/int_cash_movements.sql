with open_item as (

    select * from {{ ref('int_open_item_movements') }}

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
    from open_item

)

select * from final
