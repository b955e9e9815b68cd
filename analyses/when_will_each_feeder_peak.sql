-- When will each feeder peak on each day of the next week, how high, and how large is the usual
-- error?

with tested as (

    select
        feeder,
        cast(100 * sum(mape * hours_compared) / sum(hours_compared) as decimal(5, 1))
            as usual_error_percent,
        cast(100 * avg(case when is_peak_hit then 1 else 0 end) as decimal(5, 1))
            as peaks_hit_percent
    from {{ ref('fct_load_forecast_backtest') }}
    where mape is not null
    group by feeder

)

select
    forecasts.forecast_on,
    forecasts.feeder,
    forecasts.hour_of_day as peak_hour,
    forecasts.forecast_kw,
    tested.usual_error_percent,
    tested.peaks_hit_percent
from {{ ref('fct_load_forecast') }} as forecasts
left join tested
    on forecasts.feeder = tested.feeder
where forecasts.forecast_kw is not null
qualify
    row_number() over (
        partition by forecasts.forecast_on, forecasts.feeder
        order by forecasts.forecast_kw desc, forecasts.hour_start asc
    ) = 1
order by
    forecasts.forecast_on asc,
    forecasts.feeder asc
