-- A register gives the exact energy taken between two of its readings, however far apart. The span
-- of a restart is unknown. Values that mean "no value", slips and estimates by the head-end are
-- passed over, and so are two values of one time.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_changed_meters() }}",
) }}

with meters as ({{ missing_meters() }}

),

forms as (

    select * from {{ ref('stg_control__extract_files') }}
    where reading_kind = 'register' or interval_minutes > 60

),

readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted and is_part and kwh is not null

),

stamped as (

    select
        readings.meter_number,
        forms.reading_kind,
        readings.kwh,
        readings.batch_no,
        {{ interval_edge('readings', 'forms') }} as stamped_at
    from readings
    inner join forms
        on readings.file_no = forms.file_no
    inner join meters
        on readings.meter_number = meters.meter_number
    where not readings.is_conflicting and readings.quality is distinct from 'estimated'

),

-- one value per time, from whichever file; two that differ count as none
agreed as (

    select
        meter_number,
        reading_kind,
        stamped_at,
        min(kwh) as kwh,
        max(batch_no) as batch_no
    from stamped
    where kwh >= 0 or reading_kind = 'energy'
    group by meter_number, reading_kind, stamped_at
    having min(kwh) = max(kwh)

),

-- a register approaches the last value that it can show gradually, it does not jump there
measured as (

    select *
    from agreed
    qualify
        not ({{ is_sentinel('kwh') }})
        or (
            reading_kind = 'register'
            and kwh * (1 - {{ var('register_rollover_share') }}) <= coalesce(
                max(case when not ({{ is_sentinel('kwh') }}) then kwh end) over (
                    partition by meter_number, reading_kind order by stamped_at
                    rows between unbounded preceding and 1 preceding
                ), kwh
            )
        )

),

neighboured as (

    select
        *,
        lag(kwh) over by_time as kwh_before,
        lead(kwh) over by_time as kwh_after
    from measured
    window by_time as (partition by meter_number, reading_kind order by stamped_at)

),

followed as (

    select
        *,
        lead(stamped_at) over by_time as next_at,
        lead(kwh) over by_time as next_kwh,
        lead(batch_no) over by_time as next_batch_no,
        -- the largest value it can show, plus one step
        power(10, length(cast(cast(floor(kwh) as bigint) as {{ dbt.type_string() }})))
            as capacity_kwh
    from neighboured
    where reading_kind = 'energy' or not {{ register_slipped('kwh', 'kwh_before', 'kwh_after') }}
    window by_time as (partition by meter_number, reading_kind order by stamped_at)

),

judged as (

    select
        *,
        case
            when reading_kind = 'energy' then 'counted'
            else {{ register_course('kwh', 'stamped_at', 'next_kwh', 'next_at', 'capacity_kwh') }}
        end as course
    from followed
    where next_at is not null or reading_kind = 'energy'

),

final as (

    select
        judged.meter_number,
        judged.reading_kind,
        judged.stamped_at as starts_at,
        -- days of a local calendar may have 23 or 25 hours
        case
            when
                judged.reading_kind = 'register'
                or judged.next_at <= {{ dbt.dateadd('hour', 25, 'judged.stamped_at') }}
                then judged.next_at
            else cast({{ dbt.dateadd('hour', 24, 'judged.stamped_at') }} as timestamp)
        end as ends_at,
        judged.course,
        cast(case
            when judged.reading_kind = 'energy' then judged.kwh
            when judged.course = 'rolled_over'
                then judged.next_kwh + cast(judged.capacity_kwh as decimal(18, 0)) - judged.kwh
            when judged.course != 'restarted' then judged.next_kwh - judged.kwh
        end as decimal(18, 3)) as kwh,
        greatest(judged.batch_no, judged.next_batch_no) as batch_no,
        meters.meter_print
    from judged
    inner join meters
        on judged.meter_number = meters.meter_number

)

select * from final
