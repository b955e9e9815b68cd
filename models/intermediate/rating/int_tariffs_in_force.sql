-- Both days of a spell belong to it; where two tariffs hold, the later to begin wins. A tariff is
-- looked up once per schedule and day, however many meters need it.

with usages as (

    select * from {{ ref('int_metered_usages') }}

),

bills as (

    select * from {{ ref('int_metered_bills') }}

),

charges as (

    select * from {{ ref('int_tariff_charges') }}

),

terms as (

    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        cycle_end as rated_on
    from usages
    where rate_schedule is not null
    union
    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        charged_on as rated_on
    from bills
    where rate_schedule is not null and billed_kwh is not null

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
        terms.rate_schedule,
        terms.consumer_type,
        terms.connected_load_kw,
        terms.rated_on,
        tariffs.charge_type,
        tariffs.tariff_key,
        row_number() over (
            partition by
                terms.rate_schedule, terms.consumer_type, terms.connected_load_kw,
                terms.rated_on, tariffs.charge_type
            order by
                tariffs.consumer_group asc nulls last,
                coalesce(tariffs.min_load_kw, tariffs.max_load_kw) asc nulls last,
                tariffs.valid_from desc nulls last,
                tariffs.tariff_key asc
        ) as tariff_rank
    from terms
    inner join tariffs
        on
        terms.rate_schedule = tariffs.rate_schedule
        and terms.rated_on >= coalesce(tariffs.valid_from, terms.rated_on)
        and terms.rated_on <= coalesce(tariffs.valid_to, terms.rated_on)
        and (
            tariffs.consumer_group is null
            or tariffs.is_for_all
            or lower(tariffs.consumer_group) = lower(terms.consumer_type)
        )
        and (tariffs.min_load_kw is null or terms.connected_load_kw >= tariffs.min_load_kw)
        and (tariffs.max_load_kw is null or terms.connected_load_kw < tariffs.max_load_kw)

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
