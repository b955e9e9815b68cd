-- What theft may leave behind, side by side: a level that falls for good and what changed with it,
-- a night that falls against the day, a register turned back, scattered lows, and a load that never
-- registered what its peers register.

with noise as (

    select * from {{ ref('int_meter_noise') }}

),

level_breaks as (

    select * from {{ ref('int_residual_breaks') }}
    where not is_night

),

break_evidence as (

    select * from {{ ref('int_break_evidence') }}
    where not is_night

),

night_evidence as (

    select * from {{ ref('int_break_evidence') }}
    where is_night

),

night_breaks as (

    select * from {{ ref('int_residual_breaks') }}
    where is_night

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
        level_breaks.broke_on as level_broke_on,
        level_breaks.contrast as level_contrast,
        level_breaks.mean_before as level_before,
        least(
            level_breaks.near_drop, level_breaks.lasting_drop, break_evidence.edge_drop,
            break_evidence.tail_drop, break_evidence.other_near_drop,
            break_evidence.other_lasting_drop
        ) as level_drop,
        break_evidence.shape_change,
        break_evidence.missing_day_kwh,
        break_evidence.lost_day_kwh,
        case
            when break_evidence.missing_day_kwh > 0 and break_evidence.lost_day_noise > 0
                then {{ clamp(
                    '(break_evidence.lost_day_kwh - break_evidence.missing_day_kwh / 2)
                    * break_evidence.missing_day_kwh
                    / (4 * break_evidence.lost_day_noise * break_evidence.lost_day_noise)',
                    '-' ~ var('theft_max_balance'), var('theft_max_balance')
                ) }}
        end as balance,
        break_evidence.tamper_days,
        greatest(break_evidence.zero_share_after - break_evidence.zero_share_before, 0)
            as zero_share,
        greatest(break_evidence.sag_share_after - break_evidence.sag_share_before, 0)
            as sag_share,
        night_breaks.broke_on as night_broke_on,
        night_breaks.contrast as night_contrast,
        least(
            night_breaks.near_drop, night_breaks.lasting_drop, night_evidence.edge_drop,
            night_evidence.tail_drop, night_evidence.other_near_drop,
            night_evidence.other_lasting_drop
        ) as night_drop,
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
    left join level_breaks
        on noise.place_id = level_breaks.place_id
    left join break_evidence
        on noise.place_id = break_evidence.place_id
    left join night_breaks
        on noise.place_id = night_breaks.place_id
    left join night_evidence
        on noise.place_id = night_evidence.place_id
    left join rollbacks
        on noise.place_id = rollbacks.place_id
    left join scattered_lows
        on noise.place_id = scattered_lows.place_id
    left join peer_levels
        on noise.place_id = peer_levels.place_id

)

select * from final
