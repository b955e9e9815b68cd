-- What is odd about a day's readings, all 24 hours at once: as bits of one number each, see
-- `int_reading_days`. A zero without supply is correct; with supply, several in a row are not valid
-- readings, nor are those of a day that has nothing else. One model, though long: a table between
-- two steps would be one more copy of every day.

{%- set missing_days = missing_days(ref('int_meter_days'), hours_stored='hours_wanted') %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_stale_days(ref('int_meter_days'), hours_stored='hours_wanted') }}",
) }}

with days as (

    select * from {{ ref('int_meter_days') }}
    {% if is_incremental() %}where (meter_number, read_on) in ({{ missing_days }}){% endif %}

),

readings as (

    select * from {{ ref('int_reading_days') }}

),

supplied as (

    select
        days.meter_number,
        days.read_on,
        days.feeder,
        days.plausible_kwh,
        days.expected_hours,
        days.landed_hours,
        days.outage_hours,
        days.off_hours,
        -- the hours of the sun grow longer from day to day
        days.usual_zero_hours | (days.usual_zero_hours << 1) | (days.usual_zero_hours >> 1)
            as usual_zero_hours,
        days.hours_wanted,
        days.day_version,
        coalesce(readings.read_hours, 0) & ~(days.outage_hours | days.off_hours) as reported_hours,
        coalesce(readings.positive_hours, 0)
        & ~(days.outage_hours | days.off_hours | coalesce(readings.implausible_hours, 0))
            as running_hours,
        coalesce(readings.zero_hours, 0) & ~(days.outage_hours | days.off_hours) as idle_hours,
        coalesce(readings.read_hours, 0) as read_hours,
        coalesce(readings.spread_hours, 0) as spread_hours,
        coalesce(readings.implausible_hours, 0) as implausible_hours,
        coalesce(readings.negative_hours, 0) as negative_hours,
        -- energy derived from a register was really taken, zeros included
        coalesce(readings.register_hours, 0) | coalesce(readings.spread_hours, 0) as exact_hours,
        coalesce(readings.negative_hours, 0) | coalesce(readings.reverse_hours, 0)
        | coalesce(readings.estimated_hours, 0) | coalesce(readings.conflicting_hours, 0)
        | coalesce(readings.implausible_hours, 0) as doubted_hours,
        readings.kwh_by_hour
    from days
    left join readings
        on days.meter_number = readings.meter_number and days.read_on = readings.read_on

),

-- what was taken while there was supply
summed as (

    select
        *,
        {{ sum_of_hours('kwh_by_hour', 'running_hours') }} as running_kwh
    from supplied

),

judged as (

    select
        *,
        case
            when running_hours = 0 and bit_count(reported_hours) >= {{ var('zero_run_min_hours') }}
                then idle_hours
            else {{ hours_in_a_row(
                '(idle_hours & ~exact_hours & ~usual_zero_hours)', var('zero_run_min_hours')
            ) }}
        end as zero_run_hours,
        cast({{ spike_hours(
            'kwh_by_hour', 'plausible_kwh', 'running_hours', 'running_kwh'
        ) }} as bigint) | (implausible_hours & ~negative_hours) as spike_hours
    from summed

),

-- nothing odd except, at most, the voltage
trusted as (

    select
        *,
        expected_hours & read_hours
        & ~(doubted_hours | (zero_run_hours & ~exact_hours) | spike_hours | spread_hours)
            as trusted_hours,
        expected_hours & read_hours & spread_hours & ~(doubted_hours | spike_hours)
            as allocated_hours
    from judged

),

-- estimates are based on hours taken as read while there was supply
anchored as (

    select
        *,
        expected_hours & ~(trusted_hours | allocated_hours) as gap_hours,
        (trusted_hours | allocated_hours) & ~(outage_hours | off_hours) as anchor_hours
    from trusted

),

final as (

    select
        meter_number,
        read_on,
        feeder,
        expected_hours,
        landed_hours,
        outage_hours,
        off_hours,
        zero_run_hours,
        spike_hours,
        trusted_hours,
        allocated_hours,
        gap_hours,
        cast(bit_count(gap_hours) as integer) as hours_to_estimate,
        {{ anchors_by_hour('kwh_by_hour', 'anchor_hours') }} as anchors_by_hour,
        cast({{ sum_of_hours('kwh_by_hour', 'anchor_hours') }} as double)
        / nullif(bit_count(anchor_hours), 0) as mean_anchor_kwh,
        hours_wanted,
        day_version
    from anchored

)

select * from final
