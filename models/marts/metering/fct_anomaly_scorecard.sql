-- A theft found before the simulator calls it visible is neither right nor wrong.

with anomalies as (

    select * from {{ ref('int_meter_anomalies') }}
    where is_flagged

),

truth as (

    select * from {{ ref('stg_ground_truth__faults') }}
    where rule in ('energy_theft', 'meter_failure')

),

as_of as (

    select * from {{ ref('int_as_of_date') }}
    where is_simulated

),

anomaly_types as (

    select 'energy_theft' as anomaly_type
    union all
    select 'meter_failure' as anomaly_type

),

faults as (

    select
        truth.rule as anomaly_type,
        truth.entity_id as meter_id,
        max(truth.cause) as method,
        bool_or(
            truth.observable_from <= as_of.as_of_date
            and coalesce(truth.ends_on > as_of.as_of_date, true)
        ) as is_observable
    from truth
    cross join as_of
    group by truth.rule, truth.entity_id

),

compared as (

    select
        coalesce(faults.anomaly_type, anomalies.anomaly_type) as anomaly_type,
        faults.method,
        coalesce(faults.is_observable, false) as is_observable,
        faults.meter_id is not null as is_fault,
        anomalies.meter_id is not null as is_found
    from faults
    full outer join anomalies
        on
        faults.anomaly_type = anomalies.anomaly_type
        and faults.meter_id = anomalies.meter_id

),

counted as (

    select
        anomaly_type,
        method,
        count(*) filter (where is_observable) as injected,
        count(*) filter (where is_observable and is_found) as found,
        count(*) filter (where is_fault and not is_observable) as not_yet_observable,
        cast(null as bigint) as false_positives
    from compared
    where method is not null
    group by anomaly_type, method
    union all
    select
        anomaly_types.anomaly_type,
        'all' as method,
        count(*) filter (where compared.is_observable) as injected,
        count(*) filter (where compared.is_observable and compared.is_found) as found,
        count(*) filter (where compared.is_fault and not compared.is_observable)
            as not_yet_observable,
        count(*) filter (where compared.is_found and not compared.is_fault) as false_positives
    from anomaly_types
    cross join as_of
    left join compared
        on anomaly_types.anomaly_type = compared.anomaly_type
    group by anomaly_types.anomaly_type

),

final as (

    select
        anomaly_type,
        method,
        injected,
        found,
        not_yet_observable,
        false_positives,
        cast(cast(found as double) / nullif(injected, 0) as decimal(9, 6)) as recall,
        cast(cast(found as double) / nullif(found + false_positives, 0) as decimal(9, 6))
            as precision,
        cast(
            2 * cast(found as double) / nullif(injected + found + false_positives, 0)
            as decimal(9, 6)
        ) as f1
    from counted

)

select * from final
