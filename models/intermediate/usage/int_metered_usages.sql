with stated_usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

account_usages as (

    select * from {{ ref('int_account_usage') }}

),

meter_terms as (

    select * from {{ ref('int_meter_terms') }}

),

-- usage that names no meter is charged as its account's meters are, where these agree
account_terms as (

    select * from {{ ref('int_account_terms') }}

),

-- as its meter was charged on the last day of the period
known as (

    select
        stated_usages.usage_id,
        stated_usages.account_id,
        stated_usages.meter_number,
        stated_usages.cycle_start,
        stated_usages.cycle_end,
        stated_usages.usage_kwh,
        stated_usages.peak_demand_kw,
        meter_terms.rate_schedule,
        meter_terms.consumer_type,
        meter_terms.connected_load_kw,
        case when meter_terms.rate_schedule is null then stated_usages.account_id end
            as asking_account_id
    from stated_usages
    left join meter_terms
        on
        stated_usages.meter_number = meter_terms.meter_number
        and stated_usages.cycle_end >= meter_terms.valid_from
        and stated_usages.cycle_end < meter_terms.valid_to
    -- what ends after the as-of date has not been read yet
    where stated_usages.cycle_end <= {{ as_of_date() }}

),

stated as (

    select
        known.usage_id,
        known.account_id,
        known.meter_number,
        known.cycle_start,
        known.cycle_end,
        known.usage_kwh,
        known.peak_demand_kw,
        coalesce(known.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(known.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(known.connected_load_kw, account_terms.connected_load_kw) as connected_load_kw
    from known
    left join account_terms
        on known.asking_account_id = account_terms.account_id

),

final as (

    select
        usage_id,
        account_id,
        meter_number,
        cycle_start,
        cycle_end,
        usage_kwh,
        rate_schedule,
        consumer_type,
        connected_load_kw,
        peak_demand_kw,
        usage_kwh as certain_kwh,
        usage_kwh as possible_kwh,
        true as is_comparable,
        cast(null as date) as turned_back_on,
        false as is_from_readings
    from stated
    union all
    -- an unknown month has no metered energy
    select
        account_id || '|' || meter_number || '|' || cast(period_start as {{ dbt.type_string() }})
            as usage_id,
        account_id,
        meter_number,
        period_start as cycle_start,
        period_end as cycle_end,
        usage_kwh,
        rate_schedule,
        consumer_type,
        connected_load_kw,
        peak_demand_kw,
        certain_kwh,
        possible_kwh,
        is_comparable,
        turned_back_on,
        true as is_from_readings
    from account_usages
    where usage_kwh is not null

)

select * from final
