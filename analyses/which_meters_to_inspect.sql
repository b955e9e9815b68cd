-- Which meters should be inspected first, and what is the evidence?

select
    anomaly_type,
    meter_number,
    feeder,
    score,
    estimated_kwh,
    reason,
    district,
    consumer_type,
    period_start
from {{ ref('fct_meter_anomalies') }}
where is_flagged
order by
    anomaly_type asc,
    score desc,
    estimated_kwh desc nulls last,
    meter_number asc
