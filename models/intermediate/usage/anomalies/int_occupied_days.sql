-- The days on which the place was occupied, by tenancy: an empty place says nothing about its
-- occupants, and the days around an absence are partly empty.

with judged_days as (

    select * from {{ ref('int_judged_days') }}

),

vacant_days as (

    select * from {{ ref('int_vacant_days') }}

),

tenancies as (

    select * from {{ ref('int_tenancies') }}

),

left_out as (

    select
        vacant_days.place_id,
        {{ day_add('vacant_days.read_on', 'around.days_off') }} as read_on
    from vacant_days
    cross join (values (-1), (0), (1)) as around (days_off)
    group by vacant_days.place_id, {{ day_add('vacant_days.read_on', 'around.days_off') }}

),

final as (

    select
        judged_days.*,
        tenancies.began_on as tenancy_from,
        {{ iso_day_of_week('judged_days.read_on') }} >= 6 as is_weekend,
        -- the night and the evening against the hours of the sun
        case
            when judged_days.zero_hours = 0
                then judged_days.night_log - judged_days.light_log
        end as night_shape,
        judged_days.evening_log - judged_days.light_log as evening_shape
    from judged_days
    inner join tenancies
        on
        judged_days.place_id = tenancies.place_id
        and judged_days.read_on >= tenancies.began_on
        and judged_days.read_on < tenancies.ended_on
    left join left_out
        on
        judged_days.place_id = left_out.place_id
        and judged_days.read_on = left_out.read_on
    where
        left_out.place_id is null
        and judged_days.dark_log is not null
        and judged_days.light_log is not null

)

select * from final
