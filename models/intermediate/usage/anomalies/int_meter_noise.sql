-- How much a meter's level, its night and its feeder's losses vary from one day to the next when
-- nothing happens: the median of the steps, which a change of level does not affect.

with residuals as (

    select * from {{ ref('int_day_residuals') }}

),

losses as (

    select * from {{ ref('int_feeder_losses') }}

),

days as (

    select
        residuals.place_id,
        residuals.read_on,
        residuals.level_residual,
        residuals.night_residual,
        residuals.evening_residual,
        residuals.light_residual,
        residuals.registered_kwh,
        losses.unexplained_kwh
    from residuals
    left join losses
        on
        residuals.feeder = losses.feeder
        and residuals.read_on = losses.read_on

),

stepped as (

    select
        place_id,
        read_on,
        registered_kwh,
        abs(level_residual - lag(level_residual) over by_day) as level_step,
        abs(night_residual - lag(night_residual) over by_day) as night_step,
        abs(evening_residual - lag(evening_residual) over by_day) as evening_step,
        abs(light_residual - lag(light_residual) over by_day) as light_step,
        abs(unexplained_kwh - lag(unexplained_kwh) over by_day) as unexplained_step
    from days
    window by_day as (partition by place_id order by read_on)

),

final as (

    select
        place_id,
        min(read_on) as first_judged_on,
        max(read_on) as last_judged_on,
        count(*) as judged_days,
        cast(sum(registered_kwh) / count(*) as decimal(18, 3)) as mean_day_kwh,
        cast({{ quantile_of('registered_kwh', 0.9) }} as decimal(18, 3)) as full_day_kwh,
        -- the median step between independent normal days is 0.954 of their standard deviation
        cast(
            greatest(
                {{ quantile_of('level_step', 0.5) }} / 0.954, {{ var('anomaly_min_noise') }}
            ) as decimal(9, 4)
        ) as level_noise,
        cast(
            greatest(
                {{ quantile_of('night_step', 0.5) }} / 0.954, {{ var('anomaly_min_noise') }}
            ) as decimal(9, 4)
        ) as night_noise,
        cast(
            greatest(
                {{ quantile_of('evening_step', 0.25) }} / 0.45, {{ var('anomaly_min_noise') }}
            ) as decimal(9, 4)
        ) as evening_noise,
        cast(
            greatest(
                {{ quantile_of('light_step', 0.25) }} / 0.45, {{ var('anomaly_min_noise') }}
            ) as decimal(9, 4)
        ) as light_noise,
        cast({{ quantile_of('unexplained_step', 0.5) }} / 0.954 as decimal(18, 3))
            as unexplained_noise
    from stepped
    group by place_id

)

select * from final
