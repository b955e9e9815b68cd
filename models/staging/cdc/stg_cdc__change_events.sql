{#- what the models read of an image: of each a plain value -#}
{%- set read_fields = [
    'status', 'plan_id', 'quantity', 'unit_price', 'credit_limit', 'account_id', 'meter_number',
    'consumer_type', 'rate_schedule', 'district', 'feeder', 'connected_load_kw'
] -%}

with source as (

    select * from {{ source('raw_cdc', 'change_events') }}

),

-- a writer of JSON may write null where there is no image
given as (

    select
        *,
        nullif(nullif(trim(before), ''), 'null') as given_before,
        nullif(nullif(trim(after), ''), 'null') as given_after
    from source

),

-- an image that is no JSON object tells nothing, and is never read as one
read as (

    select
        *,
        case when {{ is_json_object('given_before') }} then given_before end as image_before,
        case when {{ is_json_object('given_after') }} then given_after end as image_after
    from given

),

-- the words of the images for a status, where a status is read from the feed
worded as (

    select
        *,
        {{ json_text('image_after', 'status') }} as word_after,
        {{ json_text('image_before', 'status') }} as word_before,
        source_table in (
            'raw_crm.accounts', 'raw_billing.subscriptions', 'raw_metering.meters'
        ) as has_status,
        concat_ws(' ', substring(image_before, 2), substring(image_after, 2)) as images
    from read

),

-- most images hold nothing nested, and are not looked into once more
looked_into as (

    select
        *,
        case
            when has_status and (position('{' in images) > 0 or position('[' in images) > 0)
                then
                    {{ has_nested_field('image_before', read_fields) }}
                    or {{ has_nested_field('image_after', read_fields) }}
            else false
        end as has_nested_field
    from worded

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
            'missing_image':
                "op in ('c', 'u') and (image_after not like '%\"%' or (given_after is null"
                ~ " and coalesce(_load_reasons, '') not like '%:after%'))",
            'not_a_json_object':
                '(given_before is not null and image_before is null)'
                ~ ' or (given_after is not null and image_after is null)',
            'not_a_plain_value': 'has_nested_field'
        }) }} as row_reasons
    from looked_into

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
