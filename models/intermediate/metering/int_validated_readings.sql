-- Longer than others, because a reading is judged, estimated and written in one pass: a step of its own would be
-- one more copy of every reading. Only days of which nothing is held are made, see `forget_changed_meter_days`,
-- with the days before them that estimates look back on. Nothing here looks at a later day.
{%- set run_hours = var('zero_run_min_hours') -%}
{%- set gap_hours = var('interpolation_max_hours') -%}
{%- set history_days = var('profile_days') %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ forget_changed_meter_days(ref('int_meter_days'), validated_reading_figures(), var('profile_days')) }}",
) }}

with readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted

),

meter_days as (

    select * from {{ ref('int_meter_days') }}

),

outage_hours as (

    select * from {{ ref('int_outage_hours') }}

),

unheld_days as (

    {{ unheld_meter_days() }}

),

-- a day is made if nothing is held of it, and looked at if it comes shortly before such a day
looked_at as (

    select
        meter_days.*,
        unheld_days.meter_number is not null as is_due,
        max(case when unheld_days.meter_number is not null then 1 else 0 end) over (
            partition by meter_days.meter_number
            order by meter_days.read_on
            range between current row and interval {{ history_days }} day following
        ) as is_wanted
    from meter_days
    left join unheld_days
        on
        meter_days.meter_number = unheld_days.meter_number
        and meter_days.read_on = unheld_days.read_on

),

days as (

    select * from looked_at
    where is_wanted = 1

),

-- the hours of a day on which nothing landed
silent_days as (

    select
        *,
        cast({{ each_integer('0', '23') }} as integer) as hour_of_day
    from days
    where (expected_hours | landed_hours) != landed_hours

),

hours as (

    select
        days.meter_number,
        readings.read_at,
        days.read_on,
        cast(extract(hour from readings.read_at) as integer) as hour_of_day,
        days.feeder,
        days.plausible_kwh,
        days.expected_hours,
        days.outage_hours,
        days.off_hours,
        days.outage_minutes,
        days.is_due,
        readings.kwh,
        readings.voltage,
        readings.quality,
        readings.is_repeated,
        readings.is_conflicting,
        readings.batch_no
    from readings
    inner join days
        on readings.meter_number = days.meter_number and readings.read_on = days.read_on
    union all
    select
        meter_number,
        cast({{ dbt.dateadd('hour', 'hour_of_day', 'cast(read_on as timestamp)') }} as timestamp) as read_at,
        read_on,
        hour_of_day,
        feeder,
        plausible_kwh,
        expected_hours,
        outage_hours,
        off_hours,
        outage_minutes,
        is_due,
        cast(null as decimal(18, 3)) as kwh,
        cast(null as decimal(18, 3)) as voltage,
        cast(null as {{ dbt.type_string() }}) as quality,
        false as is_repeated,
        false as is_conflicting,
        cast(null as integer) as batch_no
    from silent_days
    -- the hour's bit is set among those expected and not among those that landed
    where (expected_hours >> hour_of_day) & 1 = 1 and (landed_hours >> hour_of_day) & 1 = 0

),

situated as (

    select
        *,
        (expected_hours >> hour_of_day) & 1 = 1 as is_expected,
        (outage_hours >> hour_of_day) & 1 = 1 as is_in_outage,
        (off_hours >> hour_of_day) & 1 = 1 as is_disconnected,
        coalesce(kwh = 0 and ((outage_hours | off_hours) >> hour_of_day) & 1 = 0, false) as is_idle,
        case when kwh > 0 and ((outage_hours | off_hours) >> hour_of_day) & 1 = 0 then kwh end
            as supplied_kwh
    from hours

),

