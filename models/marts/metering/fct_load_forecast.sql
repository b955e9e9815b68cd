with forecasts as (

    select * from {{ ref('int_load_forecasts') }}
    where weeks_ago = 0

),

ranked as (

    select
        *,
        row_number() over (
            partition by feeder order by forecast_kw desc nulls last, hour_start asc
        ) as load_rank
    from forecasts

),

final as (

    select
        feeder,
        hour_start,
        cast(hour_start as date) as forecast_on,
        cast(extract(hour from hour_start) as integer) as hour_of_day,
        forecast_kw,
        cast(weeks_back as integer) as weeks_back,
        forecast_kw is not null and load_rank = 1 as is_peak,
        origin_on as forecast_made_on
    from ranked

)

select * from final
