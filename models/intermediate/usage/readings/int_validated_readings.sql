-- A reading is judged and written in one pass, by what is known of its day: nothing is sorted. Only
-- days without stored rows of their version are built. Long because of its columns.
{%- set missing_days = missing_days(ref('int_validated_days')) %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_stale_days(ref('int_validated_days')) }}",
) }}

with days as (

    select * from {{ ref('int_validated_days') }}
    {% if is_incremental() %}where (meter_number, read_on) in ({{ missing_days }}){% endif %}

),

readings as (

    select * from {{ ref('int_hourly_readings') }}

),

missing_hours as (

    select * from {{ ref('int_missing_hours') }}

),

estimated_hours as (

    select * from {{ ref('int_estimated_hours') }}

),

reported as (

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
    from missing_hours

),

hours as (

    select
        reported.*,
        cast(extract(hour from reported.read_at) as integer) as hour_of_day,
        {{ hour_bit('reported.read_at') }} as in_hour,
        days.expected_hours,
        days.outage_hours,
        days.off_hours,
        days.zero_run_hours,
        days.spike_hours,
        days.trusted_hours,
        days.allocated_hours,
        days.day_version
    from reported
    inner join days
        on reported.meter_number = days.meter_number and reported.read_on = days.read_on

),

final as (

    select
        hours.meter_number,
        hours.read_at,
        hours.read_on,
        hours.hour_of_day,
        (hours.expected_hours & hours.in_hour) > 0 as is_expected,
        hours.kwh,
        hours.voltage,
        hours.quality,
        hours.kwh is null as is_missing,
        hours.is_repeated as is_duplicate,
        hours.is_conflicting,
        coalesce(hours.kwh < 0 and hours.quality is distinct from 'reverse', false) as is_negative,
        (hours.spike_hours & hours.in_hour) > 0 as is_spike,
        (hours.zero_run_hours & hours.in_hour) > 0 as is_zero_run,
        coalesce(
            ((hours.outage_hours | hours.off_hours) & hours.in_hour) = 0
            and hours.voltage < {{ var('nominal_voltage') * var('voltage_sag_share') }},
            false
        ) as is_voltage_sag,
        coalesce(hours.quality = 'reverse', false) as is_reverse_energy,
        coalesce(hours.quality = 'estimated', false) as is_estimated,
        (hours.outage_hours & hours.in_hour) > 0 as is_in_outage,
        (hours.off_hours & hours.in_hour) > 0 as is_disconnected,
        case
            when ((hours.trusted_hours | hours.allocated_hours) & hours.in_hour) > 0 then hours.kwh
            else estimated_hours.estimated_kwh
        end as validated_kwh,
        case
            when (hours.trusted_hours & hours.in_hour) > 0 then 'as_read'
            when (hours.allocated_hours & hours.in_hour) > 0 then 'allocated'
            when estimated_hours.estimated_kwh is null then 'none'
            when estimated_hours.is_interpolated then 'interpolated'
            else 'profile_estimate'
        end as validation_method,
        hours.batch_no,
        hours.day_version
    from hours
    left join estimated_hours
        on
        hours.meter_number = estimated_hours.meter_number
        and hours.read_at = estimated_hours.read_at

)

select * from final
