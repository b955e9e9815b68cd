-- What a flagged meter should have registered and did not, month by month, by its own trace:
-- compared with its level before, its night before or its peers, or the energy its register was
-- turned back by. Losses are never negative: a month above expectation counts as zero.

with scores as (

    select * from {{ ref('int_theft_scores') }}
    where score >= {{ var('anomaly_flag_score') }}

),

residuals as (

    select * from {{ ref('int_day_residuals') }}

),

rollbacks as (

    select * from {{ ref('int_register_rollbacks') }}

),

day_losses as (

    select
        residuals.meter_id,
        residuals.read_on,
        case scores.trace
            when 'level'
                then
                    residuals.usual_kwh * exp(cast(scores.level_before as double))
                    - residuals.registered_kwh
            when 'scatter' then residuals.usual_kwh - residuals.registered_kwh
            when 'night' then residuals.night_kwh * (exp(cast(scores.night_drop as double)) - 1)
            when 'night_peers'
                then residuals.night_kwh * (exp(-cast(scores.night_off as double)) - 1)
            else residuals.registered_kwh * (exp(-cast(scores.load_off as double)) - 1)
        end as lost_kwh
    from scores
    inner join residuals
        on
        scores.place_id = residuals.place_id
        and scores.suspected_from <= residuals.read_on
    where scores.trace != 'rollback'
    union all
    select
        rollbacks.meter_id,
        rollbacks.rolled_back_on as read_on,
        rollbacks.rolled_back_kwh as lost_kwh
    from scores
    inner join rollbacks
        on scores.place_id = rollbacks.place_id
    where scores.trace = 'rollback'

),

final as (

    select
        meter_id,
        cast(date_trunc('month', read_on) as date) as month_start,
        cast(greatest(sum(cast(lost_kwh as decimal(18, 3))), 0) as decimal(18, 3)) as lost_kwh
    from day_losses
    group by meter_id, cast(date_trunc('month', read_on) as date)

)

select * from final
