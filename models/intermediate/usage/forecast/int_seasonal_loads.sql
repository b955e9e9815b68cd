-- An hour of the past predicts the same hour a number of weeks later; of several past hours the
-- last one known at the origin is used. Only the weeks before an origin qualify.

with hours as (

    select * from {{ ref('int_feeder_hours') }}
    where is_usable and load_kw is not null

),

origins as (

    select * from {{ ref('int_forecast_origins') }}

),

weeks as (

    select {{ each_integer(1, var('forecast_weeks_back')) }} as weeks_back

),

projected as (

    select
        origins.weeks_ago,
        hours.feeder,
        cast(
            {{ dbt.dateadd('day', '7 * weeks.weeks_back', 'hours.hour_start') }} as timestamp
        ) as hour_start,
        weeks.weeks_back,
        hours.load_kw
    from hours
    cross join weeks
    inner join origins
        on
        cast(hours.hour_start as date)
        > {{ day_add('origins.origin_on', '-7 * weeks.weeks_back') }}
        and cast(hours.hour_start as date)
        <= {{ day_add('origins.origin_on', '7 - 7 * weeks.weeks_back') }}

),

final as (

    select
        weeks_ago,
        feeder,
        hour_start,
        min(weeks_back) as weeks_back,
        min_by(load_kw, weeks_back) as load_kw
    from projected
    group by weeks_ago, feeder, hour_start

)

select * from final
