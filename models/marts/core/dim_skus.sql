with skus as (

    select * from {{ ref('stg_billing__skus') }}
    where is_accepted

),

stubs as (

    select * from {{ ref('int_catalogue_stubs') }}
    where kind = 'sku'

),

final as (

    select
        sku_id,
        sku_name,
        category,
        unit_price,
        unit_cost,
        false as is_stub
    from skus
    union all
    select
        item_id as sku_id,
        null as sku_name,
        null as category,
        null as unit_price,
        null as unit_cost,
        true as is_stub
    from stubs

)

select * from final
