with source as (

    select * from {{ source('raw_metering', 'outages') }}

),

feeders as (

    select feeder
    from {{ ref('stg_metering__meters') }}
    where is_accepted
    group by feeder

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

resolved as (

    select
        source.*,
        feeders.feeder is not null as has_feeder,
        source.ended_at is not null as is_over,
        cast(source.started_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join feeders
        on source.feeder = feeders.feeder
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('outage_id'),
            'missing_feeder': is_missing('feeder'),
            'missing_time': is_missing('started_at'),
            'ends_before_start': 'ended_at < started_at'
        }) }} as row_reasons
    from resolved

),

-- an outage that is reported again once it is over replaces its first report
ranked as (

    {{ rank_within_key(
        'outage_id',
        [
            'feeder', 'started_at', 'ended_at', 'cause', 'is_planned'
        ],
        source('raw_metering', 'outages'), version='is_over'
    ) }}

),

final as (

    select
        -- ids
        outage_id,
        feeder,

        -- attributes
        lower(trim(cause)) as cause,
        coalesce(is_planned, lower(trim(cause)) in ('load_shedding', 'maintenance'), false)
            as is_planned,
        coalesce(lower(trim(cause)) = 'voltage_sag', false) as is_voltage_sag,

        -- dates
        started_at,
        ended_at,

        -- flags
        {{ alerts({
            'no_cause': 'cause is null',
            'not_over': 'ended_at is null',
            'unknown_feeder': 'feeder is not null and not has_feeder',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('outage_id') }}
    from ranked

)

select * from final
