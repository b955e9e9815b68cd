-- What a meter registers for the load connected to it, by night and by day, and how often its
-- voltage sags, against the meters of its type: the only traces of energy that was taken from the
-- first day on. Offs are told in logarithms and in deviations of the type.

with judged_days as (

    select * from {{ ref('int_judged_days') }}

),

meters as (

    select * from {{ ref('int_meters') }}
    where connected_load_kw > 0

),

used as (

    select
        judged_days.place_id,
        max(meters.consumer_type) as consumer_type,
        cast(
            ln(
                greatest(
                    cast(sum(judged_days.registered_kwh) as double)
                    / cast(sum(judged_days.supplied_hours) as double),
                    {{ var('anomaly_min_kw') }}
                ) / cast(max(meters.connected_load_kw) as double)
            ) as decimal(9, 4)
        ) as load_log,
        cast({{ quantile_of('judged_days.night_log', 0.5) }} as decimal(9, 4)) as night_log,
        cast(
            cast(sum(judged_days.sag_hours) as double)
            / nullif(sum(judged_days.hours_valid), 0) as decimal(9, 4)
        ) as sag_share
    from judged_days
    inner join meters
        on judged_days.meter_id = meters.meter_id
    group by judged_days.place_id
    having count(*) >= {{ var('peers_min_days') }}

),

types as (

    select
        consumer_type,
        count(*) as meters,
        cast({{ quantile_of('load_log', 0.5) }} as decimal(9, 4)) as load_log,
        cast({{ quantile_of('night_log', 0.5) }} as decimal(9, 4)) as night_log,
        cast({{ quantile_of('sag_share', 0.5) }} as decimal(9, 4)) as sag_share
    from used
    group by consumer_type

),

compared as (

    select
        used.place_id,
        used.consumer_type,
        cast(used.load_log - types.load_log as decimal(9, 4)) as load_off,
        cast(used.night_log - types.night_log as decimal(9, 4)) as night_off,
        cast(used.sag_share - types.sag_share as decimal(9, 4)) as sag_off
    from used
    inner join types
        on used.consumer_type is not distinct from types.consumer_type
    where types.meters >= {{ var('anomaly_min_peers') }}

),

-- half of independent normal values lie within 0.6745 deviations
spreads as (

    select
        consumer_type,
        greatest({{ quantile_of('abs(load_off)', 0.5) }} / 0.6745, {{ var('peers_min_spread') }})
            as load_spread,
        greatest({{ quantile_of('abs(night_off)', 0.5) }} / 0.6745, {{ var('peers_min_spread') }})
            as night_spread
    from compared
    group by consumer_type

),

final as (

    select
        compared.place_id,
        compared.load_off,
        compared.night_off,
        compared.sag_off,
        cast(compared.load_off / spreads.load_spread as decimal(9, 4)) as load_deviations,
        cast(compared.night_off / spreads.night_spread as decimal(9, 4)) as night_deviations
    from compared
    inner join spreads
        on compared.consumer_type is not distinct from spreads.consumer_type

)

select * from final
