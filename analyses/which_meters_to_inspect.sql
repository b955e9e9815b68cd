-- Which meters should an inspector look at first, and what speaks against them?

select
    anomaly_type,
    meter_number,
    district,
    feeder,
    score,
    estimated_kwh,
    period_start,
    reason
from {{ ref('fct_meter_anomalies') }}
where is_flagged
order by
    anomaly_type asc,
    score desc,
    estimated_kwh desc nulls last,
    meter_number asc
