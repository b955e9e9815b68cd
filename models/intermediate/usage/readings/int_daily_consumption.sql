-- depends_on: {{ ref('int_validated_days') }}
{%- set missing_days = missing_days(ref('int_validated_days'), hours_stored='hours_held') %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_stale_days(ref('int_validated_days'), hours_stored='hours_held') }}",
) }}

with readings as (

    select * from {{ ref('int_validated_readings') }}
    {% if is_incremental() %}where (meter_number, read_on) in ({{ missing_days }}){% endif %}

),

register_days as (

    select
        meter_number,
        read_on,
        register_hours
    from {{ ref('int_reading_days') }}
    where register_hours > 0

),

added_up as (

    select
        meter_number,
        read_on,
        count(*) as hours_held,
        count(case when is_expected then 1 end) as hours_expected,
        count(case when is_expected then kwh end) as hours_read,
        count(case when validation_method = 'as_read' then 1 end) as hours_valid,
        count(case when validation_method in ('interpolated', 'profile_estimate') then 1 end)
            as hours_estimated,
        count(case when validation_method = 'allocated' then 1 end) as hours_allocated,
        count(case when is_in_outage then 1 end) as outage_hours,
        sum(case when validation_method = 'as_read' then kwh end) as kwh_valid,
        sum(case when validation_method = 'allocated' then kwh end) as allocated_kwh,
        sum(validated_kwh) as validated_kwh,
        -- energy and hour in one integer, the earlier hour the larger one
        max(
            case
                when validation_method = 'as_read'
                    then cast(kwh * 1000 as bigint) * 24 + 23 - hour_of_day
            end
        ) as peak,
        sum(case when hour_of_day < 6 then validated_kwh end) as night_kwh,
        -- an hour of a zero run is estimated, but was registered as zero
        sum(case when not is_zero_run then validated_kwh end) as registered_kwh,
        sum(case when hour_of_day < 6 and not is_zero_run then validated_kwh end)
            as registered_night_kwh,
        sum(case when hour_of_day >= 18 and not is_zero_run then validated_kwh end)
            as registered_evening_kwh,
        sum(case
            when is_negative then case when {{ is_beyond_any_meter('kwh') }} then 0 else kwh end
        end) as negative_kwh,
        count(case when is_negative then 1 end) as negative_hours,
        count(case when is_spike then 1 end) as spike_hours,
        count(case when is_zero_run then 1 end) as zero_run_hours,
        count(case when is_voltage_sag then 1 end) as sag_hours,
        count(case when is_reverse_energy then 1 end) as reverse_hours,
        count(case when is_duplicate then 1 end) as duplicate_hours,
        min(day_version) as day_version
    from readings
    group by meter_number, read_on

),

final as (

    select
        added_up.meter_number,
        added_up.read_on,
        cast(added_up.hours_held as integer) as hours_held,
        cast(added_up.hours_expected as integer) as hours_expected,
        cast(added_up.hours_read as integer) as hours_read,
        cast(added_up.hours_valid as integer) as hours_valid,
        cast(added_up.hours_estimated as integer) as hours_estimated,
        cast(added_up.hours_allocated as integer) as hours_allocated,
        cast(bit_count(coalesce(register_days.register_hours, 0)) as integer) as register_hours,
        cast(added_up.outage_hours as integer) as outage_hours,
        cast(coalesce(added_up.kwh_valid, 0) as decimal(18, 3)) as kwh_valid,
        cast(coalesce(added_up.allocated_kwh, 0) as decimal(18, 3)) as allocated_kwh,
        cast(added_up.validated_kwh as decimal(18, 3)) as validated_kwh,
        cast(
            cast(floor(added_up.peak / cast(24 as double)) as decimal(18, 0)) / 1000
            as decimal(18, 3)
        ) as peak_demand_kw,
        cast(23 - mod(added_up.peak, 24) as integer) as peak_hour,
        cast(coalesce(added_up.night_kwh, 0) as decimal(18, 3)) as night_kwh,
        cast(coalesce(added_up.registered_kwh, 0) as decimal(18, 3)) as registered_kwh,
        cast(coalesce(added_up.registered_night_kwh, 0) as decimal(18, 3)) as registered_night_kwh,
        cast(coalesce(added_up.registered_evening_kwh, 0) as decimal(18, 3))
            as registered_evening_kwh,
        cast(coalesce(added_up.negative_kwh, 0) as decimal(18, 3)) as negative_kwh,
        cast(added_up.negative_hours as integer) as negative_hours,
        cast(added_up.spike_hours as integer) as spike_hours,
        cast(added_up.zero_run_hours as integer) as zero_run_hours,
        cast(added_up.sag_hours as integer) as sag_hours,
        cast(added_up.reverse_hours as integer) as reverse_hours,
        cast(added_up.duplicate_hours as integer) as duplicate_hours,
        added_up.day_version
    from added_up
    left join register_days
        on
        added_up.meter_number = register_days.meter_number
        and added_up.read_on = register_days.read_on

)

select * from final
