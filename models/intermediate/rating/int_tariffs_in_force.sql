-- Both days of a spell belong to it; where two tariffs hold, the later to begin wins. A tariff is
-- looked up once per schedule and day, however many meters need it.

with quantities as (

    select * from {{ ref('int_energy_quantities') }}

),

charges as (

    select * from {{ ref('int_tariff_charges') }}

),

asked as (

    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        rated_on
    from quantities
    where rate_schedule is not null
    group by rate_schedule, consumer_type, connected_load_kw, rated_on

),

-- a consumer group distinguishes tariffs only where its schedule has several
tariffs as (

    select
        tariff_key,
        charge_type,
        rate_schedule,
        consumer_group,
        min_load_kw,
        max_load_kw,
        valid_from,
        valid_to,
        min(coalesce(consumer_group, '')) over (partition by rate_schedule, charge_type)
        = max(coalesce(consumer_group, '')) over (partition by rate_schedule, charge_type)
            as is_for_all
    from charges
    group by
        tariff_key, charge_type, rate_schedule, consumer_group, min_load_kw, max_load_kw,
        valid_from, valid_to

),

-- a tariff for some consumers or loads only does not apply to a meter that states neither
matched as (

    select
        asked.rate_schedule,
        asked.consumer_type,
        asked.connected_load_kw,
        asked.rated_on,
        tariffs.charge_type,
        tariffs.tariff_key,
        row_number() over (
            partition by
                asked.rate_schedule, asked.consumer_type, asked.connected_load_kw,
                asked.rated_on, tariffs.charge_type
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
        and asked.rated_on >= coalesce(tariffs.valid_from, asked.rated_on)
        and asked.rated_on <= coalesce(tariffs.valid_to, asked.rated_on)
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
        rate_schedule,
        consumer_type,
        connected_load_kw,
        rated_on,
        charge_type,
        tariff_key
    from matched
    where tariff_rank = 1

)

select * from final
