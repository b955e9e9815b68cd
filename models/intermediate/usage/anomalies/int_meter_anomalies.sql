-- A stopped meter is no evidence of theft, and theft leaves a meter running: each has its score.

with thefts as (

    select * from {{ ref('int_theft_anomalies') }}

),

failures as (

    select * from {{ ref('int_failure_anomalies') }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

losses as (

    select
        meter_id,
        cast(sum(lost_kwh) as decimal(18, 3)) as lost_kwh
    from {{ ref('int_theft_losses') }}
    group by meter_id

),

unioned as (

    select
        thefts.meter_id,
        thefts.anomaly_type,
        thefts.trace,
        thefts.period_start,
        thefts.period_end,
        thefts.score,
        thefts.first_seen_on,
        losses.lost_kwh as estimated_kwh,
        thefts.reason,
        thefts.level_drop,
        thefts.night_drop,
        thefts.load_off,
        thefts.rollback_days,
        thefts.scattered_lows,
        thefts.tamper_days,
        thefts.missing_day_kwh,
        thefts.lost_day_kwh,
        null as stopped_days
    from thefts
    left join losses
        on thefts.meter_id = losses.meter_id
    union all
    select
        meter_id,
        anomaly_type,
        trace,
        period_start,
        period_end,
        score,
        first_seen_on,
        estimated_kwh,
        reason,
        null as level_drop,
        null as night_drop,
        null as load_off,
        null as rollback_days,
        null as scattered_lows,
        null as tamper_days,
        null as missing_day_kwh,
        null as lost_day_kwh,
        stopped_days
    from failures

),

final as (

    select
        unioned.meter_id,
        meters.meter_number,
        meters.account_id,
        meters.consumer_type,
        meters.district,
        meters.feeder,
        unioned.anomaly_type,
        unioned.period_start,
        unioned.period_end,
        unioned.score,
        unioned.score >= {{ var('anomaly_flag_score') }} as is_flagged,
        unioned.trace,
        unioned.reason,
        unioned.estimated_kwh,
        unioned.first_seen_on,
        cast(unioned.level_drop as decimal(9, 4)) as level_drop,
        cast(unioned.night_drop as decimal(9, 4)) as night_drop,
        cast(unioned.load_off as decimal(9, 4)) as load_off,
        cast(unioned.rollback_days as bigint) as rollback_days,
        cast(unioned.scattered_lows as bigint) as scattered_lows,
        cast(unioned.tamper_days as bigint) as tamper_days,
        cast(unioned.missing_day_kwh as decimal(18, 3)) as missing_day_kwh,
        cast(unioned.lost_day_kwh as decimal(18, 3)) as lost_day_kwh,
        cast(unioned.stopped_days as bigint) as stopped_days
    from unioned
    inner join meters
        on unioned.meter_id = meters.meter_id

)

select * from final
