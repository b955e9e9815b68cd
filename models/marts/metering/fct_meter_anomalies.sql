with anomalies as (

    select * from {{ ref('int_meter_anomalies') }}

),

final as (

    select
        meter_id,
        anomaly_type,
        meter_number,
        account_id,
        consumer_type,
        district,
        feeder,
        period_start,
        period_end,
        score,
        is_flagged,
        trace,
        reason,
        estimated_kwh,
        first_seen_on,
        level_drop,
        night_drop,
        load_off,
        rollback_days,
        scattered_lows,
        tamper_days,
        missing_day_kwh,
        lost_day_kwh,
        stopped_days
    from anomalies

)

select * from final
