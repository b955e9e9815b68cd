-- What the days of a month add up to, once it is over, on the meter's own calendar.

with days as (

    select * from {{ ref('int_metered_days') }}
    where last_day(period_start) <= {{ as_of_date() }}

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
        max(peak_demand_kw) as peak_demand_kw
    from days
    group by meter_number, meter_id, period_start

),

-- a peak may come on several days: the first is its day
peaks as (

    select
        monthly.meter_number,
        monthly.period_start,
        min(days.read_on) as peak_on,
        min_by(days.peak_hour, days.read_on) as peak_hour
    from monthly
    inner join days
        on
        monthly.meter_number = days.meter_number
        and monthly.period_start = days.period_start
        and monthly.peak_demand_kw = days.peak_demand_kw
    group by monthly.meter_number, monthly.period_start

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
-- before and after reveal it, the latter with a delay
final as (

    select
        turned.meter_number,
        turned.meter_id,
        turned.period_start,
        turned.period_end,
        turned.first_read_on,
        turned.last_read_on,
        turned.usage_kwh,
        turned.kwh_valid,
        turned.certain_kwh,
        turned.measured_kwh,
        turned.backward_kwh,
        turned.night_kwh,
        turned.hours_expected,
        turned.hours_measured,
        turned.hours_read,
        turned.hours_valid,
        turned.hours_estimated,
        turned.hours_unsure,
        turned.outage_hours,
        turned.is_cut_off,
        turned.peak_demand_kw,
        peaks.peak_on,
        peaks.peak_hour,
        coalesce(
            lag(turned.backward_on) over by_month,
            turned.backward_on,
            lead(turned.backward_on) over by_month
        ) as turned_back_on
    from turned
    left join peaks
        on
        turned.meter_number = peaks.meter_number
        and turned.period_start = peaks.period_start
    window by_month as (partition by turned.meter_number order by turned.period_start)

)

select * from final
