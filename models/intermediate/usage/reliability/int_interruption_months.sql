-- An interruption counts once, in the month it began; its minutes fall where they were lost.

with interruptions as (

    select * from {{ ref('int_interruptions') }}

),

numbered as (

    select
        *,
        {{ each_integer(month_number('started_at'), month_number('ended_at')) }} as month_no
    from interruptions

),

months as (

    select
        outages_counted,
        feeder,
        started_at,
        ended_at,
        is_sustained,
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
