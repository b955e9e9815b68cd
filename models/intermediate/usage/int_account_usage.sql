-- A meter that replaces another continues its month: both are one quantity, so that slabs are
-- filled once. Meters installed side by side are charged separately.

with usages as (

    select * from {{ ref('int_meter_usage') }}
    where
        account_id is not null
        and not is_feeder_meter
        and not has_stated_usage

),

succeeded as (

    select
        *,
        first_value(meter_number) over (
            partition by account_id, period_start
            order by is_taken_down asc, last_read_on desc, meter_number asc
        ) as last_meter_number
    from usages

),

served as (

    select
        *,
        case when is_taken_down then last_meter_number else meter_number end
            as serving_meter_number
    from succeeded

),

final as (

    select
        account_id,
        serving_meter_number as meter_number,
        period_start,
        period_end,
        cast(sum(usage_kwh) as decimal(18, 3)) as usage_kwh,
        cast(sum(certain_kwh) as decimal(18, 3)) as certain_kwh,
        -- days that were not measured may have been like the others
        greatest(
            cast(sum(usage_kwh) as decimal(18, 3)),
            cast(
                cast(sum(measured_kwh) as double)
                * sum(hours_expected) / nullif(sum(hours_measured), 0) as decimal(18, 3)
            )
        ) as possible_kwh,
        cast(sum(hours_expected) as bigint) as hours_expected,
        cast(sum(hours_unsure) as bigint) as hours_unsure,
        sum(hours_unsure)
        <= cast(sum(hours_expected) as double) * {{ var('usage_max_unsure_share') }}
            as is_comparable,
        min(turned_back_on) as turned_back_on,
        max(peak_demand_kw) as peak_demand_kw,
        max(case when meter_number = serving_meter_number then rate_schedule end) as rate_schedule,
        max(case when meter_number = serving_meter_number then consumer_type end) as consumer_type,
        max(case when meter_number = serving_meter_number then connected_load_kw end)
            as connected_load_kw
    from served
    group by account_id, serving_meter_number, period_start, period_end
    -- no bill is expected for a meter that is cut off
    having bool_and(is_covered) and not bool_and(is_cut_off)

)

select * from final
