with usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

meters as (

    select * from {{ ref('int_meters') }}

),

-- usage that names no meter is charged as its account's meters are, where these agree
account_terms as (

    select * from {{ ref('int_account_terms') }}

),

known as (

    select
        usages.usage_id,
        usages.account_id,
        usages.meter_number,
        usages.cycle_start,
        usages.cycle_end,
        usages.usage_kwh,
        meters.rate_schedule,
        meters.consumer_type,
        meters.connected_load_kw,
        case when meters.rate_schedule is null then usages.account_id end as asking_account_id
    from usages
    left join meters
        on usages.meter_number = meters.meter_number
    -- what ends after the as-of date has not been read yet
    where usages.cycle_end <= {{ as_of_date() }}

),

final as (

    select
        known.usage_id,
        known.account_id,
        known.meter_number,
        known.cycle_start,
        known.cycle_end,
        known.usage_kwh,
        coalesce(known.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(known.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(known.connected_load_kw, account_terms.connected_load_kw) as connected_load_kw
    from known
    left join account_terms
        on known.asking_account_id = account_terms.account_id

)

select * from final
