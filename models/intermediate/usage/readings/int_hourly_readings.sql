-- Hourly readings, and hours derived from other readings. Energy that is only known from a register
-- read later, or from a day that is not over, is not known as of the date.
{{ config(materialized='view') }}

with readings as (

    select * from {{ ref('stg_metering__readings') }}
    where is_accepted and not is_part

),

derived_hours as (

    select * from {{ ref('int_derived_hours') }}

),

as_of as (

    select cast({{ day_add('as_of_date', 1) }} as timestamp) as ends_at
    from {{ ref('int_as_of_date') }}

),

final as (

    select
        meter_number,
        read_at,
        read_on,
        kwh,
        voltage,
        quality,
        cast(null as {{ dbt.type_string() }}) as derived_from,
        is_repeated,
        is_conflicting,
        batch_no
    from readings
    union all
    select
        derived_hours.meter_number,
        derived_hours.read_at,
        derived_hours.read_on,
        derived_hours.kwh,
        derived_hours.voltage,
        derived_hours.quality,
        derived_hours.derived_from,
        derived_hours.is_repeated,
        derived_hours.is_conflicting,
        derived_hours.batch_no
    from derived_hours
    cross join as_of
    where
        derived_hours.known_at is null
        or derived_hours.known_at <= as_of.ends_at
        or derived_hours.read_at >= as_of.ends_at

)

select * from final
