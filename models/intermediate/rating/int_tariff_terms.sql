-- What a tariff charges besides energy. Of percentage charges, a tax is on energy and fixed charge,
-- a duty on energy, a surcharge on energy and fixed charge.

with tariffs_in_force as (

    select * from {{ ref('int_tariffs_in_force') }}
    where charge_type != 'energy'

),

charges as (

    select * from {{ ref('int_tariff_charges') }}
    where charge_type != 'energy' and slab_order = 1

),

charged as (

    select
        tariffs_in_force.rate_schedule,
        tariffs_in_force.consumer_type,
        tariffs_in_force.connected_load_kw,
        tariffs_in_force.rated_on,
        charges.charge_type || ' by ' || charges.rate_unit as charge,
        charges.rate
    from tariffs_in_force
    inner join charges
        on tariffs_in_force.tariff_key = charges.tariff_key

),

final as (

    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        rated_on,
        coalesce(sum(rate) filter (where charge = 'fixed by month'), 0) as fixed_rate,
        coalesce(sum(rate) filter (where charge = 'fixed by kw'), 0) as fixed_rate_per_kw,
        coalesce(sum(rate) filter (where charge = 'tax by percent'), 0) as tax_percent,
        coalesce(sum(rate) filter (where charge = 'duty by percent'), 0) as duty_percent,
        coalesce(sum(rate) filter (where charge = 'fee by month'), 0) as fee_rate,
        coalesce(sum(rate) filter (where charge = 'surcharge by percent'), 0) as surcharge_percent
    from charged
    group by rate_schedule, consumer_type, connected_load_kw, rated_on

)

select * from final
