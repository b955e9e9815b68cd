-- Interruptions of a feeder may overlap: a minute without supply counts once, however many
-- explain it. A voltage sag is no interruption.

with outages as (

    select * from {{ ref('stg_metering__outages') }}
    where is_accepted and not is_voltage_sag

),

extracts as (

    select cast({{ day_add('last_extract_on', 1) }} as timestamp) as known_until
    from {{ ref('int_as_of_date') }}

),

-- an outage without an end is taken to be still going on
bounded as (

    select
        outages.outage_id,
        outages.feeder,
        outages.is_planned,
        outages.started_at,
        least(coalesce(outages.ended_at, extracts.known_until), extracts.known_until) as ended_at
    from outages
    cross join extracts
    where outages.started_at < extracts.known_until

),

numbered as (

    select
        *,
        {{ each_integer(
            '0', dbt.datediff("date_trunc('hour', started_at)", "date_trunc('hour', ended_at)", 'hour')
        ) }} as hour_no
    from bounded

),

hours as (

    select
        outage_id,
        feeder,
        is_planned,
        started_at,
        ended_at,
        cast(
            {{ dbt.dateadd('hour', 'hour_no', "date_trunc('hour', started_at)") }} as timestamp
        ) as hour_start
    from numbered

),

-- the part of the hour that is interrupted, in seconds from its start
parts as (

    select
        feeder,
        hour_start,
        outage_id,
        is_planned,
        greatest({{ dbt.datediff('hour_start', 'started_at', 'second') }}, 0) as from_second,
        least({{ dbt.datediff('hour_start', 'ended_at', 'second') }}, 3600) as to_second
    from hours

),

-- the second up to which earlier parts already cover the hour: all of them, and the planned ones
overlapped as (

    select
        *,
        max(to_second) over earlier as reached,
        max(case when is_planned then to_second end) over earlier as planned_reached
    from parts
    where to_second > from_second
    window earlier as (
        partition by feeder, hour_start
        order by from_second, to_second, outage_id
        rows between unbounded preceding and 1 preceding
    )

),

seconds as (

    select
        feeder,
        hour_start,
        greatest(to_second - greatest(from_second, coalesce(reached, 0)), 0) as seconds_out,
        case
            when is_planned
                then greatest(to_second - greatest(from_second, coalesce(planned_reached, 0)), 0)
            else 0
        end as planned_seconds
    from overlapped

),

final as (

    select
        feeder,
        hour_start,
        cast(cast(sum(seconds_out) as decimal(18, 3)) / 60 as decimal(9, 3)) as outage_minutes,
        cast(cast(sum(planned_seconds) as decimal(18, 3)) / 60 as decimal(9, 3)) as planned_minutes
    from seconds
    group by feeder, hour_start

)

select * from final
