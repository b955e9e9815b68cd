with movements as (

    select * from {{ ref('int_cash_movements') }}

),

final as (

    select
        invoice_id,
        account_id,
        currency,
        movement_on,
        amount,
        cause,
        source_id
    from movements

)

select * from final
