-- Each meter's level against its own, of working days or of weekends, and against its peers' of the
-- same day: what season, weekday and shedding do to all of them cancels. The level is that of the
-- hours without sun. One model, though long: a table between two steps would be one more copy of
-- every day.

{%- set parts = ['dark', 'light', 'night', 'evening', 'ratio'] %}

with judged as (

    select * from {{ ref('int_judged_days') }}

),

empty_days as (

    select * from {{ ref('int_empty_days') }}

),

tenancies as (

    select * from {{ ref('int_tenancies') }}

),

-- who leaves or comes back does so in the middle of a day
left_out as (

    select
        place_id,
        {{ day_add('read_on', 'days_off') }} as read_on
    from empty_days
    cross join (values (-1), (0), (1)) as around (days_off)
    group by place_id, {{ day_add('read_on', 'days_off') }}

),

days as (

    select
        judged.*,
        tenancies.began_on as tenancy_from,
        case when judged.is_whole then judged.night_log - judged.light_log end as ratio_log,
        judged.evening_log - judged.light_log as shape_log,
        {{ iso_day_of_week('judged.read_on') }} >= 6 as is_weekend
    from judged
    inner join tenancies
        on
        judged.place_id = tenancies.place_id
        and judged.read_on >= tenancies.began_on
        and judged.read_on < tenancies.ended_on
    left join left_out
        on
        judged.place_id = left_out.place_id
        and judged.read_on = left_out.read_on
    where left_out.place_id is null

),

own as (

    select
        place_id,
        tenancy_from,
        is_weekend,
        {% for part in parts -%}
        cast({{ quantile_of(part ~ '_log', 0.5) }} as decimal(9, 4)) as {{ part }}_log
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from days
    group by place_id, tenancy_from, is_weekend

),

centred as (

    select
        days.*,
        {% for part in parts -%}
        cast(days.{{ part }}_log - own.{{ part }}_log as decimal(9, 4)) as {{ part }}_off
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from days
    inner join own
        on
        days.place_id = own.place_id
        and days.tenancy_from = own.tenancy_from
        and days.is_weekend = own.is_weekend

),

type_days as (

    select
        consumer_type,
        read_on,
        count(*) as meters,
        {{ quantile_of('shape_log', 0.5) }} as shape_log,
        {% for part in parts -%}
        {{ quantile_of(part ~ '_off', 0.5) }} as {{ part }}_off
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from centred
    group by consumer_type, read_on

),

schedule_days as (

    select
        rate_schedule,
        read_on,
        count(*) as meters,
        {{ quantile_of('shape_log', 0.5) }} as shape_log,
        {% for part in parts -%}
        {{ quantile_of(part ~ '_off', 0.5) }} as {{ part }}_off
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from centred
    group by rate_schedule, read_on

),

all_days as (

    select
        read_on,
        {{ quantile_of('shape_log', 0.5) }} as shape_log,
        {% for part in parts -%}
        {{ quantile_of(part ~ '_off', 0.5) }} as {{ part }}_off
        {{- '' if loop.last else ',' }}
        {% endfor %}
    from centred
    group by read_on

),

against_peers as (

    select
        centred.*,
        {% for part in parts -%}
        centred.{{ part }}_off - case
            when type_days.meters >= {{ var('anomaly_min_peers') }} then type_days.{{ part }}_off
            when schedule_days.meters >= {{ var('anomaly_min_peers') }}
                then schedule_days.{{ part }}_off
            else all_days.{{ part }}_off
        end as {{ part }}_left,
        {% endfor -%}
        centred.shape_log - case
            when type_days.meters >= {{ var('anomaly_min_peers') }} then type_days.shape_log
            when schedule_days.meters >= {{ var('anomaly_min_peers') }}
                then schedule_days.shape_log
            else all_days.shape_log
        end as shape_left
    from centred
    inner join type_days
        on
        centred.consumer_type is not distinct from type_days.consumer_type
        and centred.read_on = type_days.read_on
    inner join schedule_days
        on
        centred.rate_schedule is not distinct from schedule_days.rate_schedule
        and centred.read_on = schedule_days.read_on
    inner join all_days
        on centred.read_on = all_days.read_on

),

-- interruptions leave the same mark on every meter of the feeder
feeder_days as (

    select
        feeder,
        read_on,
        case when count(*) >= {{ var('anomaly_min_peers') }}
            then {{ quantile_of('dark_left', 0.5) }} else 0 end as dark_left,
        case when count(*) >= {{ var('anomaly_min_peers') }}
            then {{ quantile_of('light_left', 0.5) }} else 0 end as light_left
    from against_peers
    group by feeder, read_on

),

final as (

    select
        against_peers.place_id,
        against_peers.meter_id,
        against_peers.meter_number,
        against_peers.feeder,
        against_peers.read_on,
        against_peers.supplied_hours,
        against_peers.hours_valid,
        against_peers.zero_hours,
        against_peers.sag_hours,
        against_peers.registered_kwh,
        against_peers.night_kwh,
        -- what the meter would register at the level it has in the middle
        cast(
            cast(against_peers.dark_hours as double) * exp(cast(
                against_peers.dark_log - against_peers.dark_left + feeder_days.dark_left as double
            ))
            + cast(against_peers.light_hours as double) * exp(cast(
                against_peers.light_log - against_peers.light_left + feeder_days.light_left
                as double
            )) as decimal(18, 3)
        ) as usual_kwh,
        {{ residual('against_peers.dark_left - feeder_days.dark_left') }} as level_residual,
        {{ residual('against_peers.light_left - feeder_days.light_left') }} as light_residual,
        {{ residual('against_peers.ratio_left') }} as night_residual,
        {{ residual('against_peers.night_left - feeder_days.dark_left') }} as night_level_residual,
        {{ residual('against_peers.evening_left - feeder_days.dark_left') }} as evening_residual,
        cast(against_peers.shape_left as decimal(9, 4)) as shape_off
    from against_peers
    inner join feeder_days
        on
        against_peers.feeder is not distinct from feeder_days.feeder
        and against_peers.read_on = feeder_days.read_on
    where against_peers.dark_left is not null and against_peers.light_left is not null

)

select * from final
