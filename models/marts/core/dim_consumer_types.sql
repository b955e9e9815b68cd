with versions as (

    select * from {{ ref('int_meter_versions') }}
    where valid_from <= {{ as_of_date() }} and consumer_type is not null

),

scheduled as (

    select
        consumer_type,
        rate_schedule,
        count(*) as meter_count
    from versions
    where valid_to > {{ as_of_date() }} and rate_schedule is not null
    group by consumer_type, rate_schedule

),

-- the schedule of most meters of a type; on a tie the first by name
ranked as (

    select
        *,
        row_number() over (
            partition by consumer_type
            order by meter_count desc, rate_schedule asc
        ) as schedule_rank
    from scheduled

),

counted as (

    select
        consumer_type,
        count(distinct meter_id) as meter_count
    from versions
    group by consumer_type

),

final as (

    select
        md5(counted.consumer_type) as consumer_type_key,
        counted.consumer_type,
        ranked.rate_schedule as usual_rate_schedule,
        counted.meter_count,
        lower(counted.consumer_type) = 'feeder' as is_feeder_meter
    from counted
    left join ranked
        on counted.consumer_type = ranked.consumer_type and ranked.schedule_rank = 1

)

select * from final
