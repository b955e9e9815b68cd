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

final as (

    select
        usages.usage_id,
        usages.account_id,
        usages.meter_number,
        usages.cycle_start,
        usages.cycle_end,
        usages.usage_kwh,
        coalesce(meters.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(meters.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(meters.connected_load_kw, account_terms.connected_load_kw) as connected_load_kw
    from usages
    left join meters
        on usages.meter_number = meters.meter_number
    left join account_terms
        on usages.account_id = account_terms.account_id and meters.rate_schedule is null
    -- what ends after the as-of date has not been read yet
    where usages.cycle_end <= {{ as_of_date() }}

)

select * from final
