-- What does suspected theft cost on each feeder, compared with all losses on it?

with suspected as (

    select
        anomalies.district,
        anomalies.feeder,
        cases.currency,
        count(*) as meters,
        sum(anomalies.estimated_kwh) as estimated_kwh,
        sum(cases.amount) as amount
    from {{ ref('fct_leakage_cases') }} as cases
    inner join {{ ref('fct_meter_anomalies') }} as anomalies
        on
        cases.entity_id = anomalies.meter_id
        and anomalies.anomaly_type = 'energy_theft'
    where cases.rule = 'energy_theft' and cases.status = 'open'
    group by anomalies.district, anomalies.feeder, cases.currency

),

lost as (

    select
        district,
        feeder,
        sum(fed_in_kwh) as fed_in_kwh,
        sum(loss_kwh) as loss_kwh
    from {{ ref('agg_location_summary') }}
    where fed_in_kwh is not null
    group by district, feeder

)

select
    suspected.feeder,
    suspected.meters,
    suspected.amount,
    suspected.currency,
    suspected.estimated_kwh,
    lost.loss_kwh,
    lost.fed_in_kwh,
    suspected.district
from suspected
left join lost
    on
    suspected.district is not distinct from lost.district
    and suspected.feeder is not distinct from lost.feeder
order by
    suspected.currency asc,
    suspected.amount desc,
    suspected.feeder asc
