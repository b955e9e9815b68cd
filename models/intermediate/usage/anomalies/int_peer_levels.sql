-- What a meter registers for its connected load, by night and by day, and how often its voltage
-- sags, compared with the meters of its type: the only traces of theft that began on the first day.
-- Differences are in logarithms and in standard deviations of the type.

with days as (

    select * from {{ ref('int_occupied_days') }}

),

-- what was connected all the time
loads as (

    select
        meter_id,
        max(consumer_type) as consumer_type,
        min(connected_load_kw) as connected_load_kw
    from {{ ref('int_meter_versions') }}
    where connected_load_kw > 0
    group by meter_id

),

used as (

    select
        days.place_id,
        max(loads.consumer_type) as consumer_type,
        cast({{ quantile_of('days.dark_log', 0.5) }} as decimal(9, 4))
        - cast(ln(cast(max(loads.connected_load_kw) as double)) as decimal(9, 4)) as load_log,
        cast(
            ln(
                greatest(
                    {{ quantile_of('days.peak_demand_kw', 0.9) }}, {{ var('anomaly_min_kw') }}
                ) / cast(max(loads.connected_load_kw) as double)
            ) as decimal(9, 4)
        ) as peak_log,
        cast({{ quantile_of('days.night_shape', 0.5) }} as decimal(9, 4)) as night_log,
        cast(
            cast(sum(days.sag_hours) as double)
            / nullif(sum(days.hours_valid), 0) as decimal(9, 4)
        ) as sag_share
    from days
    inner join loads
        on days.meter_id = loads.meter_id
    group by days.place_id
    having count(*) >= {{ var('peers_min_days') }}

),

types as (

    select
        consumer_type,
        count(*) as meters,
        cast({{ quantile_of('load_log', 0.5) }} as decimal(9, 4)) as load_log,
        cast({{ quantile_of('peak_log', 0.5) }} as decimal(9, 4)) as peak_log,
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
        cast(used.peak_log - types.peak_log as decimal(9, 4)) as peak_off,
        cast(used.night_log - types.night_log as decimal(9, 4)) as night_off,
        cast(used.sag_share - types.sag_share as decimal(9, 4)) as sag_off
    from used
    inner join types
        on used.consumer_type is not distinct from types.consumer_type
    where types.meters >= {{ var('anomaly_min_peers') }}

),

-- half of independent normal values lie within 0.6745 standard deviations
spreads as (

    select
        consumer_type,
        greatest({{ quantile_of('abs(load_off)', 0.5) }} / 0.6745, {{ var('peers_min_spread') }})
            as load_spread,
        greatest({{ quantile_of('abs(peak_off)', 0.5) }} / 0.6745, {{ var('peers_min_spread') }})
            as peak_spread,
        greatest({{ quantile_of('abs(night_off)', 0.5) }} / 0.6745, {{ var('peers_min_spread') }})
            as night_spread
    from compared
    group by consumer_type

),

final as (

    select
        compared.place_id,
        -- a car adds to the connected load but seldom draws it, and then raises the peak
        greatest(compared.load_off, compared.peak_off) as load_off,
        compared.night_off,
        compared.sag_off,
        cast(
            greatest(
                compared.load_off / spreads.load_spread, compared.peak_off / spreads.peak_spread
            ) as decimal(9, 4)
        ) as load_deviations,
        cast(compared.night_off / spreads.night_spread as decimal(9, 4)) as night_deviations
    from compared
    inner join spreads
        on compared.consumer_type is not distinct from spreads.consumer_type

)

select * from final
