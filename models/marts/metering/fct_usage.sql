-- Usage, by the versions of customer and meter in force when the period ended. Long because of its
-- columns, since stated usage and usage from readings list the same ones.

with stated_usages as (

    select * from {{ ref('int_metered_usages') }}
    where not is_from_readings

),

meter_usages as (

    select * from {{ ref('int_meter_usage') }}
    where not is_feeder_meter and not has_stated_usage and usage_kwh is not null

),

meters as (

    select * from {{ ref('int_meters') }}

),

accounts as (

    select * from {{ ref('int_accounts') }}

),

customer_versions as (

    select
        *,
        {{ holds_from('customer_id') }} as holds_from
    from {{ ref('dim_customers') }}

),

meter_versions as (

    select
        *,
        {{ holds_from('meter_id') }} as holds_from
    from {{ ref('dim_meters') }}

),

unioned as (

    select
        usage_id,
        account_id,
        meter_number,
        cycle_start as period_start,
        cycle_end as period_end,
        usage_kwh,
        peak_demand_kw,
        rate_schedule,
        consumer_type,
        cast(null as bigint) as hours_expected,
        cast(null as bigint) as hours_estimated,
        is_from_readings
    from stated_usages
    union all
    select
        'readings|' || meter_number || '|' || cast(period_start as {{ dbt.type_string() }})
            as usage_id,
        account_id,
        meter_number,
        period_start,
        period_end,
        usage_kwh,
        peak_demand_kw,
        rate_schedule,
        consumer_type,
        hours_expected,
        hours_estimated,
        true as is_from_readings
    from meter_usages

),

final as (

    select
        md5(unioned.usage_id) as usage_key,
        customer_versions.customer_key,
        unioned.period_end as date_key,
        meters.meter_id,
        unioned.usage_kwh,
        unioned.peak_demand_kw as peak_demand,
        unioned.rate_schedule,
        substr(cast(unioned.period_end as {{ dbt.type_string() }}), 1, 7) as billing_period,
        meter_versions.meter_key,
        unioned.meter_number,
        unioned.account_id,
        accounts.currency,
        unioned.consumer_type,
        meter_versions.district,
        meter_versions.feeder,
        unioned.period_start,
        unioned.period_end,
        unioned.hours_expected,
        unioned.hours_estimated,
        unioned.is_from_readings
    from unioned
    left join meters
        on unioned.meter_number = meters.meter_number
    left join accounts
        on unioned.account_id = accounts.account_id
    left join customer_versions
        on
        accounts.customer_id = customer_versions.customer_id
        and unioned.period_end >= customer_versions.holds_from
        and unioned.period_end < customer_versions.expiry_date
    left join meter_versions
        on
        meters.meter_id = meter_versions.meter_id
        and unioned.period_end >= meter_versions.holds_from
        and unioned.period_end < meter_versions.expiry_date

)

select * from final
