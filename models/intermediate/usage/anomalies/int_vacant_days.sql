-- Days on which the place was empty: a small part of the usual load, and the same at all hours.
-- Bypassing the meter does not change the shape of the day; where the usual day is as flat, only a
-- load below what theft would leave shows that the place is empty.

with days as (

    select * from {{ ref('int_judged_days') }}

),

usual as (

    select
        place_id,
        {{ quantile_of('read_log', 0.75) }} as read_log,
        {{ quantile_of('evening_log - night_log', 0.5) }} as evening_shape
    from days
    group by place_id

),

low_days as (

    select
        days.place_id,
        days.read_on,
        usual.evening_shape as usual_shape,
        days.read_log - usual.read_log as read_off,
        -- the median over some days, since estimates have the shape of the days before
        {{ quantile_of('days.evening_log - days.night_log', 0.5) }} over near as evening_shape,
        {{ quantile_of('days.light_log - greatest(days.evening_log, days.night_log)', 0.5) }}
            over near as light_shape
    from days
    inner join usual
        on days.place_id = usual.place_id
    where days.read_log - usual.read_log < ln({{ var('empty_max_share') }})
    window
        near as (
            partition by days.place_id
            order by days.read_on rows between 4 preceding and 4 following
        )

),

final as (

    select
        place_id,
        read_on
    from low_days
    where
        abs(evening_shape) < {{ var('empty_max_shape') }}
        and light_shape < {{ var('empty_max_shape') }}
        and (
            read_off < ln({{ var('empty_flat_share') }})
            or abs(usual_shape) > {{ var('empty_max_shape') }} * 1.5
        )

)

select * from final
