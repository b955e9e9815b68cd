with source as (

    select * from {{ source('raw_service', 'service_requests') }}

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('request_id'),
            'missing_account':
                is_missing('account_id') ~ ' and ' ~ is_missing('customer_id'),
            'missing_date': is_missing('opened_at'),
            'resolved_before_opened': 'resolved_at < opened_at'
        }) }} as row_reasons
    from source

),

ranked as (

    {{ rank_within_key(
        'request_id',
        [
            'customer_id', 'account_id', 'category', 'priority', 'opened_at', 'first_response_at',
            'resolved_at', 'reopened_count'
        ],
        source('raw_service', 'service_requests')
    ) }}

),

final as (

    select
        -- ids
        request_id,
        customer_id,
        account_id,

        -- attributes
        lower(trim(category)) as category,
        lower(trim(priority)) as priority,
        coalesce(reopened_count, 0) as reopened_count,

        -- dates
        opened_at,
        first_response_at,
        resolved_at,
        cast(opened_at as date) as opened_on,
        cast(resolved_at as date) as resolved_on,

        {{ verdict('request_id') }}
    from ranked

)

select * from final
