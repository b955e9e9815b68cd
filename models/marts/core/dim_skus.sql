with skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

final as (

    select
        sku_id,
        sku_name,
        category,
        unit_price,
        unit_cost
    from skus

)

select * from final
