-- What is suspected of a place, for each of the meters that measured there.

with scores as (

    select * from {{ ref('int_theft_scores') }}

),

judged_meters as (

    select
        place_id,
        meter_id,
        min(read_on) as first_judged_on,
        max(read_on) as last_judged_on
    from {{ ref('int_day_residuals') }}
    group by place_id, meter_id

),

-- a meter removed before the suspicious spell has nothing to do with it
suspected as (

    select
        scores.*,
        judged_meters.meter_id,
        judged_meters.last_judged_on as meter_last_on,
        case
            when judged_meters.last_judged_on >= scores.suspected_from
                then greatest(scores.suspected_from, judged_meters.first_judged_on)
            else judged_meters.first_judged_on
        end as meter_from,
        case
            when judged_meters.last_judged_on >= scores.suspected_from then scores.trace
            else 'none'
        end as meter_trace,
        case
            when judged_meters.last_judged_on >= scores.suspected_from then scores.score
            else 0
        end as meter_score
    from scores
    inner join judged_meters
        on scores.place_id = judged_meters.place_id

),

final as (

    select
        suspected.meter_id,
        'energy_theft' as anomaly_type,
        suspected.meter_trace as trace,
        suspected.meter_from as period_start,
        suspected.meter_last_on as period_end,
        cast(suspected.meter_score as decimal(5, 4)) as score,
        -- by then its trace is long enough to count
        case
            when suspected.meter_trace = 'rollback' then suspected.meter_from
            else least(
                {{ day_add('suspected.meter_from', var('anomaly_min_days_after')) }},
                suspected.meter_last_on
            )
        end as first_seen_on,
        {{ theft_reason('suspected', 'meter_trace') }} as reason,
        suspected.level_drop,
        suspected.night_drop,
        suspected.load_off,
        suspected.rollback_days,
        suspected.scattered_lows,
        suspected.tamper_days,
        suspected.missing_day_kwh,
        suspected.lost_day_kwh
    from suspected

)

select * from final
