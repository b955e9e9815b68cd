-- A meter's level belongs to its tenant and changes with moves: a step between two customers is no
-- anomaly of either. A utility knows of most moves; after a long vacancy the next occupant may be a
-- new one. A place without moves or long vacancies has one tenancy.

with moves as (

    select
        meter_number,
        cast(event_at as date) as moved_on,
        event_type
    from {{ ref('stg_metering__meter_events') }}
    where
        is_accepted
        and event_type in ('move_in', 'move_out')
        and cast(event_at as date) <= {{ as_of_date() }}

),

places as (

    select * from {{ ref('int_metered_places') }}

),

vacant_days as (

    select * from {{ ref('int_vacant_days') }}

),

-- a day or two that look occupied do not end an absence
neighboured as (

    select
        place_id,
        read_on,
        coalesce(
            {{ days_from(
                'lag(read_on) over (partition by place_id order by read_on)', 'read_on'
            ) }} > 3, true
        ) as begins_spell
    from vacant_days

),

numbered as (

    select
        place_id,
        read_on,
        sum(case when begins_spell then 1 else 0 end) over (
            partition by place_id order by read_on rows between unbounded preceding and current row
        ) as spell_number
    from neighboured

),

absences as (

    select
        place_id,
        {{ day_add('max(read_on)', 1) }} as ended_on
    from numbered
    group by place_id, spell_number
    having {{ days_from('min(read_on)', 'max(read_on)') }} + 1 >= {{ var('empty_long_days') }}

),

begun as (

    select
        places.place_id,
        moves.moved_on as began_on,
        moves.event_type = 'move_out' as is_vacant
    from moves
    inner join places
        on moves.meter_number = places.meter_number
    union all
    select
        place_id,
        ended_on as began_on,
        false as is_vacant
    from absences
    union all
    select
        place_id,
        {{ beginning_of_time() }} as began_on,
        false as is_vacant
    from places

),

-- a move in on the day of a move out leaves no vacancy
dated as (

    select
        place_id,
        began_on,
        bool_and(is_vacant) as is_vacant
    from begun
    group by place_id, began_on

),

final as (

    select
        place_id,
        began_on,
        lead(began_on, 1, {{ end_of_time() }}) over (partition by place_id order by began_on)
            as ended_on,
        is_vacant
    from dated

)

select * from final
