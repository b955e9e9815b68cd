-- A register that is turned back shows as one large negative reading: more than a full day's
-- energy, which no garbage value and no hour of reversed energy comes near.

with daily as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }} and negative_kwh < 0

),

places as (

    select * from {{ ref('int_metered_places') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

final as (

    select
        places.place_id,
        places.meter_id,
        daily.read_on as rolled_back_on,
        cast(-daily.negative_kwh as decimal(18, 3)) as rolled_back_kwh
    from daily
    inner join places
        on daily.meter_number = places.meter_number
    inner join noise
        on places.place_id = noise.place_id
    where
        -daily.negative_kwh
        > greatest(noise.full_day_kwh, {{ var('anomaly_min_kw') }}) * {{ var('rollback_min_days') }}

)

select * from final
