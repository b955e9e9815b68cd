with outage_hours as (

    select * from {{ ref('int_outage_hours') }}

),

final as (

    select
        feeder,
        cast(hour_start as date) as read_on,
        cast(sum(outage_minutes) / 60 as decimal(9, 3)) as hours_out,
        cast(
            coalesce(sum(outage_minutes) filter (where extract(hour from hour_start) < 6), 0) / 60
            as decimal(9, 3)
        ) as night_hours_out,
        cast(
            coalesce(sum(outage_minutes) filter (where extract(hour from hour_start) >= 18), 0) / 60
            as decimal(9, 3)
        ) as evening_hours_out
    from outage_hours
    group by feeder, cast(hour_start as date)

)

select * from final
