-- What the days of a month that is over add up to, with the meter as it was on its last day.

{%- set peak_order =
    'cast(days.peak_demand_kw * 1000 as bigint) * 32 - extract(day from days.read_on)' %}

with days as (

    select * from {{ ref('int_metered_days') }}
    where last_day(period_start) <= {{ as_of_date() }}

),

-- a register that restarted, or fell by more than it ever counted, did not run backwards
other_falls as (

    select * from {{ ref('int_register_falls') }}
    where course != 'turned_back'

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

-- usage stated by the source takes precedence over the sum of its readings
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

monthly as (

    select
        days.meter_number,
        days.meter_id,
        days.period_start,
        cast(last_day(days.period_start) as date) as period_end,
        min(days.read_on) as first_read_on,
        max(days.read_on) as last_read_on,
        cast(sum(days.usage_kwh) as decimal(18, 3)) as usage_kwh,
        cast(sum(days.kwh_valid) as decimal(18, 3)) as kwh_valid,
        cast(sum(days.certain_kwh) as decimal(18, 3)) as certain_kwh,
        cast(sum(case when days.is_measuring then days.usage_kwh end) as decimal(18, 3))
            as measured_kwh,
        cast(
            sum(case when other_falls.meter_number is null then days.backward_kwh else 0 end)
            as decimal(18, 3)
        ) as backward_kwh,
        cast(sum(days.night_kwh) as decimal(18, 3)) as night_kwh,
        cast(sum(days.hours_expected) as bigint) as hours_expected,
        cast(sum(case when days.is_measuring then days.hours_expected end) as bigint)
            as hours_measured,
        cast(sum(days.hours_read) as bigint) as hours_read,
        cast(sum(days.hours_valid) as bigint) as hours_valid,
        cast(sum(days.hours_estimated) as bigint) as hours_estimated,
        cast(sum(days.hours_unsure) as bigint) as hours_unsure,
        cast(sum(days.outage_hours) as bigint) as outage_hours,
        bool_and(days.is_cut_off) as is_cut_off,
        max(days.peak_demand_kw) as peak_demand_kw,
        -- a peak may come on several days: the first is its day
        max_by(days.read_on, {{ peak_order }}) as peak_on,
        max_by(days.peak_hour, {{ peak_order }}) as peak_hour
    from days
    left join other_falls
        on days.meter_number = other_falls.meter_number and days.read_on = other_falls.fell_on
    group by days.meter_number, days.meter_id, days.period_start

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
        turned.*,
        coalesce(
            lag(turned.backward_on) over by_month,
            turned.backward_on,
            lead(turned.backward_on) over by_month
        ) as turned_back_on,
        versions.account_id,
        versions.rate_schedule,
        versions.consumer_type,
        versions.connected_load_kw,
        versions.district,
        versions.feeder,
        meters.is_feeder_meter,
        coalesce(meters.removed_on <= turned.period_end, false) as is_taken_down,
        turned.last_read_on = turned.period_end
        or coalesce(meters.removed_on <= turned.period_end, false) as is_covered,
        stated_months.account_id is not null as has_stated_usage
    from turned
    inner join meters
        on turned.meter_number = meters.meter_number
    left join versions
        on
        turned.meter_id = versions.meter_id
        and turned.period_end >= versions.valid_from
        and turned.period_end < versions.valid_to
    left join stated_months
        on
        versions.account_id = stated_months.account_id
        and turned.period_start = stated_months.period_start
    window by_month as (partition by turned.meter_number order by turned.period_start)

)

select * from final
