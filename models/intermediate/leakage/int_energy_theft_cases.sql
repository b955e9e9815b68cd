-- Energy not metered is priced at the highest rate that the account's own usage of the month
-- reached, since it would have come on top of that. A month without usage of its own, such as the
-- current one, takes the rate of the last month that has one.

with anomalies as (

    select * from {{ ref('int_theft_anomalies') }}
    where score >= {{ var('anomaly_flag_score') }}

),

meters as (

    select * from {{ ref('int_meters') }}
    where account_id is not null

),

losses as (

    select * from {{ ref('int_theft_losses') }}

),

usages as (

    select * from {{ ref('int_metered_usages') }}

),

rated as (

    select * from {{ ref('int_rated_energy') }}
    where quantity_type = 'usage' and highest_rate is not null

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

month_rates as (

    select
        usages.account_id,
        cast(date_trunc('month', usages.cycle_end) as date) as month_start,
        max(rated.highest_rate) as highest_rate
    from usages
    inner join rated
        on usages.usage_id = rated.quantity_id
    group by usages.account_id, cast(date_trunc('month', usages.cycle_end) as date)

),

last_rates as (

    select
        account_id,
        max_by(highest_rate, month_start) as highest_rate
    from month_rates
    group by account_id

),

flagged as (

    select
        anomalies.*,
        meters.account_id
    from anomalies
    inner join meters
        on anomalies.meter_id = meters.meter_id

),

priced as (

    select
        flagged.meter_id,
        sum(losses.lost_kwh) as lost_kwh,
        sum(
            try_cast(
                cast(losses.lost_kwh as decimal(28, 3))
                * coalesce(month_rates.highest_rate, last_rates.highest_rate, 0) as decimal(18, 2)
            )
        ) as amount
    from flagged
    inner join losses
        on flagged.meter_id = losses.meter_id
    left join month_rates
        on
        flagged.account_id = month_rates.account_id
        and losses.month_start = month_rates.month_start
    left join last_rates
        on flagged.account_id = last_rates.account_id
    group by flagged.meter_id

),

final as (

    select
        'energy_theft' as rule,
        'meter' as entity_type,
        flagged.meter_id as entity_id,
        flagged.account_id,
        cast(null as {{ dbt.type_string() }}) as invoice_id,
        cast(null as {{ dbt.type_string() }}) as subscription_id,
        cast(date_trunc('month', flagged.period_start) as date) as period_start,
        coalesce(try_cast(priced.amount as decimal(18, 2)), 0) as amount,
        accounts.currency,
        flagged.first_seen_on,
        cast(null as date) as resolved_on,
        cast(null as {{ dbt.type_string() }}) as end_cause,
        cast(0 as decimal(18, 2)) as recovered_amount,
        concat_ws(
            '; ',
            'score ' || cast(flagged.score as {{ dbt.type_string() }}),
            flagged.reason,
            'since ' || cast(flagged.period_start as {{ dbt.type_string() }}),
            'about ' || cast(coalesce(priced.lost_kwh, 0) as {{ dbt.type_string() }})
            || ' kWh not metered'
        ) as evidence
    from flagged
    inner join accounts
        on flagged.account_id = accounts.account_id
    left join priced
        on flagged.meter_id = priced.meter_id

)

select * from final
