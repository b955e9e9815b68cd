-- Hours of a day are bits of one number, hour h being 2 to the power h: a day's 24 hours are
-- compared, counted and searched for gaps without a row for each.

with calendars as (

    select * from {{ ref('int_meter_calendars') }}

),

reading_days as (

    select * from {{ ref('int_reading_days') }}

),

outage_hours as (

    select * from {{ ref('int_outage_hours') }}

),

disconnected_days as (

    select * from {{ ref('int_disconnected_days') }}

),

feeder_days as (

    select
        feeder,
        cast(hour_start as date) as outage_on,
        cast(bit_or({{ hour_bit('hour_start') }}) as bigint) as outage_hours,
        cast(sum(outage_minutes) as decimal(18, 3)) as outage_minutes
    from outage_hours
    group by feeder, cast(hour_start as date)

),

bounded as (

    select
        *,
        cast({{ dbt.dateadd('second', -1, 'ends_at') }} as timestamp) as last_at
    from calendars
    where starts_at < ends_at

),

numbered as (

    select
        *,
        {{ each_integer(
            '0', days_from('cast(starts_at as date)', 'cast(last_at as date)')
        ) }} as day_no
    from bounded

),

expected as (

    select
        meter_number,
        {{ day_add('cast(starts_at as date)', 'day_no') }} as read_on,
        (
            1 << case
                when {{ day_add('cast(starts_at as date)', 'day_no') }} = cast(last_at as date)
                    then cast(extract(hour from last_at) as integer) + 1
                else 24
            end
        )
        - (
            1 << case when day_no = 0 then cast(extract(hour from starts_at) as integer) else 0 end
        ) as expected_hours
    from numbered

),

-- a reading outside of its meter's calendar is a row as well
told as (

    select
        coalesce(expected.meter_number, reading_days.meter_number) as meter_number,
        coalesce(expected.read_on, reading_days.read_on) as read_on,
        cast(coalesce(expected.expected_hours, 0) as bigint) as expected_hours,
        cast(coalesce(reading_days.landed_hours, 0) as bigint) as landed_hours,
        coalesce(reading_days.read_rows, 0) as read_rows,
        coalesce(reading_days.raw_kwh, 0) as raw_kwh,
        coalesce(reading_days.raw_voltage, 0) as raw_voltage,
        coalesce(reading_days.quality_letters, 0) as quality_letters,
        coalesce(reading_days.batch_total, 0) as batch_total,
        coalesce(reading_days.repeated_rows, 0) as repeated_rows,
        coalesce(reading_days.conflicting_rows, 0) as conflicting_rows
    from expected
    full outer join reading_days
        on
        expected.meter_number = reading_days.meter_number
        and expected.read_on = reading_days.read_on

),

final as (

    select
        told.meter_number,
        told.read_on,
        calendars.feeder,
        calendars.plausible_kwh,
        told.expected_hours,
        told.landed_hours,
        coalesce(feeder_days.outage_hours, 0) & (told.expected_hours | told.landed_hours)
            as outage_hours,
        coalesce(disconnected_days.off_hours, 0) & (told.expected_hours | told.landed_hours)
            as off_hours,
        coalesce(feeder_days.outage_minutes, 0) as outage_minutes,
        cast(bit_count(told.expected_hours | told.landed_hours) as integer) as hours_wanted,
        told.read_rows,
        told.raw_kwh,
        told.raw_voltage,
        told.quality_letters,
        told.batch_total,
        told.repeated_rows,
        told.conflicting_rows
    from told
    left join calendars
        on told.meter_number = calendars.meter_number
    left join feeder_days
        on calendars.feeder = feeder_days.feeder and told.read_on = feeder_days.outage_on
    left join disconnected_days
        on told.meter_number = disconnected_days.meter_number
        and told.read_on = disconnected_days.off_on

)

select * from final
