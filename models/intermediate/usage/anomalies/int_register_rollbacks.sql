-- A register that is turned back shows as one large negative reading: more than a full day's
-- energy, which no garbage value and no hour of reversed energy comes near. A register that
-- restarts, or falls by more than it ever counted, was not turned back.

with falls as (

    select * from {{ ref('int_register_falls') }}
    where course = 'turned_back'

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
        falls.fell_on as rolled_back_on,
        falls.fallen_kwh as rolled_back_kwh
    from falls
    inner join places
        on falls.meter_number = places.meter_number
    inner join noise
        on places.place_id = noise.place_id
    where
        falls.fallen_kwh
        > greatest(noise.full_day_kwh, {{ var('anomaly_min_kw') }}) * {{ var('rollback_min_days') }}

)

select * from final
