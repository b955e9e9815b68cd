-- What else changed where a level or a night fell: whether it fell at once, in the other hours too
-- and for good, whether the day kept its shape, voltage sags, and above all what the feeder loses.
-- Energy that is taken and not metered is still fed in; a house that uses less is not.

{%- set clean_hours = 24 * var('anomaly_min_days_before') %}
{%- set near = 'abs(days_off) < ' ~ var('anomaly_window_days') %}
{%- set edge = 'abs(days_off) < ' ~ var('anomaly_edge_days') %}

with change_points as (

    select * from {{ ref('int_change_points') }}

),

residuals as (

    select
        *,
        max(read_on) over (partition by place_id) as last_day
    from {{ ref('int_day_residuals') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

losses as (

    select * from {{ ref('int_feeder_losses') }}

),

days as (

    select
        residuals.*,
        change_points.is_night,
        change_points.mean_before,
        losses.unexplained_kwh,
        residuals.read_on >= change_points.broke_on as is_after,
        {{ days_from('change_points.broke_on', 'residuals.read_on') }} as days_off,
        {{ days_from('residuals.read_on', 'residuals.last_day') }} < {{ var('anomaly_tail_days') }}
            as is_last,
        case
            when change_points.is_night then residuals.night_residual else residuals.level_residual
        end as residual,
        case
            when change_points.is_night then residuals.night_level_residual
            else residuals.light_residual
        end as other_residual,
        residuals.evening_residual - residuals.light_residual as evening_shape,
        cast(
            residuals.usual_kwh * exp(cast(change_points.mean_before as double)) as decimal(18, 3)
        ) - residuals.registered_kwh as missing_kwh
    from residuals
    inner join change_points
        on residuals.place_id = change_points.place_id
    left join losses
        on
        residuals.feeder = losses.feeder
        and residuals.read_on = losses.read_on

),

compared as (

    select
        place_id,
        is_night,
        {{ drop_of('residual', edge, 'is_after') }} as edge_drop,
        {{ drop_of('other_residual', near, 'is_after') }} as other_near_drop,
        {{ drop_of('other_residual', 'true', 'is_after') }} as other_lasting_drop,
        cast(sum(mean_before - residual) filter (where is_last) as double)
        / nullif(count(residual) filter (where is_last), 0) as tail_drop,
        greatest(
            abs({{ drop_of('evening_shape', near, 'is_after') }}),
            abs({{ drop_of('night_residual', near, 'is_after') }})
        ) as shape_change,
        -{{ drop_of('unexplained_kwh', near, 'is_after') }} as lost_day_kwh,
        cast(
            sum(missing_kwh) filter (where {{ near }} and is_after and unexplained_kwh is not null)
            as double
        )
        / nullif(count(unexplained_kwh) filter (where {{ near }} and is_after), 0)
            as missing_day_kwh,
        count(unexplained_kwh) filter (where {{ near }} and not is_after) as balance_days_before,
        count(unexplained_kwh) filter (where {{ near }} and is_after) as balance_days_after,
        -- a share from few days is uncertain: this many clean hours are added to smooth it
        cast(sum(sag_hours) filter (where is_after) as double)
        / (cast(sum(hours_valid) filter (where is_after) as double) + {{ clean_hours }})
        - cast(sum(sag_hours) filter (where not is_after) as double)
        / (cast(sum(hours_valid) filter (where not is_after) as double) + {{ clean_hours }})
            as sag_share
    from days
    group by place_id, is_night

),

final as (

    select
        change_points.place_id,
        change_points.is_night,
        change_points.broke_on,
        change_points.contrast,
        change_points.mean_before,
        -- the least of what may be called a fall
        cast(
            least(
                change_points.near_drop, change_points.lasting_drop,
                compared.edge_drop, compared.tail_drop,
                compared.other_near_drop, compared.other_lasting_drop
            ) as decimal(9, 4)
        ) as least_drop,
        cast(compared.shape_change as decimal(9, 4)) as shape_change,
        -- kWh a day that went missing from the meter, and that came up as loss of its feeder
        compared.missing_day_kwh,
        compared.lost_day_kwh,
        cast(noise.unexplained_noise as double)
        * sqrt(
            1.0 / nullif(compared.balance_days_before, 0)
            + 1.0 / nullif(compared.balance_days_after, 0)
        ) as lost_day_noise,
        greatest(compared.sag_share, 0) as sag_share
    from change_points
    inner join compared
        on
        change_points.place_id = compared.place_id
        and change_points.is_night = compared.is_night
    inner join noise
        on change_points.place_id = noise.place_id

)

select * from final
