-- Days on which a meter registers far less than it should, scattered among usual ones: it is
-- bypassed now and then. An empty house is low once, for as long as it is empty; so what counts is
-- how often lows begin, from some day to the last, compared with how often they usually begin.

with residuals as (

    select
        *,
        floor({{ day_number('read_on') }} / 14) as fortnight
    from {{ ref('int_day_residuals') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

-- where energy is stolen on most days, the median is low as well
usual as (

    select
        place_id,
        fortnight,
        {{ quantile_of('evening_residual', 0.85) }} as evening_residual,
        {{ quantile_of('light_residual', 0.85) }} as light_residual
    from residuals
    group by place_id, fortnight

),

marked as (

    select
        residuals.place_id,
        residuals.read_on,
        residuals.evening_residual - usual.evening_residual < -greatest(
            {{ var('scatter_min_drop') }}, noise.evening_noise * {{ var('scatter_min_noise') }}
        )
        and (
            residuals.evening_off < -{{ var('scatter_min_shape') }}
            or residuals.light_residual - usual.light_residual < -greatest(
                {{ var('scatter_min_drop') }}, noise.light_noise * {{ var('scatter_min_noise') }}
            )
        ) as is_low
    from residuals
    inner join usual
        on
        residuals.place_id = usual.place_id
        and residuals.fortnight = usual.fortnight
    inner join noise
        on residuals.place_id = noise.place_id

),

begun as (

    select
        place_id,
        read_on,
        is_low
        and not coalesce(lag(is_low) over (partition by place_id order by read_on), false)
            as begins_low
    from marked

),

counted as (

    select
        place_id,
        read_on,
        count(*) over to_the_last as days_counted,
        count(*) filter (where begins_low) over to_the_last as lows
    from begun
    window
        to_the_last as (
            partition by place_id
            order by read_on rows between current row and unbounded following
        )

),

-- how much better the meter's own rate of lows explains its days than the usual rate
compared as (

    select
        *,
        cast(
            lows * ln(cast(lows as double) / (days_counted * {{ var('scatter_usual_rate') }}))
            - (lows - days_counted * {{ var('scatter_usual_rate') }}) as decimal(18, 4)
        ) as evidence
    from counted
    where lows > days_counted * {{ var('scatter_usual_rate') }}

),

ranked as (

    select
        *,
        row_number() over (partition by place_id order by evidence desc, read_on asc)
            as evidence_rank
    from compared

),

final as (

    select
        place_id,
        read_on as scattered_from,
        days_counted,
        lows,
        evidence
    from ranked
    where evidence_rank = 1

)

select * from final
