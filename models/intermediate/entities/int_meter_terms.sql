with meters as (

    select * from {{ ref('int_meters') }}

),

versions as (

    select * from {{ ref('int_meter_versions') }}

),

final as (

    select
        meters.meter_number,
        versions.meter_id,
        versions.account_id,
        versions.consumer_type,
        versions.rate_schedule,
        versions.connected_load_kw,
        versions.district,
        versions.feeder,
        versions.status,
        versions.valid_from,
        versions.valid_to,
        versions.is_undated
    from meters
    inner join versions
        on meters.meter_id = versions.meter_id

)

select * from final
