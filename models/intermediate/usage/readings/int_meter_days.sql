-- `day_version` is a hash of everything the hours of a day are built from, including the days that
-- estimates look back on: rows of a day stored under another version are out of date. Longer than
-- others, because everything that goes into a version has to be read in one place.

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
        cast(sum({{ fingerprint_of(['hour_start', 'outage_minutes']) }}) as bigint) as outage_print
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
reported as (

    select
        coalesce(expected.meter_number, reading_days.meter_number) as meter_number,
        coalesce(expected.read_on, reading_days.read_on) as read_on,
        cast(coalesce(expected.expected_hours, 0) as bigint) as expected_hours,
        cast(coalesce(reading_days.landed_hours, 0) as bigint) as landed_hours,
        case
            when bit_count(reading_days.positive_hours) >= {{ var('zero_habit_min_running_hours') }}
                then reading_days.zero_hours
            else 0
        end as zeros_between,
        reading_days.readings_print
    from expected
    full outer join reading_days
        on
        expected.meter_number = reading_days.meter_number
        and expected.read_on = reading_days.read_on

),

supplied as (

    select
        reported.meter_number,
        reported.read_on,
        calendars.feeder,
        calendars.plausible_kwh,
        reported.expected_hours,
        reported.landed_hours,
        coalesce(feeder_days.outage_hours, 0) & (reported.expected_hours | reported.landed_hours)
            as outage_hours,
        coalesce(disconnected_days.off_hours, 0) & (reported.expected_hours | reported.landed_hours)
            as off_hours,
        reported.zeros_between,
        reported.readings_print,
        feeder_days.outage_print
    from reported
    left join calendars
        on reported.meter_number = calendars.meter_number
    left join feeder_days
        on calendars.feeder = feeder_days.feeder and reported.read_on = feeder_days.outage_on
    left join disconnected_days
        on reported.meter_number = disconnected_days.meter_number
        and reported.read_on = disconnected_days.off_on

),

printed as (

    select
        *,
        {{ fingerprint_of([
            'read_on', 'feeder', 'plausible_kwh', 'expected_hours', 'outage_hours', 'off_hours',
            'readings_print', 'outage_print', validation_settings()
        ]) }} as day_print
    from supplied

),

final as (

    select
        meter_number,
        read_on,
        feeder,
        plausible_kwh,
        expected_hours,
        landed_hours,
        outage_hours,
        off_hours,
        coalesce(
            bit_or(zeros_between & ~(outage_hours | off_hours)) over lately
            & bit_or(zeros_between & ~(outage_hours | off_hours)) over earlier,
            0
        ) as usual_zero_hours,
        cast(bit_count(expected_hours | landed_hours) as integer) as hours_wanted,
        cast(sum(day_print) over looked_back_on as bigint) as day_version
    from printed
    window
        looked_back_on as (
            partition by meter_number
            order by read_on
            range between interval {{ var('profile_days') }} day preceding and current row
        ),
        lately as (
            partition by meter_number
            order by read_on
            range between interval {{ var('profile_days') // 2 }} day preceding
            and interval 1 day preceding
        ),
        earlier as (
            partition by meter_number
            order by read_on
            range between interval {{ var('profile_days') }} day preceding
            and interval {{ var('profile_days') // 2 + 1 }} day preceding
        )

)

select * from final
