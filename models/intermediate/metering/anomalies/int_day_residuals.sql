-- Each meter's level against its own, of working days or of weekends, and against its peers' of the
-- same day: what season, weekday and shedding do to all of them cancels. One model, though long: a
-- table between two steps would be one more copy of every day.

with days as (

    select
        *,
        {{ iso_day_of_week('read_on') }} >= 6 as is_weekend
    from {{ ref('int_judged_days') }}

),

own as (

    select
        place_id,
        is_weekend,
        cast({{ quantile_of('level_log', 0.5) }} as decimal(9, 4)) as own_level,
        {{ quantile_of('night_log', 0.5) }} as own_night
    from days
    group by place_id, is_weekend

),

centred as (

    select
        days.*,
        cast(days.level_log - own.own_level as decimal(9, 4)) as level_off,
        cast(days.night_log - own.own_night as decimal(9, 4)) as night_off
    from days
    inner join own
        on
        days.place_id = own.place_id
        and days.is_weekend = own.is_weekend

),

type_days as (

    select
        consumer_type,
        read_on,
        count(*) as meters,
        {{ quantile_of('level_off', 0.5) }} as level_off,
        {{ quantile_of('night_off', 0.5) }} as night_off
    from centred
    group by consumer_type, read_on

),

schedule_days as (

    select
        rate_schedule,
        read_on,
        count(*) as meters,
        {{ quantile_of('level_off', 0.5) }} as level_off,
        {{ quantile_of('night_off', 0.5) }} as night_off
    from centred
    group by rate_schedule, read_on

),

all_days as (

    select
        read_on,
        {{ quantile_of('level_off', 0.5) }} as level_off,
        {{ quantile_of('night_off', 0.5) }} as night_off
    from centred
    group by read_on

),

against_peers as (

    select
        centred.*,
        centred.level_off - case
            when type_days.meters >= {{ var('anomaly_min_peers') }} then type_days.level_off
            when schedule_days.meters >= {{ var('anomaly_min_peers') }}
                then schedule_days.level_off
            else all_days.level_off
        end as level_left,
        centred.night_off - case
            when type_days.meters >= {{ var('anomaly_min_peers') }} then type_days.night_off
            when schedule_days.meters >= {{ var('anomaly_min_peers') }}
                then schedule_days.night_off
            else all_days.night_off
        end as night_left
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
        case
            when count(*) >= {{ var('anomaly_min_peers') }}
                then {{ quantile_of('level_left', 0.5) }}
            else 0
        end as level_left
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
            cast(against_peers.supplied_hours as double) * exp(
                cast(
                    against_peers.level_log
                    - against_peers.level_left + feeder_days.level_left as double
                )
            ) as decimal(18, 3)
        ) as usual_kwh,
        cast(
            {{ clamp('against_peers.level_left - feeder_days.level_left', '-1.5', '1.5') }}
            as decimal(9, 4)
        ) as level_residual,
        case
            when against_peers.night_left is not null
                then cast(
                    {{ clamp('against_peers.night_left', '-1.5', '1.5') }} as decimal(9, 4)
                )
        end as night_residual
    from against_peers
    inner join feeder_days
        on
        against_peers.feeder is not distinct from feeder_days.feeder
        and against_peers.read_on = feeder_days.read_on

)

select * from final
