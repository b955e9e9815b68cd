-- Longer than others, because a reading is judged, estimated and written in one pass: a step of
-- its own would be one more copy of all. Only days of which nothing is held are made. Nothing here
-- looks at a later day.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_changed_meter_days(ref('int_meter_days'), validated_reading_figures(), var('profile_days')) }}",
) }}

with readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted

),

silent_hours as (

    select * from {{ ref('int_silent_hours') }}

),

outage_hours as (

    select * from {{ ref('int_outage_hours') }}

),

-- the days to make, and those before them that estimates look back on
days as (

    {{ meter_days_to_make(var('profile_days')) }}

),

told as (

    select
        meter_number,
        read_at,
        read_on,
        kwh,
        voltage,
        quality,
        is_repeated,
        is_conflicting,
        batch_no
    from readings
    union all
    select
        meter_number,
        read_at,
        read_on,
        cast(null as decimal(18, 3)) as kwh,
        cast(null as decimal(18, 3)) as voltage,
        cast(null as {{ dbt.type_string() }}) as quality,
        false as is_repeated,
        false as is_conflicting,
        cast(null as integer) as batch_no
    from silent_hours

),

hours as (

    select
        told.*,
        days.feeder,
        days.plausible_kwh,
        days.outage_minutes as feeder_outage_minutes,
        days.is_due,
        cast(extract(hour from told.read_at) as integer) as hour_of_day,
        ({{ hour_bit('told.read_at') }} & days.expected_hours) > 0 as is_expected,
        ({{ hour_bit('told.read_at') }} & days.outage_hours) > 0 as is_in_outage,
        ({{ hour_bit('told.read_at') }} & days.off_hours) > 0 as is_disconnected,
        ({{ hour_bit('told.read_at') }} & (days.outage_hours | days.off_hours)) = 0 as is_supplied
    from told
    inner join days
        on told.meter_number = days.meter_number and told.read_on = days.read_on

),

-- what stands beside a reading on its day
compared as (

    select
        *,
        greatest(
            lag(case when is_supplied and kwh > 0 then kwh end) over by_day,
            lead(case when is_supplied and kwh > 0 then kwh end) over by_day
        ) as neighbour_kwh,
        {{ hours_in_a_row('is_supplied and kwh = 0', var('zero_run_min_hours')) }} as idle_hours,
        max(case when is_supplied then kwh end) over of_day as most_kwh,
        count(case when is_supplied then kwh end) over of_day as told_hours
    from hours
    window
        of_day as (partition by meter_number, read_on),
        by_day as (partition by meter_number, read_on order by read_at)

),

flagged as (

    select
        *,
        {{ reading_flags() }}
    from compared

),

-- estimates rest on what is taken as read while there was supply
believed as (

    select
        *,
        {{ is_taken_as_read() }} as is_as_read,
        case when {{ is_taken_as_read() }} and is_supplied then kwh end as anchor_kwh
    from flagged

),

-- the nearest of them on the same day, and all of the day
surrounded as (

    select
        *,
        {{ values_around('anchor_kwh', 'by_day', var('interpolation_max_hours')) }},
        {{ mean_over('anchor_kwh', 'of_day') }} as day_mean_kwh
    from believed
    window
        of_day as (partition by meter_number, read_on),
        by_day as (partition by meter_number, read_on order by read_at)

),

-- and those of the same hour on the days before
remembered as (

    select
        *,
        coalesce({{ mean_over('anchor_kwh', 'history') }}, day_mean_kwh) as usual_kwh,
        case when is_supplied then {{ value_between(var('interpolation_max_hours')) }} end
            as bridged_kwh,
        case when is_in_outage and not is_as_read then feeder end as asking_feeder
    from surrounded
    window history as (
        partition by meter_number, hour_of_day
        order by read_on
        range between interval {{ var('profile_days') }} day preceding and interval 1 day preceding
    )

),

-- what nobody read took as much of its usual share as there was supply
estimated as (

    select
        remembered.*,
        case when remembered.is_disconnected then 0 else 1 end
        * coalesce(60 - outage_hours.outage_minutes, 60) / cast(60 as double) as supplied_share
    from remembered
    left join outage_hours
        on
        remembered.asking_feeder = outage_hours.feeder
        and remembered.read_at = outage_hours.hour_start
    where remembered.is_due

),

final as (

    select
        meter_number,
        read_at,
        read_on,
        hour_of_day,
        is_expected,
        kwh,
        voltage,
        quality,
        kwh is null as is_missing,
        is_repeated as is_duplicate,
        is_conflicting,
        is_negative,
        is_spike,
        is_zero_run,
        is_voltage_sag,
        is_reverse_energy,
        is_estimated,
        is_in_outage,
        is_disconnected,
        {{ validated_energy() }},
        plausible_kwh,
        feeder_outage_minutes,
        batch_no
    from estimated

)

select * from final
