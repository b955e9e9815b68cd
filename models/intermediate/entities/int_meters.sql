-- Usage names a meter by its number. Where several meters have the same number, because one
-- replaced another or two accounts claim it, the one installed last is used.

with meters as (

    select * from {{ ref('stg_metering__meters') }}
    where is_accepted

),

batches as (

    select * from {{ ref('stg_control__extract_batches') }}

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
        ranked.meter_number,
        ranked.meter_id,
        ranked.account_id,
        ranked.consumer_type,
        ranked.rate_schedule,
        ranked.district,
        ranked.feeder,
        ranked.connected_load_kw,
        ranked.status,
        ranked.installed_on,
        cast(ranked.updated_at as date) as updated_on,
        case when ranked.status = 'Replaced' then cast(ranked.updated_at as date) end as removed_on,
        coalesce(lower(ranked.consumer_type) = 'feeder', false) as is_feeder_meter,
        -- an undated status is known for the extract's day only, unless the mapping says more
        case
            when batches.has_status_throughout then {{ beginning_of_time() }}
            else batches.as_of_date
        end as status_known_from
    from ranked
    left join batches
        on ranked.batch_no = batches.batch_no
    where ranked.number_rank = 1

)

select * from final
