-- Outages of a feeder that overlap or touch are one interruption to its customers, whatever caused
-- them. Computed twice: over all outages, and over the unplanned alone. One that is not over is
-- taken to last to the end of the as-of date. An interruption counts once, in the month it began;
-- its minutes fall where they were lost.

with outages as (

    select * from {{ ref('stg_metering__outages') }}
    where is_accepted and not is_voltage_sag and cast(started_at as date) <= {{ as_of_date() }}

),

as_of as (

    select cast({{ day_add('as_of_date', 1) }} as timestamp) as ends_at
    from {{ ref('int_as_of_date') }}

),

known as (

    select
        outages.outage_id,
        outages.feeder,
        outages.is_planned,
        outages.started_at,
        least(coalesce(outages.ended_at, as_of.ends_at), as_of.ends_at) as ended_at
    from outages
    cross join as_of

),

counted as (

    select
        'all' as outages_counted,
        known.*
    from known
    union all
    select
        'unplanned' as outages_counted,
        known.*
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

grouped as (

    select
        *,
        sum(case when started_at <= ended_before then 0 else 1 end) over (
            partition by outages_counted, feeder
            order by started_at, ended_at, outage_id
            rows between unbounded preceding and current row
        ) as interruption_number
    from reached

),

interruptions as (

    select
        outages_counted,
        feeder,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        {{ dbt.datediff('min(started_at)', 'max(ended_at)', 'second') }}
        > {{ var('momentary_max_minutes') }} * 60 as is_sustained
    from grouped
    group by outages_counted, feeder, interruption_number
    having max(ended_at) > min(started_at)

),

numbered as (

    select
        *,
        {{ each_integer(month_number('started_at'), month_number('ended_at')) }} as month_no
    from interruptions

),

months as (

    select
        *,
        cast(date_trunc('month', {{ month_end_of('month_no') }}) as date) as month_start,
        cast({{ day_add(month_end_of('month_no'), 1) }} as timestamp) as next_month
    from numbered

),

split as (

    select
        outages_counted,
        feeder,
        month_start,
        is_sustained,
        started_at >= cast(month_start as timestamp) as begins_here,
        {{ dbt.datediff(
            'greatest(started_at, cast(month_start as timestamp))',
            'least(ended_at, next_month)', 'second'
        ) }} as seconds
    from months

),

final as (

    select
        outages_counted,
        feeder,
        month_start,
        count(*) filter (where is_sustained and begins_here) as sustained,
        count(*) filter (where not is_sustained and begins_here) as momentary,
        cast(coalesce(sum(seconds) filter (where is_sustained), 0) as bigint) as sustained_seconds
    from split
    group by outages_counted, feeder, month_start

)

select * from final
