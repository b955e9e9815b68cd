-- What a meter registered on the days that can be judged: not cut off, supplied and read for long
-- enough. Interruptions never count, since the level is that of the hours supplied; zero runs do
-- count here, whatever replaces them in bills: an hour that was not metered was not registered.
-- From the day a meter sends nothing more of its own, there is nothing to judge. One model, though
-- long: a table between two steps would be one more copy of every day.

with daily as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}
    where not is_feeder_meter

),

feeder_day_outages as (

    select * from {{ ref('int_feeder_day_outages') }}

),

places as (

    select * from {{ ref('int_metered_places') }}

),

cut_off_spells as (

    select * from {{ ref('int_meter_versions') }}
    where {{ is_cut_off('status') }}

),

stops as (

    select * from {{ ref('int_meter_stops') }}

),

supplied as (

    select
        places.place_id,
        meters.meter_id,
        meters.consumer_type,
        meters.rate_schedule,
        meters.feeder,
        daily.*,
        coalesce(feeder_day_outages.hours_out, 0) as hours_out,
        daily.hours_expected - coalesce(feeder_day_outages.hours_out, 0) as supplied_hours,
        6 - coalesce(feeder_day_outages.night_hours_out, 0) as night_hours,
        6 - coalesce(feeder_day_outages.evening_hours_out, 0) as evening_hours
    from daily
    inner join meters
        on daily.meter_number = meters.meter_number
    inner join places
        on meters.meter_id = places.meter_id
    left join feeder_day_outages
        on
        meters.feeder = feeder_day_outages.feeder
        and daily.read_on = feeder_day_outages.read_on
    left join cut_off_spells
        on
        meters.meter_id = cut_off_spells.meter_id
        and daily.read_on >= cut_off_spells.valid_from
        and daily.read_on < cut_off_spells.valid_to
    left join stops
        on
        meters.meter_id = stops.meter_id
        and daily.read_on >= {{ day_add('stops.stopped_on', -1) }}
    where
        cut_off_spells.meter_id is null
        and stops.meter_id is null
        and daily.hours_expected - coalesce(feeder_day_outages.hours_out, 0)
        >= {{ var('anomaly_min_supplied_hours') }}
        and daily.hours_valid + daily.zero_run_hours >= {{ var('anomaly_min_read_hours') }}

),

-- the day of a replacement is taken from the meter that was read longer
ranked as (

    select
        *,
        least(zero_run_hours, supplied_hours) as zero_hours,
        supplied_hours - night_hours - evening_hours as light_hours,
        registered_kwh - registered_night_kwh - registered_evening_kwh as registered_light_kwh,
        row_number() over (
            partition by place_id, read_on
            order by hours_valid desc, meter_id asc
        ) as day_rank
    from supplied

),

final as (

    select
        place_id,
        meter_id,
        meter_number,
        consumer_type,
        rate_schedule,
        feeder,
        read_on,
        supplied_hours,
        night_hours + evening_hours as dark_hours,
        light_hours,
        hours_valid,
        zero_hours,
        sag_hours,
        registered_kwh,
        night_kwh,
        peak_demand_kw,
        {{ load_log('kwh_valid', 'hours_valid + zero_hours - hours_out') }} as read_log,
        {{ load_log(
            'registered_night_kwh + registered_evening_kwh', 'night_hours + evening_hours'
        ) }} as dark_log,
        {{ load_log('registered_light_kwh', 'light_hours') }} as light_log,
        {{ load_log('registered_night_kwh', 'night_hours') }} as night_log,
        {{ load_log('registered_evening_kwh', 'evening_hours') }} as evening_log
    from ranked
    where day_rank = 1

)

select * from final
