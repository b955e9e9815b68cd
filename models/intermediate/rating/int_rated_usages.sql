-- What the energy of a usage period should cost: the kWh laid over the slabs in order, rounded
-- once, at the end. Energy that no slab takes leaves the whole charge unknown.

with usages as (

    select * from {{ ref('int_usage_tariffs') }}

),

slabs as (

    select * from {{ ref('int_tariff_slabs') }}

),

filled as (

    select
        usages.usage_id,
        slabs.rate,
        {{ clamp(
            'usages.usage_kwh', 'slabs.from_kwh', 'coalesce(slabs.to_kwh, usages.usage_kwh)'
        ) }} - slabs.from_kwh as slab_kwh
    from usages
    inner join slabs
        on usages.tariff_key = slabs.tariff_key
    -- the first slab stays, so that no usage costs nothing
    where usages.usage_kwh > slabs.from_kwh or slabs.from_kwh = 0

),

charged as (

    select
        usage_id,
        sum(slab_kwh) as rated_kwh,
        sum(cast(slab_kwh as decimal(18, 3)) * rate) as charge,
        min(rate) as lowest_rate,
        max(rate) as highest_rate
    from filled
    group by usage_id

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
        usages.tariff_key,
        charged.lowest_rate,
        charged.highest_rate,
        case
            when charged.rated_kwh = usages.usage_kwh then cast(charged.charge as decimal(18, 2))
        end as energy_amount
    from usages
    left join charged
        on usages.usage_id = charged.usage_id

)

select * from final
