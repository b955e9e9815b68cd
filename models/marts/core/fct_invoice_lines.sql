with lines as (

    select * from {{ ref('int_rated_lines') }}

),

final as (

    select
        line_item_id,
        invoice_id,
        account_id,
        line_of_business,
        invoice_date,
        charge_type,
        sku_id,
        quantity,
        unit_price,
        amount,
        currency,
        expected_unit_price,
        price_source,
        expected_amount
    from lines

)

select * from final
