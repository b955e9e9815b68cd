-- A meter that has stopped registers nothing, or the same every hour, from some day to its last,
-- while its feeder is supplied and its neighbours go on.

with daily as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

cut_off_spells as (

    select * from {{ ref('int_meter_versions') }}
    where status in ('Suspended', 'Disconnected')

),

read_days as (

    select
        meters.meter_id,
        meters.feeder,
        daily.read_on,
        daily.kwh_valid,
        daily.kwh_valid = 0 and daily.zero_run_hours >= {{ var('failure_min_hours') }} as is_dead,
        daily.kwh_valid > 0
        and daily.hours_valid - daily.outage_hours >= {{ var('failure_min_hours') }}
        and daily.kwh_valid
        >= daily.peak_demand_kw * (daily.hours_valid - daily.outage_hours)
        * {{ var('failure_frozen_share') }} as is_frozen
    from daily
    inner join meters
        on daily.meter_number = meters.meter_number
    left join cut_off_spells
        on
        meters.meter_id = cut_off_spells.meter_id
        and daily.read_on >= cut_off_spells.valid_from
        and daily.read_on < cut_off_spells.valid_to
    where
        cut_off_spells.meter_id is null
        and (
            daily.kwh_valid > 0 or daily.zero_run_hours >= {{ var('failure_min_hours') }}
        )

),

-- a feeder of which most meters are silent is not supplied, whatever the outages say
feeder_days as (

    select
        feeder,
        read_on,
        count(*) as meters,
        count(*) filter (where is_dead) as dead_meters
    from read_days
    group by feeder, read_on

),

judged as (

    select
        read_days.*,
        read_days.is_dead or read_days.is_frozen as is_stopped
    from read_days
    inner join feeder_days
        on
        read_days.feeder is not distinct from feeder_days.feeder
        and read_days.read_on = feeder_days.read_on
    where
        not read_days.is_dead
        or feeder_days.meters < {{ var('anomaly_min_peers') }}
        or feeder_days.dead_meters
        <= feeder_days.meters * {{ var('failure_max_silent_share') }}

),

last_healthy as (

    select
        meter_id,
        max(read_on) filter (where not is_stopped) as last_healthy_on
    from judged
    group by meter_id

),

final as (

    select
        judged.meter_id,
        min(judged.read_on) as stopped_on,
        max(judged.read_on) as last_stopped_on,
        count(*) as stopped_days,
        count(*) filter (where judged.is_dead) as dead_days
    from judged
    inner join last_healthy
        on judged.meter_id = last_healthy.meter_id
    where judged.read_on > coalesce(last_healthy.last_healthy_on, cast('1900-01-01' as date))
    group by judged.meter_id

)

select * from final
