-- Forecasts of the seven days after an origin, from what was known on it: the first is that of the
-- as-of date, those of the weeks before are for the backtest. Each comes with the naive guess made
-- on the same day.

with feeders as (

    select feeder from {{ ref('int_feeder_hours') }}
    group by feeder

),

origins as (

    select * from {{ ref('int_forecast_origins') }}

),

seasonal as (

    select * from {{ ref('int_seasonal_loads') }}

),

last_day as (

    select * from {{ ref('int_last_day_loads') }}

),

steps as (

    select {{ each_integer(24, 191) }} as hour_no

),

targets as (

    select
        origins.weeks_ago,
        origins.origin_on,
        feeders.feeder,
        cast(
            {{ dbt.dateadd('hour', 'steps.hour_no', 'cast(origins.origin_on as timestamp)') }}
            as timestamp
        ) as hour_start
    from origins
    cross join feeders
    cross join steps

),

final as (

    select
        targets.weeks_ago,
        targets.origin_on,
        targets.feeder,
        targets.hour_start,
        seasonal.load_kw as forecast_kw,
        seasonal.weeks_back,
        last_day.load_kw as naive_kw
    from targets
    left join seasonal
        on
        targets.weeks_ago = seasonal.weeks_ago
        and targets.feeder = seasonal.feeder
        and targets.hour_start = seasonal.hour_start
    left join last_day
        on
        targets.weeks_ago = last_day.weeks_ago
        and targets.feeder = last_day.feeder
        and extract(hour from targets.hour_start) = last_day.hour_of_day

)

select * from final
