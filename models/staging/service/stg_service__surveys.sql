with source as (

    select * from {{ source('raw_service', 'surveys') }}

),

requests as (

    select * from {{ ref('stg_service__service_requests') }}
    where is_accepted

),

customers as (

    select * from {{ ref('stg_crm__customers') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

-- a customer that only an account names becomes a stub
account_holders as (

    select customer_id from {{ ref('stg_crm__accounts') }}
    where is_accepted
    group by customer_id

),

resolved as (

    select
        source.*,
        requests.request_id is not null as has_request,
        requests.customer_id as request_customer_id,
        customers.customer_id is not null or account_holders.customer_id is not null
            as has_customer,
        cast(source.answered_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join requests
        on source.request_id = requests.request_id
    left join customers
        on source.customer_id = customers.customer_id
    left join account_holders
        on source.customer_id = account_holders.customer_id
    left join batches
        on source._batch_no = batches.batch_no

),

-- scales differ: 1 to 5, 0 to 10, percent
judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('survey_id'),
            'missing_customer':
                is_missing('customer_id') ~ ' and ' ~ is_missing('request_id'),
            'missing_date': is_missing('answered_at'),
            'missing_score': is_missing('score'),
            'score_out_of_range': 'score not between 0 and 100'
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'survey_id',
        [
            'customer_id', 'request_id', 'answered_at', 'score'
        ],
        source('raw_service', 'surveys')
    ) }}

),

final as (

    select
        -- ids
        survey_id,
        coalesce(customer_id, request_customer_id) as customer_id,
        request_id,

        -- amounts
        score as survey_score,

        -- dates
        answered_at,
        cast(answered_at as date) as answered_on,

        -- flags
        {{ alerts({
            'unknown_customer': 'customer_id is not null and not has_customer',
            'unknown_request': 'request_id is not null and not has_request',
            'other_customers_request': 'customer_id != request_customer_id',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('survey_id') }}
    from ranked

)

select * from final
