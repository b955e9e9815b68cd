with usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

meters as (

    select * from {{ ref('int_meters') }}

),

-- usage that names no meter is charged as its account's meters are, where these agree
account_meters as (

    select
        account_id,
        min(consumer_type) as consumer_type,
        min(rate_schedule) as rate_schedule,
        min(connected_load_kw) as connected_load_kw
    from meters
    group by account_id
    having
        min(rate_schedule) = max(rate_schedule)
        and coalesce(min(consumer_type) = max(consumer_type), true)
        and coalesce(min(connected_load_kw) = max(connected_load_kw), true)

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
        coalesce(known.rate_schedule, account_meters.rate_schedule) as rate_schedule,
        coalesce(known.consumer_type, account_meters.consumer_type) as consumer_type,
        coalesce(known.connected_load_kw, account_meters.connected_load_kw) as connected_load_kw
    from known
    left join account_meters
        on known.asking_account_id = account_meters.account_id

)

select * from final
