-- The day from which a meter's level, or its night relative to the day, is lowest compared with
-- before: the split of its days that stands out most, both against the weeks around it and against
-- its whole history. A house that was empty for a while stands out only against its neighbouring
-- weeks; theft at night only hardly moves the level. One model, since one rule judges both.

{%- set days_before = var('anomaly_window_days') %}
{%- set days_after = var('anomaly_window_days') - 1 %}

with day_residuals as (

    select * from {{ ref('int_day_residuals') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

residuals as (

    select
        place_id,
        false as is_night,
        read_on,
        level_residual as residual
    from day_residuals
    union all
    select
        place_id,
        true as is_night,
        read_on,
        night_residual as residual
    from day_residuals
    where night_residual is not null

),

summed as (

    select
        place_id,
        is_night,
        read_on,
        count(*) over weeks_before as days_before,
        count(*) over weeks_after as days_after,
        count(*) over all_before as all_days_before,
        count(*) over all_after as all_days_after,
        sum(residual) over weeks_before as sum_before,
        sum(residual) over weeks_after as sum_after,
        sum(residual) over all_before as all_sum_before,
        sum(residual) over all_after as all_sum_after
    from residuals
    window
        weeks_before as (
            partition by place_id, is_night
            order by read_on rows between {{ days_before }} preceding and 1 preceding
        ),
        weeks_after as (
            partition by place_id, is_night
            order by read_on rows between current row and {{ days_after }} following
        ),
        all_before as (
            partition by place_id, is_night
            order by read_on rows between unbounded preceding and 1 preceding
        ),
        all_after as (
            partition by place_id, is_night
            order by read_on rows between current row and unbounded following
        )

),

averaged as (

    select
        summed.place_id,
        summed.is_night,
        summed.read_on as broke_on,
        summed.all_days_after as days_after,
        case when summed.is_night then noise.night_noise else noise.level_noise end as noise,
        cast(summed.sum_before as double) / summed.days_before as mean_before,
        cast(summed.sum_before as double) / summed.days_before
        - cast(summed.sum_after as double) / summed.days_after as near_drop,
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
                near_drop / cast(noise as double) / width,
                lasting_drop / cast(noise as double) / lasting_width
            ) as decimal(18, 4)
        ) as contrast
    from averaged

),

ranked as (

    select
        *,
        row_number() over (
            partition by place_id, is_night
            order by contrast desc, broke_on asc
        ) as contrast_rank
    from contrasted

),

final as (

    select
        place_id,
        is_night,
        broke_on,
        days_after,
        cast(mean_before as decimal(9, 4)) as mean_before,
        cast(near_drop as decimal(9, 4)) as near_drop,
        cast(lasting_drop as decimal(9, 4)) as lasting_drop,
        contrast
    from ranked
    where contrast_rank = 1

)

select * from final
