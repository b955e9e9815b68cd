-- From when to when a meter has to report every hour, whether it does or not. For a meter that is
-- there when the extracts begin, from their first day on, if it reported anything that day; for one
-- installed later, from the hour of its event, else from its first reading, or from the day of
-- installation where that is earlier. It ends when the meter is removed, otherwise with the last
-- day on which any meter was read. Long, because readings, batches, events and the meter's own row
-- each contribute a part.

with reading_days as (

    select * from {{ ref('int_reading_days') }}

),

numbers as (

    select * from {{ ref('int_meters') }}

),

meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

events as (

    select * from {{ ref('stg_metering__meter_events') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

),

readings_by_batch as (

    select batch_no from {{ ref('stg_metering__readings') }}
    where is_accepted
    group by batch_no

),

-- what lies outside the extracts' coverage is unknown, not missing
covered as (

    select
        min(batches.covers_from) as covers_from,
        max(batches.covers_to) as covers_to
    from batches
    inner join readings_by_batch
        on batches.batch_no = readings_by_batch.batch_no

),

inside as (

    select
        reading_days.*,
        min(reading_days.read_on) over () as first_day,
        max(reading_days.read_on) over () as last_day
    from reading_days
    cross join covered
    where
        reading_days.read_on >= coalesce(covered.covers_from, reading_days.read_on)
        and reading_days.read_on <= coalesce(covered.covers_to, reading_days.read_on)

),

first_readings as (

    select
        meter_number,
        min(first_read_at) as first_read_at,
        min(first_day) as first_day,
        min(last_day) as last_day
    from inside
    group by meter_number

),

installations as (

    select
        meter_number,
        date_trunc('hour', min(event_at)) as installed_at
    from events
    where event_type = 'installed'
    group by meter_number

),

known as (

    select
        first_readings.*,
        meters.meter_id,
        meters.feeder,
        cast(
            nullif(meters.connected_load_kw, 0) * {{ var('spike_load_factor') }} as decimal(18, 3)
        ) as plausible_kwh,
        meters.installed_on,
        installations.installed_at,
        case when lower(meters.status) = 'replaced' then meters.updated_at end as removed_at
    from first_readings
    inner join numbers
        on first_readings.meter_number = numbers.meter_number
    inner join meters
        on numbers.meter_id = meters.meter_id
    left join installations
        on
        first_readings.meter_number = installations.meter_number
        and first_readings.first_read_at >= installations.installed_at
        and cast(first_readings.first_day as timestamp) <= installations.installed_at

),

final as (

    select
        meter_number,
        meter_id,
        feeder,
        plausible_kwh,
        case
            when installed_at is not null then installed_at
            when
                installed_on > first_day and installed_on < cast(first_read_at as date)
                then cast(installed_on as timestamp)
            when
                cast(first_read_at as date) = first_day and coalesce(installed_on < first_day, true)
                then cast(first_day as timestamp)
            else first_read_at
        end as starts_at,
        least(
            coalesce(removed_at, cast({{ day_add('last_day', 1) }} as timestamp)),
            cast({{ day_add('last_day', 1) }} as timestamp)
        ) as ends_at
    from known

)

select * from final
