with source as (

    select * from {{ source('raw_cdc', 'change_events') }}

),

-- an image that is no JSON object tells nothing, and is never read as one
read as (

    select
        *,
        case when {{ is_json_object('before') }} then before end as image_before,
        case when {{ is_json_object('after') }} then after end as image_after
    from source

),

-- the words of the images for a status, where a status is read from the feed
worded as (

    select
        *,
        {{ json_text('image_after', 'status') }} as word_after,
        {{ json_text('image_before', 'status') }} as word_before,
        source_table in (
            'raw_crm.accounts', 'raw_billing.subscriptions', 'raw_metering.meters'
        ) as has_status
    from read

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('event_id'),
            'missing_entity': is_missing('entity_key'),
            'missing_source_table': is_missing('source_table'),
            'missing_date': is_missing('source_ts'),
            'unknown_operation': "op not in ('c', 'u', 'd')",
            'not_a_json_object':
                "(trim(before) != '' and image_before is null)"
                ~ " or (trim(after) != '' and image_after is null)"
        }) }} as row_reasons
    from worded

),

-- a feed delivers at least once: the same event again is a duplicate, whenever it arrives
ranked as (

    {{ rank_within_key(
        'event_id',
        [
            'source_table', 'op', 'entity_key', 'source_seq', 'source_ts', 'before', 'after'
        ],
        source('raw_cdc', 'change_events'), delivered='arrived_at'
    ) }}

),

final as (

    select
        -- ids
        event_id,
        source_table,
        entity_key,

        -- attributes
        op,
        source_seq,
        image_before as before,
        image_after as after,

        -- dates
        source_ts,
        cast(source_ts as date) as changed_on,
        arrived_at,

        -- flags
        {{ alerts({}, [
            'case when has_status then coalesce('
            ~ unknown_status('word_after') ~ ', ' ~ unknown_status('word_before') ~ ') end'
        ]) }} as alerts,

        {{ verdict('event_id') }}
    from ranked

)

select * from final
