-- A month is told once it is over, on the meter's own calendar.

with days as (

    select * from {{ ref('int_metered_days') }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

versions as (

    select * from {{ ref('int_meter_versions') }}

),

stated_usages as (

    select * from {{ ref('stg_metering__usages') }}
    where is_accepted

),

monthly as (

    select
        meter_number,
        meter_id,
        period_start,
        cast(last_day(period_start) as date) as period_end,
        min(read_on) as first_read_on,
        max(read_on) as last_read_on,
        cast(sum(usage_kwh) as decimal(18, 3)) as usage_kwh,
        cast(sum(kwh_valid) as decimal(18, 3)) as kwh_valid,
        cast(sum(certain_kwh) as decimal(18, 3)) as certain_kwh,
        cast(sum(night_kwh) as decimal(18, 3)) as night_kwh,
        cast(sum(hours_expected) as bigint) as hours_expected,
        cast(sum(hours_read) as bigint) as hours_read,
        cast(sum(hours_valid) as bigint) as hours_valid,
        cast(sum(hours_estimated) as bigint) as hours_estimated,
        cast(sum(hours_unsure) as bigint) as hours_unsure,
        cast(sum(outage_hours) as bigint) as outage_hours,
        max(peak_demand_kw) as peak_demand_kw,
        max(case when is_peak_of_month then read_on end) as peak_on,
        max(case when is_peak_of_month then peak_hour end) as peak_hour
    from days
    where last_day(period_start) <= {{ as_of_date() }}
    group by meter_number, meter_id, period_start

),

-- usage that the source states itself goes before what its readings add up to
stated_months as (

    select
        account_id,
        cast(date_trunc('month', cycle_start) as date) as period_start
    from stated_usages
    union
    select
        account_id,
        cast(date_trunc('month', cycle_end) as date) as period_start
    from stated_usages

),

final as (

    select
        monthly.meter_number,
        monthly.meter_id,
        versions.account_id,
        monthly.period_start,
        monthly.period_end,
        monthly.usage_kwh,
        monthly.kwh_valid,
        monthly.certain_kwh,
        monthly.night_kwh,
        monthly.hours_expected,
        monthly.hours_read,
        monthly.hours_valid,
        monthly.hours_estimated,
        monthly.hours_unsure,
        monthly.outage_hours,
        monthly.peak_demand_kw,
        case when monthly.peak_demand_kw is not null then monthly.peak_on end as peak_on,
        monthly.peak_hour,
        versions.rate_schedule,
        versions.consumer_type,
        versions.connected_load_kw,
        versions.district,
        versions.feeder,
        monthly.first_read_on,
        monthly.last_read_on,
        meters.is_feeder_meter,
        coalesce(meters.removed_on <= monthly.period_end, false) as is_taken_down,
        monthly.last_read_on = monthly.period_end
        or coalesce(meters.removed_on <= monthly.period_end, false) as is_covered,
        stated_months.account_id is not null as has_stated_usage
    from monthly
    inner join meters
        on monthly.meter_number = meters.meter_number
    left join versions
        on
        monthly.meter_id = versions.meter_id
        and monthly.period_end >= versions.valid_from
        and monthly.period_end < versions.valid_to
    left join stated_months
        on
        versions.account_id = stated_months.account_id
        and monthly.period_start = stated_months.period_start

)

select * from final
