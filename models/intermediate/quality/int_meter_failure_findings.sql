-- No money is lost by a meter that stopped, as long as its bills are estimated; but its readings
-- are wrong from then on.

with failures as (

    select * from {{ ref('int_failure_anomalies') }}
    where score >= {{ var('anomaly_flag_score') }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

final as (

    select
        'meter_failure' as rule,
        'meter' as entity_type,
        failures.meter_id as entity_id,
        meters.account_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(date_trunc('month', failures.period_start) as date) as period_start,
        cast(null as decimal(18, 2)) as amount,
        cast(null as {{ dbt.type_string() }}) as currency,
        failures.first_seen_on as found_on,
        concat_ws(
            '; ',
            failures.reason,
            'since ' || cast(failures.period_start as {{ dbt.type_string() }})
        ) as evidence
    from failures
    inner join meters
        on failures.meter_id = meters.meter_id

)

select * from final