-- what stands beside a reading on its day
compared as (

    select
        *,
        greatest(
            lag(supplied_kwh) over by_day,
            lead(supplied_kwh) over by_day
        ) as neighbour_kwh,
        greatest(
            {%- for before in range(run_hours) %}
            sum(case when is_idle then 1 else 0 end) over (
                partition by meter_number, read_on
                order by read_at
                rows between {{ before }} preceding and {{ run_hours - 1 - before }} following
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as idle_hours
    from situated
    window by_day as (partition by meter_number, read_on order by read_at)

),

flagged as (

    select
        *,
        coalesce(kwh < 0 and quality is distinct from 'reverse', false) as is_negative,
        coalesce(quality = 'reverse', false) as is_reverse_energy,
        coalesce(quality = 'estimated', false) as is_estimated,
        is_idle and idle_hours >= {{ run_hours }} as is_zero_run,
        coalesce(
            kwh > plausible_kwh
            or (
                kwh > {{ var('spike_min_kwh') }}
                and cast(kwh as double) > {{ var('spike_neighbour_factor') }} * cast(neighbour_kwh as double)
            ),
            false
        ) as is_spike,
        coalesce(
            voltage < {{ var('nominal_voltage') }} * {{ var('voltage_sag_share') }}
            and not is_in_outage and not is_disconnected,
            false
        ) as is_voltage_sag
    from compared

),

believed as (

    select
        *,
        is_expected and kwh is not null and not is_conflicting and not is_negative and not is_reverse_energy
        and not is_estimated and not is_zero_run and not is_spike as is_as_read
    from flagged

),

-- what estimates may rest on: readings taken as read while there was supply
anchored as (

    select
        *,
        case when is_as_read and not is_in_outage and not is_disconnected then kwh end as anchor_kwh
    from believed

),

-- the nearest of them on the same day, and all of the day
surrounded as (

    select
        *,
        {%- for hour in range(1, gap_hours + 1) %}
        lag(anchor_kwh, {{ hour }}) over by_day as before_{{ hour }},
        lead(anchor_kwh, {{ hour }}) over by_day as after_{{ hour }},
        {%- endfor %}
        sum(anchor_kwh) over (partition by meter_number, read_on) as day_kwh,
        count(anchor_kwh) over (partition by meter_number, read_on) as day_hours
    from anchored
    window by_day as (partition by meter_number, read_on order by read_at)

),

-- and those of the same hour on the days before
remembered as (

    select
        *,
        sum(anchor_kwh) over history as history_kwh,
        count(anchor_kwh) over history as history_hours,
        {{ nearest_hour('before', gap_hours) }} as hours_before,
        {{ nearest_hour('after', gap_hours) }} as hours_after
    from surrounded
    window history as (
        partition by meter_number, hour_of_day
        order by read_on
        range between interval {{ history_days }} day preceding and interval 1 day preceding
    )

),

asking as (

    select
        *,
        coalesce(
            not is_in_outage and not is_disconnected and hours_before + hours_after <= {{ gap_hours + 1 }},
            false
        ) as is_bridged,
        case when is_in_outage and not is_as_read then feeder end as asking_feeder
    from remembered
    where is_due

),

-- what nobody read took as much of its usual share as there was supply
estimated as (

    select
        asking.*,
        case
            when asking.is_disconnected then 0
            else 1 - cast(coalesce(outage_hours.outage_minutes, 0) as double) / 60
        end as supplied_share,
        case
            when asking.history_hours > 0
                then cast(asking.history_kwh as double) / asking.history_hours
            else cast(asking.day_kwh as double) / nullif(asking.day_hours, 0)
        end as usual_kwh
    from asking
    left join outage_hours
        on asking.asking_feeder = outage_hours.feeder and asking.read_at = outage_hours.hour_start

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
        case
            when is_as_read then kwh
            when not is_expected then null
            when is_bridged
                then cast(
                    {{ nearest_value('before', gap_hours) }} + (
                        {{ nearest_value('after', gap_hours) }} - {{ nearest_value('before', gap_hours) }}
                    ) * hours_before / nullif(hours_before + hours_after, 0)
                    as decimal(18, 3)
                )
            when supplied_share = 0 then 0
            else cast(usual_kwh * supplied_share as decimal(18, 3))
        end as validated_kwh,
        case
            when is_as_read then 'as_read'
            when not is_expected then 'none'
            when is_bridged then 'interpolated'
            when supplied_share = 0 or usual_kwh is not null then 'profile_estimate'
            else 'none'
        end as validation_method,
        plausible_kwh,
        outage_minutes as feeder_outage_minutes,
        batch_no
    from estimated

)

select * from final
