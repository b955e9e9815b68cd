-- What a meter registered on the days that can tell something: not cut off, supplied and read for
-- long enough. Interruptions never count, since the level is that of the hours supplied; zero runs
-- do count here, whatever stands in for them in bills: an hour that was not metered was not
-- registered. From the day a meter says nothing more of its own, nobody can tell what it would.
-- One model, though long: a table between two steps would be one more copy of every day.

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
        daily.meter_number,
        meters.consumer_type,
        meters.rate_schedule,
        meters.feeder,
        daily.read_on,
        daily.hours_expected - coalesce(feeder_day_outages.hours_out, 0) as supplied_hours,
        daily.hours_valid,
        daily.outage_hours,
        daily.validated_kwh,
        daily.night_kwh,
        daily.sag_hours,
        least(
            daily.zero_run_hours,
            daily.hours_expected - coalesce(feeder_day_outages.hours_out, 0)
        ) as zero_hours
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

-- on the day of a replacement the meter that was read longer tells it
ranked as (

    select
        *,
        row_number() over (
            partition by place_id, read_on
            order by hours_valid desc, meter_id asc
        ) as day_rank
    from supplied

),

registered as (

    select
        *,
        cast(
            validated_kwh * cast(
                1 - cast(zero_hours as double) / cast(supplied_hours as double) as decimal(9, 6)
            ) as decimal(18, 3)
        ) as registered_kwh
    from ranked
    where day_rank = 1

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
        hours_valid,
        zero_hours,
        sag_hours,
        registered_kwh,
        night_kwh,
        cast(
            ln(
                greatest(
                    cast(registered_kwh as double) / cast(supplied_hours as double),
                    {{ var('anomaly_min_kw') }}
                )
            ) as decimal(9, 4)
        ) as level_log,
        -- the night against the day, on days without any interruption
        case
            when outage_hours = 0 and zero_hours = 0
                then cast(
                    ln(
                        greatest(cast(night_kwh as double) / 6, {{ var('anomaly_min_kw') }})
                        / greatest(
                            cast(validated_kwh - night_kwh as double) / 18,
                            {{ var('anomaly_min_kw') }}
                        )
                    ) as decimal(9, 4)
                )
        end as night_log
    from registered

)

select * from final
