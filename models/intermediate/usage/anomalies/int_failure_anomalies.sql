with stops as (

    select * from {{ ref('int_meter_stops') }}

),

places as (

    select * from {{ ref('int_metered_places') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

tenancies as (

    select * from {{ ref('int_tenancies') }}

),

-- at a vacant place, a supply that is switched off is no failure of the meter
final as (

    select
        stops.meter_id,
        'meter_failure' as anomaly_type,
        case when stops.dead_days * 2 >= stops.stopped_days then 'dead' else 'frozen' end as trace,
        stops.stopped_on as period_start,
        stops.last_stopped_on as period_end,
        cast(
            cast(stops.stopped_days as double)
            / (stops.stopped_days + {{ var('failure_min_days') }}) as decimal(5, 4)
        ) as score,
        least(
            {{ day_add('stops.stopped_on', var('failure_min_days') - 1) }}, stops.last_stopped_on
        ) as first_seen_on,
        cast(noise.mean_day_kwh * stops.stopped_days as decimal(18, 3)) as estimated_kwh,
        concat_ws(
            '; ',
            case
                when stops.dead_days * 2 >= stops.stopped_days then 'no energy on '
                else 'the same energy every hour on '
            end || {{ counted('stops.stopped_days', 'day') }} || ' to the last',
            'its feeder is supplied'
        ) as reason,
        stops.stopped_days
    from stops
    left join places
        on stops.meter_id = places.meter_id
    left join noise
        on places.place_id = noise.place_id
    left join tenancies
        on
        places.place_id = tenancies.place_id
        and tenancies.is_vacant
        and stops.stopped_on >= {{ day_add('tenancies.began_on', -1) }}
        and {{ day_add('stops.last_stopped_on', -1) }} <= tenancies.ended_on
    where tenancies.place_id is null

)

select * from final
