with source as (

    select * from {{ source('raw_service', 'work_orders') }}

),

meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

meter_numbers as (

    select coalesce(meter_number, meter_id) as meter_number
    from meters
    group by coalesce(meter_number, meter_id)

),

feeders as (

    select feeder from meters
    group by feeder

),

resolved as (

    select
        source.*,
        meter_numbers.meter_number is not null as has_meter,
        feeders.feeder is not null as has_feeder,
        source.completed_at is not null as is_completed,
        cast(source.opened_at as date) > batches.as_of_date as is_dated_after_extract
    from source
    left join meter_numbers
        on source.meter_number = meter_numbers.meter_number
    left join feeders
        on source.feeder = feeders.feeder
    left join batches
        on source._batch_no = batches.batch_no

),

judged as (

    select
        *,
        {{ rejection_reasons({
            'missing_key': is_missing('work_order_id'),
            'missing_meter':
                is_missing('meter_number') ~ ' and ' ~ is_missing('feeder'),
            'missing_date': is_missing('opened_at'),
            'completed_before_opened': 'completed_at < opened_at'
        }) }} as row_reasons
    from resolved

),

-- an order that is reported again once it is completed replaces its first report
ranked as (

    {{ rank_within_key(
        'work_order_id',
        [
            'meter_number', 'feeder', 'kind', 'opened_at', 'completed_at'
        ],
        source('raw_service', 'work_orders'), version='is_completed'
    ) }}

),

final as (

    select
        -- ids
        work_order_id,
        meter_number,
        feeder,

        -- attributes
        lower(trim(kind)) as work_kind,

        -- dates
        opened_at,
        completed_at,
        cast(opened_at as date) as opened_on,
        cast(completed_at as date) as completed_on,

        -- flags
        {{ alerts({
            'unknown_meter': 'meter_number is not null and not has_meter',
            'unknown_feeder': 'feeder is not null and not has_feeder',
            'no_kind': 'kind is null',
            'dated_after_extract': 'is_dated_after_extract'
        }) }} as alerts,

        {{ verdict('work_order_id') }}
    from ranked

)

select * from final
