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
        cast(sum(case when is_measuring then usage_kwh end) as decimal(18, 3)) as measured_kwh,
        cast(sum(backward_kwh) as decimal(18, 3)) as backward_kwh,
        cast(sum(night_kwh) as decimal(18, 3)) as night_kwh,
        cast(sum(hours_expected) as bigint) as hours_expected,
        cast(sum(case when is_measuring then hours_expected end) as bigint) as hours_measured,
        cast(sum(hours_read) as bigint) as hours_read,
        cast(sum(hours_valid) as bigint) as hours_valid,
        cast(sum(hours_estimated) as bigint) as hours_estimated,
        cast(sum(hours_unsure) as bigint) as hours_unsure,
        cast(sum(outage_hours) as bigint) as outage_hours,
        bool_and(is_cut_off) as is_cut_off,
        max(peak_demand_kw) as peak_demand_kw,
        max(case when is_peak_of_month then read_on end) as peak_on,
        max(case when is_peak_of_month then peak_hour end) as peak_hour
    from days
    where last_day(period_start) <= {{ as_of_date() }}
    group by meter_number, meter_id, period_start

),

turned as (

    select
        *,
        case
            when
                backward_kwh > {{ var('usage_backward_kwh') }}
                and cast(backward_kwh as double)
                > coalesce(cast(usage_kwh as double), 0) * {{ var('usage_backward_share') }}
                then period_end
        end as backward_on
    from monthly

),

-- a register that is turned back once a month may hide it in an hour that was not read: the months
-- beside tell on it, the next one later
remembered as (

    select
        *,
        coalesce(
            lag(backward_on) over (partition by meter_number order by period_start),
            backward_on,
            lead(backward_on) over (partition by meter_number order by period_start)
        ) as turned_back_on
    from turned

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
        remembered.meter_number,
        remembered.meter_id,
        versions.account_id,
        remembered.period_start,
        remembered.period_end,
        remembered.usage_kwh,
        remembered.kwh_valid,
        remembered.certain_kwh,
        remembered.measured_kwh,
        remembered.backward_kwh,
        remembered.night_kwh,
        remembered.hours_expected,
        remembered.hours_measured,
        remembered.hours_read,
        remembered.hours_valid,
        remembered.hours_estimated,
        remembered.hours_unsure,
        remembered.outage_hours,
        remembered.peak_demand_kw,
        case when remembered.peak_demand_kw is not null then remembered.peak_on end as peak_on,
        remembered.peak_hour,
        versions.rate_schedule,
        versions.consumer_type,
        versions.connected_load_kw,
        versions.district,
        versions.feeder,
        remembered.turned_back_on,
        remembered.first_read_on,
        remembered.last_read_on,
        meters.is_feeder_meter,
        remembered.is_cut_off,
        coalesce(meters.removed_on <= remembered.period_end, false) as is_taken_down,
        remembered.last_read_on = remembered.period_end
        or coalesce(meters.removed_on <= remembered.period_end, false) as is_covered,
        stated_months.account_id is not null as has_stated_usage
    from remembered
    inner join meters
        on remembered.meter_number = meters.meter_number
    left join versions
        on
        remembered.meter_id = versions.meter_id
        and remembered.period_end >= versions.valid_from
        and remembered.period_end < versions.valid_to
    left join stated_months
        on
        versions.account_id = stated_months.account_id
        and remembered.period_start = stated_months.period_start

)

select * from final
