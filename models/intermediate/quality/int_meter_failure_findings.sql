-- No money is lost by a meter that stopped, as long as its bills are estimated; but its readings
-- are wrong from then on.

with anomalies as (

    select * from {{ ref('int_meter_anomalies') }}
    where anomaly_type = 'meter_failure' and is_flagged

),

final as (

    select
        'meter_failure' as rule,
        'meter' as entity_type,
        meter_id as entity_id,
        account_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(date_trunc('month', period_start) as date) as period_start,
        cast(null as decimal(18, 2)) as amount,
        cast(null as {{ dbt.type_string() }}) as currency,
        first_seen_on as found_on,
        concat_ws(
            '; ',
            reason,
            'since ' || cast(period_start as {{ dbt.type_string() }})
        ) as evidence
    from anomalies

)

select * from final
