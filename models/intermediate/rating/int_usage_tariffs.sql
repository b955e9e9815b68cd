-- The energy tariff a usage period falls under: its meter's schedule, on the period's last day.
-- Both days of a spell belong to it; where two tariffs hold, the later to begin wins.

with usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

meters as (

    select * from {{ ref('int_meters') }}

),

slabs as (

    select * from {{ ref('int_tariff_slabs') }}

),

-- usage that names no meter is charged as its account's meters are, where these agree
account_meters as (

    select
        account_id,
        min(consumer_type) as consumer_type,
        min(rate_schedule) as rate_schedule,
        min(connected_load_kw) as connected_load_kw
    from meters
    group by account_id
    having
        min(rate_schedule) = max(rate_schedule)
        and coalesce(min(consumer_type) = max(consumer_type), true)
        and coalesce(min(connected_load_kw) = max(connected_load_kw), true)

),

scheduled as (

    select
        usages.usage_id,
        usages.account_id,
        usages.meter_number,
        usages.cycle_start,
        usages.cycle_end,
        usages.usage_kwh,
        coalesce(meters.rate_schedule, account_meters.rate_schedule) as rate_schedule,
        coalesce(meters.consumer_type, account_meters.consumer_type) as consumer_type,
        coalesce(meters.connected_load_kw, account_meters.connected_load_kw) as connected_load_kw
    from usages
    left join meters
        on usages.meter_number = meters.meter_number
    left join account_meters
        on usages.account_id = account_meters.account_id and meters.rate_schedule is null
    -- what ends after the as-of date has not been read yet
    where usages.cycle_end <= {{ as_of_date() }}

),

-- a tariff is looked up once for a schedule and a day, however many meters ask
asked as (

    select
        rate_schedule,
        consumer_type,
        connected_load_kw,
        cycle_end
    from scheduled
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
        scheduled.usage_id,
        scheduled.account_id,
        scheduled.meter_number,
        scheduled.cycle_start,
        scheduled.cycle_end,
        scheduled.usage_kwh,
        scheduled.rate_schedule,
        in_force.tariff_key
    from scheduled
    left join in_force
        on
        scheduled.rate_schedule = in_force.rate_schedule
        and scheduled.cycle_end = in_force.cycle_end
        and scheduled.consumer_type is not distinct from in_force.consumer_type
        and scheduled.connected_load_kw is not distinct from in_force.connected_load_kw
        and in_force.tariff_rank = 1

)

select * from final
