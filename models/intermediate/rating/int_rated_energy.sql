-- What energy should cost: the kWh filled into the slabs in order, rounded once, at the end, or not
-- at all where further charges are computed from it. The whole charge is unknown if some energy
-- fits no slab, or if the charge does not fit a money column.

with usages as (

    select * from {{ ref('int_metered_usages') }}

),

bills as (

    select * from {{ ref('int_metered_bills') }}
    where billed_kwh is not null

),

tariffs_in_force as (

    select * from {{ ref('int_tariffs_in_force') }}
    where charge_type = 'energy'

),

charges as (

    select * from {{ ref('int_tariff_charges') }}
    where charge_type = 'energy'

),

quantities as (

    select
        'usage' as quantity_type,
        usage_id as quantity_id,
        usage_kwh as kwh,
        cycle_end as rated_on,
        rate_schedule,
        consumer_type,
        connected_load_kw
    from usages
    union all
    select
        'bill' as quantity_type,
        invoice_id as quantity_id,
        billed_kwh as kwh,
        charged_on as rated_on,
        rate_schedule,
        consumer_type,
        connected_load_kw
    from bills

),

tariffed as (

    select
        quantities.*,
        tariffs_in_force.tariff_key
    from quantities
    inner join tariffs_in_force
        on
        quantities.rate_schedule = tariffs_in_force.rate_schedule
        and quantities.rated_on = tariffs_in_force.rated_on
        and quantities.consumer_type is not distinct from tariffs_in_force.consumer_type
        and quantities.connected_load_kw is not distinct from tariffs_in_force.connected_load_kw

),

filled as (

    select
        tariffed.quantity_type,
        tariffed.quantity_id,
        tariffed.tariff_key,
        tariffed.kwh,
        charges.rate,
        {{ clamp('tariffed.kwh', 'charges.from_kwh', 'coalesce(charges.to_kwh, tariffed.kwh)') }}
        - charges.from_kwh as slab_kwh
    from tariffed
    inner join charges
        on tariffed.tariff_key = charges.tariff_key
    -- the first slab stays, so that no usage costs nothing
    where tariffed.kwh > charges.from_kwh or charges.from_kwh = 0

),

charged as (

    select
        quantity_type,
        quantity_id,
        tariff_key,
        kwh,
        sum(slab_kwh) as rated_kwh,
        sum(cast(slab_kwh as decimal(28, 3)) * rate) as charge,
        min(rate) as lowest_rate,
        max(rate) as highest_rate
    from filled
    group by quantity_type, quantity_id, tariff_key, kwh

),

final as (

    select
        quantity_type,
        quantity_id,
        tariff_key,
        kwh,
        lowest_rate,
        highest_rate,
        case when rated_kwh = kwh then try_cast(charge as decimal(18, 2)) end as energy_amount,
        case when rated_kwh = kwh then try_cast(charge as decimal(24, 9)) end as energy_charge
    from charged

)

select * from final
