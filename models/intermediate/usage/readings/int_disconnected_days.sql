with events as (

    select * from {{ ref('stg_metering__meter_events') }}
    where is_accepted and event_type in ('disconnected', 'reconnected')

),

extracts as (

    select * from {{ ref('int_as_of_date') }}

),

followed as (

    select
        meter_number,
        event_type,
        event_at,
        lead(event_at) over (
            partition by meter_number
            order by event_at, event_type, event_id
        ) as next_event_at
    from events

),

-- a meter without a recorded reconnection is taken to be still without supply
spells as (

    select
        followed.meter_number,
        followed.event_at as starts_at,
        coalesce(
            followed.next_event_at,
            cast({{ day_add('extracts.last_extract_on', 1) }} as timestamp)
        ) as ends_at
    from followed
    cross join extracts
    where followed.event_type = 'disconnected'

),

numbered as (

    select
        *,
        {{ each_integer(
            '0', days_from('cast(starts_at as date)', 'cast(ends_at as date)')
        ) }} as day_no
    from spells
    where starts_at < ends_at

),

days as (

    select
        meter_number,
        {{ day_add('cast(starts_at as date)', 'day_no') }} as off_on,
        starts_at,
        ends_at
    from numbered

),

-- the hour of the disconnection has no supply, the hour of the reconnection has some
hours as (

    select
        meter_number,
        off_on,
        case
            when cast(starts_at as date) = off_on then cast(extract(hour from starts_at) as integer)
            else 0
        end as from_hour,
        case
            when cast(ends_at as date) = off_on then cast(extract(hour from ends_at) as integer)
            else 24
        end as to_hour
    from days

),

final as (

    select
        meter_number,
        off_on,
        cast(bit_or((1 << to_hour) - (1 << from_hour)) as bigint) as off_hours
    from hours
    where to_hour > from_hour
    group by meter_number, off_on

)

select * from final
