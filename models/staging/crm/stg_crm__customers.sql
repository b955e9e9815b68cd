with source as (

    select * from {{ source('raw_crm', 'customers') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({'missing_key': is_missing('customer_id')}) }} as row_reasons
    from source

),

ranked as (

    select
        *,
        {{ rank_within_key('customer_id', [
            'updated_at desc nulls last', 'created_at desc nulls last', 'full_name nulls last',
            'email nulls last', 'phone nulls last', 'street nulls last', 'city nulls last',
            'region nulls last', 'postal_code nulls last', 'country nulls last', 'segment nulls last'
        ]) }} as key_rank
    from judged

),

final as (

    select
        -- ids
        customer_id,

        -- attributes
        full_name as customer_name,
        email,
        phone,
        street,
        city,
        region,
        postal_code,
        country,
        segment,

        -- dates
        created_at,
        updated_at,

        {{ verdict('customer_id') }}
    from ranked

)

select * from final
