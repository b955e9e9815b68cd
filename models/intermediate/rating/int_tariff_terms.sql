-- What a tariff charges beside energy. A percentage of the bill is a tax of energy and fixed
-- charge, a duty of the energy, a surcharge of energy and fixed charge.

with tariffs_in_force as (

    select * from {{ ref('int_tariffs_in_force') }}
    where charge_type != 'energy'

),

charges as (

    select * from {{ ref('int_tariff_charges') }}
    where charge_type != 'energy' and slab_order = 1

),

final as (

    select
        tariffs_in_force.rate_schedule,
        tariffs_in_force.consumer_type,
        tariffs_in_force.connected_load_kw,
        tariffs_in_force.rated_on,
        sum(case
            when charges.charge_type = 'fixed' and charges.rate_unit = 'month'
                then charges.rate
            else 0
        end) as fixed_rate,
        sum(case
            when charges.charge_type = 'fixed' and charges.rate_unit = 'kw'
                then charges.rate
            else 0
        end) as fixed_rate_per_kw,
        sum(case
            when charges.charge_type = 'tax' and charges.rate_unit = 'percent'
                then charges.rate
            else 0
        end) as tax_percent,
        sum(case
            when charges.charge_type = 'duty' and charges.rate_unit = 'percent'
                then charges.rate
            else 0
        end) as duty_percent,
        sum(case
            when charges.charge_type = 'fee' and charges.rate_unit = 'month'
                then charges.rate
            else 0
        end) as fee_rate,
        sum(case
            when charges.charge_type = 'surcharge' and charges.rate_unit = 'percent'
                then charges.rate
            else 0
        end) as surcharge_percent
    from tariffs_in_force
    inner join charges
        on tariffs_in_force.tariff_key = charges.tariff_key
    group by
        tariffs_in_force.rate_schedule, tariffs_in_force.consumer_type,
        tariffs_in_force.connected_load_kw, tariffs_in_force.rated_on

)

select * from final
