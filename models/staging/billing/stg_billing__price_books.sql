with source as (

    select * from {{ source('raw_billing', 'price_books') }}

),

-- a list price has no key of its own: what it prices, in which currency and from when is the key
keyed as (

    select
        *,
        case
            when coalesce(plan_id, sku_id) is not null
                then concat_ws(
                    '|',
                    coalesce(plan_id, ''),
                    coalesce(sku_id, ''),
                    coalesce(upper(trim(currency)), ''),
                    coalesce(cast(valid_from as {{ dbt.type_string() }}), '')
                )
        end as list_price_key
    from source

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('sku_id') ~ ' and ' ~ is_missing('plan_id'),
            'missing_amount': is_missing('unit_price'),
            'negative_amount': 'unit_price < 0',
            'amount_out_of_range': is_beyond('max_amount', ['unit_price']),
            'not_a_currency': 'not ' ~ is_currency('currency')
        }) }} as row_reasons
    from keyed

),

ranked as (

    {{ rank_within_key(
        'list_price_key',
        [
            'plan_id', 'sku_id', 'unit_price', 'currency', 'valid_from', 'valid_to'
        ],
        'judged'
    ) }}

),

final as (

    select
        -- ids
        list_price_key,
        plan_id,
        sku_id,

        -- attributes
        upper(trim(currency)) as currency,

        -- amounts
        unit_price,

        -- dates
        valid_from,
        valid_to,

        -- flags
        {{ alerts({
            'ends_before_start': 'valid_to < valid_from'
        }) }} as alerts,

        {{ verdict('list_price_key') }}
    from ranked

)

select * from final
