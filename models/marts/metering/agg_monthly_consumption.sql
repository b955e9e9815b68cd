with usages as (

    select * from {{ ref('int_meter_usage') }}

),

final as (

    select
        meter_number,
        meter_id,
        period_start as month_start,
        usage_kwh,
        peak_demand_kw,
        peak_on,
        peak_hour,
        cast(
            cast(usage_kwh as double) / nullif(cast(peak_demand_kw as double) * hours_expected, 0)
            as decimal(9, 6)
        ) as load_factor,
        cast(cast(hours_read as double) / nullif(hours_expected, 0) as decimal(9, 6))
            as completeness,
        cast(cast(hours_estimated as double) / nullif(hours_expected, 0) as decimal(9, 6))
            as estimated_share,
        night_kwh,
        hours_expected,
        hours_read,
        hours_estimated,
        outage_hours,
        account_id,
        consumer_type,
        rate_schedule,
        district,
        feeder,
        is_feeder_meter
    from usages

)

select * from final
