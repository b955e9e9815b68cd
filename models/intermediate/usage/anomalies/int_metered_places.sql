-- A meter installed when another of its account was removed continues where that one ended: theft
-- goes on across a replacement, and the history is that of the place.

with meters as (

    select * from {{ ref('int_meters') }}
    where not is_feeder_meter

),

followed as (

    select
        *,
        coalesce(
            account_id is not null
            and lag(removed_on) over by_installation <= {{ day_add('installed_on', 1) }},
            false
        ) as replaces
    from meters
    window by_installation as (
        partition by account_id
        order by installed_on asc nulls first, meter_id asc
    )

),

numbered as (

    select
        *,
        sum(case when replaces then 0 else 1 end) over (
            partition by account_id
            order by installed_on asc nulls first, meter_id asc
            rows between unbounded preceding and current row
        ) as place_number
    from followed

),

final as (

    select
        meter_id,
        meter_number,
        first_value(meter_id) over (
            partition by account_id, place_number
            order by installed_on asc nulls first, meter_id asc
        ) as place_id
    from numbered

)

select * from final
