-- The energy tariff a usage period falls under: its meter's schedule, on the period's last day.
-- Both days of a spell belong to it; where two tariffs hold, the later to begin wins.

with usages as (

    select * from {{ ref('int_metered_usages') }}

),

slabs as (

    select * from {{ ref('int_tariff_slabs') }}

),

-- a tariff is looked up once for a schedule and a day, however many meters ask
asked as (

    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        cycle_end
    from usages
    group by rate_schedule, consumer_type, connected_load_kw, cycle_end

),

-- a consumer group tells tariffs apart only where its schedule has several
tariffs as (

    select
        tariff_key,
        rate_schedule,
        consumer_group,
        min_load_kw,
        max_load_kw,
        valid_from,
        valid_to,
        min(coalesce(consumer_group, '')) over (partition by rate_schedule)
        = max(coalesce(consumer_group, '')) over (partition by rate_schedule) as is_for_all
    from slabs
    group by
        tariff_key, rate_schedule, consumer_group, min_load_kw, max_load_kw, valid_from, valid_to

),

-- a tariff for some consumers or loads alone says nothing of a meter that tells neither
in_force as (

    select
        asked.rate_schedule,
        asked.consumer_type,
        asked.connected_load_kw,
        asked.cycle_end,
        tariffs.tariff_key,
        row_number() over (
            partition by
                asked.rate_schedule, asked.consumer_type, asked.connected_load_kw, asked.cycle_end
            order by
                tariffs.consumer_group asc nulls last,
                coalesce(tariffs.min_load_kw, tariffs.max_load_kw) asc nulls last,
                tariffs.valid_from desc nulls last,
                tariffs.tariff_key asc
        ) as tariff_rank
    from asked
    inner join tariffs
        on
        asked.rate_schedule = tariffs.rate_schedule
        and asked.cycle_end >= coalesce(tariffs.valid_from, asked.cycle_end)
        and asked.cycle_end <= coalesce(tariffs.valid_to, asked.cycle_end)
        and (
            tariffs.consumer_group is null
            or tariffs.is_for_all
            or lower(tariffs.consumer_group) = lower(asked.consumer_type)
        )
        and (tariffs.min_load_kw is null or asked.connected_load_kw >= tariffs.min_load_kw)
        and (tariffs.max_load_kw is null or asked.connected_load_kw < tariffs.max_load_kw)

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
        in_force.tariff_key
    from usages
    left join in_force
        on
        usages.rate_schedule = in_force.rate_schedule
        and usages.cycle_end = in_force.cycle_end
        and usages.consumer_type is not distinct from in_force.consumer_type
        and usages.connected_load_kw is not distinct from in_force.connected_load_kw
        and in_force.tariff_rank = 1

)

select * from final
