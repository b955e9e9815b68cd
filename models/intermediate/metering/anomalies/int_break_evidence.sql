-- What else changed when a meter's level fell: hours without any energy, voltage sags, seals that
-- were touched, and above all what its feeder loses. Energy that is taken and not metered is still
-- fed in; a house that uses less is not. Long, because everything is told twice, before the fall
-- and after it, from one pass over the days.

{%- set clean_hours = 24 * var('anomaly_min_days_before') %}

with breaks as (

    select * from {{ ref('int_residual_breaks') }}

),

residuals as (

    select * from {{ ref('int_day_residuals') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

losses as (

    select * from {{ ref('int_feeder_losses') }}

),

places as (

    select * from {{ ref('int_metered_places') }}

),

events as (

    select
        meter_number,
        cast(event_at as date) as tampered_on
    from {{ ref('stg_metering__meter_events') }}
    where
        is_accepted
        and event_type = 'tamper'
        and cast(event_at as date) <= {{ as_of_date() }}

),

tampers as (

    select
        places.place_id,
        events.tampered_on
    from events
    inner join places
        on events.meter_number = places.meter_number
    group by places.place_id, events.tampered_on

),

last_days as (

    select
        place_id,
        max(read_on) as last_day
    from residuals
    group by place_id

),

days as (

    select
        residuals.place_id,
        breaks.is_night,
        residuals.read_on >= breaks.broke_on as is_after,
        abs({{ days_from('breaks.broke_on', 'residuals.read_on') }})
        < {{ var('anomaly_window_days') }} as is_near,
        abs({{ days_from('breaks.broke_on', 'residuals.read_on') }})
        < {{ var('anomaly_edge_days') }} as is_edge,
        {{ days_from('residuals.read_on', 'last_days.last_day') }}
        < {{ var('anomaly_tail_days') }} as is_last,
        breaks.mean_before,
        case when breaks.is_night then residuals.night_residual else residuals.level_residual end
            as residual,
        -- what else falls where energy is taken: the light hours as much as the dark, the night itself
        case
            when breaks.is_night then residuals.night_level_residual else residuals.light_residual
        end as other_residual,
        residuals.evening_residual - residuals.light_residual as evening_shape,
        residuals.night_residual as night_shape,
        residuals.supplied_hours,
        residuals.hours_valid,
        residuals.zero_hours,
        residuals.sag_hours,
        residuals.registered_kwh,
        cast(
            residuals.usual_kwh * exp(cast(breaks.mean_before as double)) as decimal(18, 3)
        ) as expected_kwh,
        losses.unexplained_kwh
    from residuals
    inner join breaks
        on residuals.place_id = breaks.place_id
    inner join last_days
        on residuals.place_id = last_days.place_id
    left join losses
        on
        residuals.feeder = losses.feeder
        and residuals.read_on = losses.read_on

),

compared as (

    select
        place_id,
        is_night,
        {{ drop_of('residual', 'is_edge') }} as edge_drop,
        {{ drop_of('other_residual', 'is_near') }} as other_near_drop,
        {{ drop_of('other_residual', 'true') }} as other_lasting_drop,
        greatest(
            abs({{ drop_of('evening_shape', 'is_near') }}), abs({{ drop_of('night_shape', 'is_near') }})
        ) as shape_change,
        cast(
            cast(sum(mean_before - residual) filter (where is_last) as double)
            / nullif(count(residual) filter (where is_last), 0) as decimal(9, 4)
        ) as tail_drop,
        count(unexplained_kwh) filter (where is_near and not is_after) as balance_days_before,
        count(unexplained_kwh) filter (where is_near and is_after) as balance_days_after,
        sum(unexplained_kwh) filter (where is_near and not is_after) as unexplained_before,
        sum(unexplained_kwh) filter (where is_near and is_after) as unexplained_after,
        sum(
            case when unexplained_kwh is not null then expected_kwh - registered_kwh end
        ) filter (where is_near and is_after) as near_lost_kwh,
        -- few days say little of a share: it is reckoned as if so many clean ones stood beside them
        cast(sum(zero_hours) filter (where not is_after) as double)
        / (cast(sum(supplied_hours) filter (where not is_after) as double) + {{ clean_hours }})
            as zero_share_before,
        cast(sum(zero_hours) filter (where is_after) as double)
        / (cast(sum(supplied_hours) filter (where is_after) as double) + {{ clean_hours }})
            as zero_share_after,
        cast(sum(sag_hours) filter (where not is_after) as double)
        / (cast(sum(hours_valid) filter (where not is_after) as double) + {{ clean_hours }})
            as sag_share_before,
        cast(sum(sag_hours) filter (where is_after) as double)
        / (cast(sum(hours_valid) filter (where is_after) as double) + {{ clean_hours }})
            as sag_share_after
    from days
    group by place_id, is_night

),

tampered as (

    select
        breaks.place_id,
        breaks.is_night,
        count(*) as tamper_days
    from breaks
    inner join tampers
        on
        breaks.place_id = tampers.place_id
        and abs({{ days_from('breaks.broke_on', 'tampers.tampered_on') }})
        <= {{ var('anomaly_tamper_days') }}
    group by breaks.place_id, breaks.is_night

),

final as (

    select
        compared.place_id,
        compared.is_night,
        compared.edge_drop,
        compared.other_near_drop,
        compared.other_lasting_drop,
        compared.tail_drop,
        compared.shape_change,
        -- kWh a day that went missing from the meter, and that came up as loss of its feeder
        cast(compared.near_lost_kwh as double) / nullif(compared.balance_days_after, 0)
            as missing_day_kwh,
        cast(compared.unexplained_after as double) / nullif(compared.balance_days_after, 0)
        - cast(compared.unexplained_before as double) / nullif(compared.balance_days_before, 0)
            as lost_day_kwh,
        cast(noise.unexplained_noise as double)
        * sqrt(
            1.0 / nullif(compared.balance_days_before, 0)
            + 1.0 / nullif(compared.balance_days_after, 0)
        ) as lost_day_noise,
        compared.zero_share_before,
        compared.zero_share_after,
        compared.sag_share_before,
        compared.sag_share_after,
        coalesce(tampered.tamper_days, 0) as tamper_days
    from compared
    inner join noise
        on compared.place_id = noise.place_id
    left join tampered
        on
        compared.place_id = tampered.place_id
        and compared.is_night = tampered.is_night

)

select * from final
