-- What theft may leave behind, side by side: a level that falls for good and what changed with it,
-- a night that falls against the day, a register turned back, scattered lows, and a load that never
-- registered what its peers register.

with noise as (

    select * from {{ ref('int_meter_noise') }}

),

level_falls as (

    select * from {{ ref('int_change_point_evidence') }}
    where not is_night

),

night_falls as (

    select * from {{ ref('int_change_point_evidence') }}
    where is_night

),

places as (

    select * from {{ ref('int_metered_places') }}

),

events as (

    select * from {{ ref('stg_metering__meter_events') }}
    where is_accepted and event_type = 'tamper'

),

tampered as (

    select
        level_falls.place_id,
        count(distinct cast(events.event_at as date)) as tamper_days
    from level_falls
    inner join places
        on level_falls.place_id = places.place_id
    inner join events
        on places.meter_number = events.meter_number
    where
        cast(events.event_at as date) <= {{ as_of_date() }}
        and abs({{ days_from('level_falls.broke_on', 'cast(events.event_at as date)') }})
        <= {{ var('anomaly_tamper_days') }}
    group by level_falls.place_id

),

rollbacks as (

    select
        place_id,
        min(rolled_back_on) as first_on,
        count(*) as rollback_days
    from {{ ref('int_register_rollbacks') }}
    group by place_id

),

scattered_lows as (

    select * from {{ ref('int_scattered_lows') }}

),

peer_levels as (

    select * from {{ ref('int_peer_levels') }}

),

final as (

    select
        noise.place_id,
        noise.first_judged_on,
        noise.last_judged_on,
        level_falls.broke_on as level_broke_on,
        level_falls.contrast as level_contrast,
        level_falls.mean_before as level_before,
        level_falls.least_drop as level_drop,
        level_falls.shape_change,
        level_falls.missing_day_kwh,
        level_falls.lost_day_kwh,
        case
            when level_falls.missing_day_kwh > 0 and level_falls.lost_day_noise > 0
                then {{ clamp(
                    '(level_falls.lost_day_kwh - level_falls.missing_day_kwh / 2)
                    * level_falls.missing_day_kwh
                    / (4 * level_falls.lost_day_noise * level_falls.lost_day_noise)',
                    '-' ~ var('theft_max_balance'), var('theft_max_balance')
                ) }}
        end as balance,
        coalesce(tampered.tamper_days, 0) as tamper_days,
        level_falls.sag_share,
        night_falls.broke_on as night_broke_on,
        night_falls.contrast as night_contrast,
        night_falls.least_drop as night_drop,
        rollbacks.first_on as rolled_back_on,
        coalesce(rollbacks.rollback_days, 0) as rollback_days,
        scattered_lows.scattered_from,
        scattered_lows.lows as scattered_lows,
        scattered_lows.evidence as scatter_evidence,
        peer_levels.load_off,
        peer_levels.load_deviations,
        peer_levels.night_off,
        peer_levels.night_deviations,
        peer_levels.sag_off
    from noise
    left join level_falls
        on noise.place_id = level_falls.place_id
    left join tampered
        on noise.place_id = tampered.place_id
    left join night_falls
        on noise.place_id = night_falls.place_id
    left join rollbacks
        on noise.place_id = rollbacks.place_id
    left join scattered_lows
        on noise.place_id = scattered_lows.place_id
    left join peer_levels
        on noise.place_id = peer_levels.place_id

)

select * from final
