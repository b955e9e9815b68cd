-- The guess that every day is like the last: by hour, the last day of the week up to the origin on
-- which it was read.

with hours as (

    select * from {{ ref('int_feeder_hours') }}
    where is_usable and load_kw is not null

),

origins as (

    select * from {{ ref('int_forecast_origins') }}

),

final as (

    select
        origins.weeks_ago,
        hours.feeder,
        extract(hour from hours.hour_start) as hour_of_day,
        max_by(hours.load_kw, hours.hour_start) as load_kw
    from hours
    inner join origins
        on
        cast(hours.hour_start as date) > {{ day_add('origins.origin_on', -7) }}
        and cast(hours.hour_start as date) <= origins.origin_on
    group by origins.weeks_ago, hours.feeder, extract(hour from hours.hour_start)

)

select * from final
