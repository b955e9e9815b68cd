-- Outages of a feeder that overlap or touch are one interruption to its customers, whatever caused
-- them. Computed twice: over all outages, and over the unplanned alone. One that is not over is
-- taken to last to the end of the as-of date.

with outages as (

    select * from {{ ref('stg_metering__outages') }}
    where is_accepted and not is_voltage_sag and cast(started_at as date) <= {{ as_of_date() }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

known as (

    select
        outages.outage_id,
        outages.feeder,
        outages.is_planned,
        outages.started_at,
        least(
            coalesce(outages.ended_at, cast({{ day_add('as_of.as_of_date', 1) }} as timestamp)),
            cast({{ day_add('as_of.as_of_date', 1) }} as timestamp)
        ) as ended_at
    from outages
    cross join as_of

),

counted as (

    select
        'all' as outages_counted,
        outage_id,
        feeder,
        started_at,
        ended_at
    from known
    union all
    select
        'unplanned' as outages_counted,
        outage_id,
        feeder,
        started_at,
        ended_at
    from known
    where not is_planned

),

reached as (

    select
        *,
        max(ended_at) over (
            partition by outages_counted, feeder
            order by started_at, ended_at, outage_id
            rows between unbounded preceding and 1 preceding
        ) as ended_before
    from counted

),

numbered as (

    select
        *,
        sum(case when started_at <= ended_before then 0 else 1 end) over (
            partition by outages_counted, feeder
            order by started_at, ended_at, outage_id
            rows between unbounded preceding and current row
        ) as interruption_number
    from reached

),

merged as (

    select
        outages_counted,
        feeder,
        interruption_number,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        count(*) as outages
    from numbered
    group by outages_counted, feeder, interruption_number

),

final as (

    select
        outages_counted,
        feeder,
        started_at,
        ended_at,
        outages,
        {{ dbt.datediff('started_at', 'ended_at', 'second') }}
            as seconds,
        {{ dbt.datediff('started_at', 'ended_at', 'second') }}
        > {{ var('momentary_max_minutes') }} * 60 as is_sustained
    from merged
    where ended_at > started_at

)

select * from final
