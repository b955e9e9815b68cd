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

    {{ rank_within_key(
        'customer_id',
        [
            'full_name', 'email', 'phone', 'street', 'city', 'region', 'postal_code', 'country',
            'segment', 'created_at'
        ],
        source('raw_crm', 'customers'), version='updated_at'
    ) }}

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
