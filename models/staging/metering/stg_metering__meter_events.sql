with source as (

    select * from {{ source('raw_metering', 'meter_events') }}

),

meters as (

    select coalesce(meter_number, meter_id) as meter_number
    from {{ ref('stg_metering__meters') }}
    where is_accepted
    group by coalesce(meter_number, meter_id)

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        meters.meter_number is not null as has_meter,
        cast(source.event_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join meters
        on source.meter_number = meters.meter_number
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('event_id'),
            'missing_meter': is_missing('meter_number'),
            'unknown_meter': 'meter_number is not null and not has_meter',
            'missing_time': is_missing('event_at'),
            'missing_type': is_missing('event_type')
        }) }} as row_reasons
    from resolved

),

ranked as (

    {{ rank_within_key(
        'event_id',
        [
            'meter_number', 'event_at', 'event_type', 'detail'
        ],
        source('raw_metering', 'meter_events')
    ) }}

),

final as (

    select
        -- ids
        event_id,
        meter_number,

        -- attributes
        lower(trim(event_type)) as event_type,
        detail,

        -- dates
        event_at,

        -- flags
        {{ alerts({'dated_after_extract': 'is_dated_after_extract'}) }} as alerts,

        {{ verdict('event_id') }}
    from ranked

)

select * from final
