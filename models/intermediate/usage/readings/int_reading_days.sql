-- Read once from end to end. Hours of a day are bits of one number, hour h being 2 to the power h,
-- and their energies an array: what follows works on a day's 24 hours without a row for each.

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_changed_days() }}",
) }}

with readings as (

    select * from {{ ref('int_hourly_readings') }}
    {% if is_incremental() %}where read_on not in ({{ stored_days() }}){% endif %}

),

timed as (

    select
        meter_number,
        read_on,
        read_at,
        kwh,
        quality,
        derived_from,
        is_conflicting,
        cast(extract(hour from read_at) as integer) as hour_of_day,
        {{ hour_bit('read_at') }} as in_hour,
        {{ reading_print(['derived_from']) }} as reading_print
    from readings

),

final as (

    select
        meter_number,
        read_on,
        min(read_at) as first_read_at,
        cast(bit_or(in_hour) as bigint) as landed_hours,
        {{ hours_where('kwh is not null', 'in_hour') }} as read_hours,
        {{ hours_where('kwh > 0', 'in_hour') }} as positive_hours,
        {{ hours_where('kwh = 0', 'in_hour') }} as zero_hours,
        {{ hours_where('kwh < 0', 'in_hour') }} as negative_hours,
        {{ hours_where("quality = 'reverse'", 'in_hour') }} as reverse_hours,
        {{ hours_where("quality = 'estimated'", 'in_hour') }} as estimated_hours,
        {{ hours_where('is_conflicting', 'in_hour') }} as conflicting_hours,
        {{ hours_where("derived_from in ('register', 'register_gap')", 'in_hour') }}
            as register_hours,
        {{ hours_where("derived_from in ('register_gap', 'day')", 'in_hour') }} as spread_hours,
        {{ hours_where(is_beyond_any_meter('kwh'), 'in_hour') }} as implausible_hours,
        {{ by_hour('kwh', 'hour_of_day') }} as kwh_by_hour,
        cast(sum(reading_print) as bigint) as readings_print
    from timed
    group by meter_number, read_on

)

select * from final
