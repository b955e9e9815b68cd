with source as (

    select * from {{ source('raw_regulatory', 'audit_events') }}

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        cast(source.occurred_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('audit_event_id'),
            'missing_entity':
                '(' ~ is_missing('entity_type') ~ ') or (' ~ is_missing('entity_id') ~ ')',
            'missing_date': is_missing('occurred_at'),
            'missing_action': is_missing('action')
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'audit_event_id',
        [
            'entity_type', 'entity_id', 'occurred_at', 'action', 'detail'
        ],
        source('raw_regulatory', 'audit_events')
    ) }}

),

final as (

    select
        -- ids
        audit_event_id,
        entity_id,

        -- attributes
        lower(trim(entity_type)) as entity_type,
        lower(trim(action)) as event_action,
        detail,

        -- dates
        occurred_at,
        cast(occurred_at as date) as occurred_on,

        -- flags
        {{ alerts({
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('audit_event_id') }}
    from ranked

)

select * from final
