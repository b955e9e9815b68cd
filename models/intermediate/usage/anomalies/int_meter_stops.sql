-- A meter that has stopped registers nothing, or the same every hour, from some day to its last,
-- while its feeder is supplied. One model: a table between two steps would copy every day.

with daily as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

cut_off_spells as (

    select * from {{ ref('int_meter_versions') }}
    where {{ is_cut_off('status') }}

),

feeder_day_outages as (

    select * from {{ ref('int_feeder_day_outages') }}

),

-- a meter that repeats its last value reports the same peak every day; a register that has stopped
-- reports zeros
repeated as (

    select
        *,
        peak_demand_kw in (
            lag(peak_demand_kw) over (partition by meter_number order by read_on),
            lead(peak_demand_kw) over (partition by meter_number order by read_on)
        ) as repeats_peak
    from daily
    where kwh_valid > 0 or zero_run_hours >= {{ var('failure_min_hours') }}

),

read_days as (

    select
        meters.meter_id,
        meters.feeder,
        repeated.read_on,
        repeated.kwh_valid = 0
        and repeated.zero_run_hours >= {{ var('failure_min_hours') }} as is_dead,
        repeated.kwh_valid > 0
        and repeated.register_hours = 0
        and coalesce(repeated.repeats_peak, false)
        and repeated.hours_valid - coalesce(feeder_day_outages.hours_out, 0)
        >= {{ var('failure_min_hours') }}
        and cast(repeated.kwh_valid as double)
        >= cast(repeated.peak_demand_kw as double)
        * cast(repeated.hours_valid - coalesce(feeder_day_outages.hours_out, 0) as double)
        * {{ var('failure_frozen_share') }} as is_frozen
    from repeated
    inner join meters
        on repeated.meter_number = meters.meter_number
    left join cut_off_spells
        on
        meters.meter_id = cut_off_spells.meter_id
        and repeated.read_on >= cut_off_spells.valid_from
        and repeated.read_on < cut_off_spells.valid_to
    left join feeder_day_outages
        on
        meters.feeder = feeder_day_outages.feeder
        and repeated.read_on = feeder_day_outages.read_on
    where cut_off_spells.meter_id is null

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

-- from its day to the last, the days for a stop less those against it: a day with normal readings
-- outweighs several; few meters are ever silent, and the sums of the others would be zero
summed as (

    select
        judged.meter_id,
        judged.read_on,
        judged.is_stopped,
        judged.is_dead,
        sum(case when judged.is_stopped then 1 else -{{ var('failure_healthy_weight') }} end)
            over to_the_last as weight,
        count(*) filter (where judged.is_stopped) over to_the_last as stopped_days,
        count(*) filter (where judged.is_dead) over to_the_last as dead_days,
        max(judged.read_on) over (partition by judged.meter_id) as last_read_on
    from judged
    where
        judged.meter_id in (
            select stopped.meter_id from judged as stopped
            where stopped.is_stopped
        )
    window
        to_the_last as (
            partition by judged.meter_id
            order by judged.read_on rows between current row and unbounded following
        )

),

final as (

    select
        meter_id,
        read_on as stopped_on,
        last_read_on as last_stopped_on,
        stopped_days,
        dead_days
    from summed
    where weight > 0 and is_stopped
    qualify row_number() over (partition by meter_id order by weight desc, read_on asc) = 1

)

select * from final
