with usages as (

    select * from {{ ref('int_metered_usages') }}

),

rated as (

    select * from {{ ref('int_rated_energy') }}
    where quantity_type = 'usage'

),

final as (

    select
        usages.usage_id,
        usages.account_id,
        usages.meter_number,
        usages.cycle_start,
        usages.cycle_end,
        usages.usage_kwh,
        usages.rate_schedule,
        rated.tariff_key,
        rated.lowest_rate,
        rated.highest_rate,
        rated.energy_amount,
        usages.certain_kwh,
        usages.possible_kwh,
        usages.is_comparable,
        usages.turned_back_on,
        usages.is_from_readings
    from usages
    left join rated
        on usages.usage_id = rated.quantity_id

)

select * from final
