with meters as (

    select * from {{ ref('int_meters') }}
    -- one that was removed no longer decides how its account is charged
    where status is distinct from 'Replaced'

),

final as (

    select
        account_id,
        min(consumer_type) as consumer_type,
        min(rate_schedule) as rate_schedule,
        min(connected_load_kw) as connected_load_kw
    from meters
    group by account_id
    having
        min(rate_schedule) = max(rate_schedule)
        and coalesce(min(consumer_type) = max(consumer_type), true)
        and coalesce(min(connected_load_kw) = max(connected_load_kw), true)

)

select * from final
