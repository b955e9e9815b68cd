-- Usage that the source states, and where it states none, what the readings of a month add up to.
-- A meter that replaces another continues its month: both are one quantity, so that slabs are
-- filled once. Meters installed side by side are charged separately.

with stated_usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

meter_months as (

    select * from {{ ref('int_meter_usage') }}
    where account_id is not null and not is_feeder_meter and not has_stated_usage

),

meter_terms as (

    select * from {{ ref('int_meter_terms') }}

),

-- usage that names no meter is charged as its account's meters are, where these agree
account_terms as (

    select * from {{ ref('int_account_terms') }}

),

-- as its meter was charged on the last day of the period; what ends later has not been read yet
stated as (

    select
        stated_usages.usage_id,
        stated_usages.account_id,
        stated_usages.meter_number,
        stated_usages.cycle_start,
        stated_usages.cycle_end,
        stated_usages.usage_kwh,
        stated_usages.peak_demand_kw,
        coalesce(meter_terms.rate_schedule, account_terms.rate_schedule) as rate_schedule,
        coalesce(meter_terms.consumer_type, account_terms.consumer_type) as consumer_type,
        coalesce(meter_terms.connected_load_kw, account_terms.connected_load_kw)
            as connected_load_kw
    from stated_usages
    left join meter_terms
        on
        stated_usages.meter_number = meter_terms.meter_number
        and stated_usages.cycle_end >= meter_terms.valid_from
        and stated_usages.cycle_end < meter_terms.valid_to
    left join account_terms
        on
        case when meter_terms.rate_schedule is null then stated_usages.account_id end
        = account_terms.account_id
    where stated_usages.cycle_end <= {{ as_of_date() }}

),

succeeded as (

    select
        *,
        case
            when is_taken_down
                then first_value(meter_number) over (
                    partition by account_id, period_start
                    order by is_taken_down asc, last_read_on desc, meter_number asc
                )
            else meter_number
        end as serving_meter_number
    from meter_months

),

summed as (

    select
        account_id,
        serving_meter_number,
        period_start,
        period_end,
        account_id || '|' || serving_meter_number
        || '|' || cast(period_start as {{ dbt.type_string() }}) as usage_id,
        cast(sum(usage_kwh) as decimal(18, 3)) as usage_kwh,
        cast(sum(certain_kwh) as decimal(18, 3)) as certain_kwh,
        -- days that were not measured may have been like the others
        cast(
            cast(sum(measured_kwh) as double)
            * sum(hours_expected) / nullif(sum(hours_measured), 0) as decimal(18, 3)
        ) as extrapolated_kwh,
        sum(hours_unsure)
        <= cast(sum(hours_expected) as double) * {{ var('usage_max_unsure_share') }}
            as is_comparable,
        min(turned_back_on) as turned_back_on,
        max(peak_demand_kw) as peak_demand_kw,
        max(case when meter_number = serving_meter_number then rate_schedule end) as rate_schedule,
        max(case when meter_number = serving_meter_number then consumer_type end) as consumer_type,
        max(case when meter_number = serving_meter_number then connected_load_kw end)
            as connected_load_kw
    from succeeded
    group by account_id, serving_meter_number, period_start, period_end
    -- no bill is expected for a meter that is cut off; an unknown month has no metered energy
    having bool_and(is_covered) and not bool_and(is_cut_off) and count(usage_kwh) > 0

),

final as (

    select
        usage_id,
        account_id,
        meter_number,
        cycle_start,
        cycle_end,
        usage_kwh,
        rate_schedule,
        consumer_type,
        connected_load_kw,
        peak_demand_kw,
        usage_kwh as certain_kwh,
        usage_kwh as possible_kwh,
        true as is_comparable,
        cast(null as date) as turned_back_on,
        false as is_from_readings
    from stated
    union all
    select
        usage_id,
        account_id,
        serving_meter_number as meter_number,
        period_start as cycle_start,
        period_end as cycle_end,
        usage_kwh,
        rate_schedule,
        consumer_type,
        connected_load_kw,
        peak_demand_kw,
        certain_kwh,
        greatest(usage_kwh, extrapolated_kwh) as possible_kwh,
        is_comparable,
        turned_back_on,
        true as is_from_readings
    from summed

)

select * from final
