with forecasts as (

    select * from {{ ref('int_load_forecasts') }}
    where weeks_ago > 0

),

hours as (

    select * from {{ ref('int_feeder_hours') }}
    where is_usable

),

-- both guesses are measured on the same hours
compared as (

    select
        forecasts.feeder,
        forecasts.origin_on,
        forecasts.hour_start,
        extract(hour from forecasts.hour_start) as hour_of_day,
        forecasts.forecast_kw,
        hours.load_kw,
        abs(forecasts.forecast_kw - hours.load_kw) as error_kw,
        abs(forecasts.naive_kw - hours.load_kw) as naive_error_kw
    from forecasts
    inner join hours
        on
        forecasts.feeder = hours.feeder
        and forecasts.hour_start = hours.hour_start
    where
        forecasts.forecast_kw is not null
        and forecasts.naive_kw is not null
        and hours.load_kw is not null

),

ranked as (

    select
        *,
        row_number() over (
            partition by feeder, origin_on order by load_kw desc, hour_start asc
        ) as load_rank,
        row_number() over (
            partition by feeder, origin_on order by forecast_kw desc, hour_start asc
        ) as forecast_rank
    from compared

),

measured as (

    select
        feeder,
        origin_on,
        count(*) as hours_compared,
        sum(error_kw) as error_kw,
        sum(naive_error_kw) as naive_error_kw,
        count(*) filter (where load_kw > 0) as hours_with_load,
        sum(cast(cast(error_kw as double) / nullif(load_kw, 0) as decimal(18, 6))) as error_share,
        sum(cast(cast(naive_error_kw as double) / nullif(load_kw, 0) as decimal(18, 6)))
            as naive_error_share,
        max(hour_start) filter (where load_rank = 1) as peak_at,
        max(hour_start) filter (where forecast_rank = 1) as forecast_peak_at,
        max(hour_of_day) filter (where load_rank = 1) as peak_hour,
        max(hour_of_day) filter (where forecast_rank = 1) as forecast_peak_hour
    from ranked
    group by feeder, origin_on

),

final as (

    select
        feeder,
        {{ day_add('origin_on', 1) }} as week_start,
        cast(hours_compared as integer) as hours_compared,
        cast(cast(error_kw as double) / hours_compared as decimal(18, 3)) as mae_kw,
        cast(cast(naive_error_kw as double) / hours_compared as decimal(18, 3)) as naive_mae_kw,
        cast(cast(error_share as double) / nullif(hours_with_load, 0) as decimal(18, 6)) as mape,
        cast(cast(naive_error_share as double) / nullif(hours_with_load, 0) as decimal(18, 6))
            as naive_mape,
        peak_at,
        forecast_peak_at,
        -- hours wrap around at midnight
        least(
            abs(peak_hour - forecast_peak_hour), 24 - abs(peak_hour - forecast_peak_hour)
        ) <= {{ var('forecast_peak_tolerance_hours') }} as is_peak_hit
    from measured

)

select * from final
