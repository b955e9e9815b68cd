with days as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

final as (

    select
        days.meter_number,
        days.read_on as date_key,
        meters.meter_id,
        meters.account_id,
        days.hours_expected,
        days.hours_read,
        days.hours_valid,
        days.hours_estimated,
        days.outage_hours,
        cast(
            cast(days.hours_read as decimal(18, 4)) / nullif(days.hours_expected, 0)
            as decimal(5, 4)
        ) as completeness,
        days.kwh_valid,
        days.validated_kwh,
        days.peak_demand_kw,
        days.peak_hour,
        days.night_kwh
    from days
    inner join meters
        on days.meter_number = meters.meter_number

)

select * from final
