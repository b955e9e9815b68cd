with versions as (

    select
        nullif(district, '') as district,
        nullif(feeder, '') as feeder,
        consumer_type,
        meter_id
    from {{ ref('int_meter_versions') }}
    where valid_from <= {{ as_of_date() }}

),

final as (

    select
        md5(coalesce(district, '') || '|' || coalesce(feeder, '')) as location_key,
        district,
        feeder,
        count(distinct case when lower(consumer_type) is distinct from 'feeder' then meter_id end)
            as meter_count,
        bool_or(coalesce(lower(consumer_type) = 'feeder', false)) as has_feeder_meter
    from versions
    group by district, feeder

)

select * from final
