-- The same for the night against the day: taking energy at night alone hardly moves the level.

{%- set weeks_before = 'rows between ' ~ var('anomaly_window_days')
    ~ ' preceding and 1 preceding' -%}
{%- set weeks_after = 'rows between current row and ' ~ (var('anomaly_window_days') - 1)
    ~ ' following' %}

with residuals as (

    select * from {{ ref('int_day_residuals') }}
    where night_residual is not null

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

summed as (

    select
        place_id,
        feeder,
        read_on,
        count(*) over weeks_before as days_before,
        count(*) over weeks_after as days_after,
        count(*) over all_before as all_days_before,
        count(*) over all_after as all_days_after,
        sum(night_residual) over weeks_before as sum_before,
        sum(night_residual) over weeks_after as sum_after,
        sum(night_residual) over all_before as all_sum_before,
        sum(night_residual) over all_after as all_sum_after
    from residuals
    window
        weeks_before as (partition by place_id order by read_on {{ weeks_before }}),
        weeks_after as (partition by place_id order by read_on {{ weeks_after }}),
        all_before as (
            partition by place_id
            order by read_on rows between unbounded preceding and 1 preceding
        ),
        all_after as (
            partition by place_id
            order by read_on rows between current row and unbounded following
        )

),

averaged as (

    select
        summed.place_id,
        summed.feeder,
        summed.read_on as broke_on,
        summed.all_days_after as days_after,
        noise.night_noise,
        cast(summed.sum_before as double) / summed.days_before as night_before,
        cast(summed.sum_before as double) / summed.days_before
        - cast(summed.sum_after as double) / summed.days_after as night_drop,
        cast(summed.all_sum_before as double) / summed.all_days_before
        - cast(summed.all_sum_after as double) / summed.all_days_after as lasting_drop,
        sqrt(1.0 / summed.days_before + 1.0 / summed.days_after) as width,
        sqrt(1.0 / summed.all_days_before + 1.0 / summed.all_days_after) as lasting_width
    from summed
    inner join noise
        on summed.place_id = noise.place_id
    where
        summed.days_before >= {{ var('anomaly_min_days_before') }}
        and summed.days_after >= {{ var('anomaly_min_days_after') }}

),

contrasted as (

    select
        *,
        cast(
            least(
                night_drop / cast(night_noise as double) / width,
                lasting_drop / cast(night_noise as double) / lasting_width
            ) as decimal(18, 4)
        ) as contrast
    from averaged

),

ranked as (

    select
        *,
        row_number() over (partition by place_id order by contrast desc, broke_on asc)
            as contrast_rank
    from contrasted

),

final as (

    select
        place_id,
        feeder,
        broke_on,
        days_after,
        cast(night_before as decimal(9, 4)) as night_before,
        cast(night_drop as decimal(9, 4)) as night_drop,
        cast(lasting_drop as decimal(9, 4)) as lasting_drop,
        contrast
    from ranked
    where contrast_rank = 1

)

select * from final
