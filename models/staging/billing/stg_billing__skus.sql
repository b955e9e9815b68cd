with source as (

    select * from {{ source('raw_billing', 'skus') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('sku_id'),
            'negative_amount': 'unit_price < 0 or unit_cost < 0',
            'amount_out_of_range': is_beyond('max_amount', ['unit_price', 'unit_cost'])
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'sku_id',
        [
            'sku_name', 'category', 'unit_price', 'unit_cost'
        ],
        source('raw_billing', 'skus')
    ) }}

),

final as (

    select
        -- ids
        sku_id,

        -- attributes
        sku_name,
        category,

        -- amounts
        unit_price,
        unit_cost,

        {{ verdict('sku_id') }}
    from ranked

)

select * from final
