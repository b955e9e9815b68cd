-- Usage names a meter by its number. Where a number stands on several meters, one that replaced
-- another or one that two accounts claim, the one installed last answers for it.

with meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

ranked as (

    select
        *,
        row_number() over (
            partition by meter_number
            order by installed_on desc nulls last, updated_at desc nulls last, meter_id asc
        ) as number_rank
    from meters

),

final as (

    select
        meter_number,
        meter_id,
        account_id,
        consumer_type,
        rate_schedule,
        district,
        feeder,
        connected_load_kw,
        status,
        installed_on,
        cast(updated_at as date) as updated_on,
        case when status = 'Replaced' then cast(updated_at as date) end as removed_on,
        coalesce(lower(consumer_type) = 'feeder', false) as is_feeder_meter
    from ranked
    where number_rank = 1

)

select * from final
