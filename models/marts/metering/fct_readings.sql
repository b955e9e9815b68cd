-- depends_on: {{ ref('int_validated_days') }}
{%- set missing_days = missing_days(ref('int_validated_days'), until=as_of_date()) %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_stale_days(ref('int_validated_days'), until=as_of_date()) }}",
) }}

with validated as (

    select * from {{ ref('int_validated_readings') }}
    {% if is_incremental() %}where (meter_number, read_on) in ({{ missing_days }}){% endif %}

),

readings as (

    select * from validated
    where read_on <= {{ as_of_date() }}

),

final as (

    select
        meter_number,
        read_at,
        read_on,
        hour_of_day as time_key,
        kwh,
        voltage,
        quality,
        validated_kwh,
        validation_method,
        is_expected,
        is_missing,
        is_duplicate,
        is_negative,
        is_spike,
        is_zero_run,
        is_voltage_sag,
        is_reverse_energy,
        is_estimated,
        is_in_outage,
        day_version
    from readings

)

select * from final
