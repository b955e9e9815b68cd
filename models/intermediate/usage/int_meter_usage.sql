-- What a meter's month adds up to, with the meter's attributes at its end.

with meter_months as (

    select * from {{ ref('int_meter_months') }}

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

final as (

    select
        meter_months.meter_number,
        meter_months.meter_id,
        versions.account_id,
        meter_months.period_start,
        meter_months.period_end,
        meter_months.usage_kwh,
        meter_months.kwh_valid,
        meter_months.certain_kwh,
        meter_months.measured_kwh,
        meter_months.backward_kwh,
        meter_months.night_kwh,
        meter_months.hours_expected,
        meter_months.hours_measured,
        meter_months.hours_read,
        meter_months.hours_valid,
        meter_months.hours_estimated,
        meter_months.hours_unsure,
        meter_months.outage_hours,
        meter_months.peak_demand_kw,
        meter_months.peak_on,
        meter_months.peak_hour,
        versions.rate_schedule,
        versions.consumer_type,
        versions.connected_load_kw,
        versions.district,
        versions.feeder,
        meter_months.turned_back_on,
        meter_months.first_read_on,
        meter_months.last_read_on,
        meters.is_feeder_meter,
        meter_months.is_cut_off,
        coalesce(meters.removed_on <= meter_months.period_end, false) as is_taken_down,
        meter_months.last_read_on = meter_months.period_end
        or coalesce(meters.removed_on <= meter_months.period_end, false) as is_covered,
        stated_months.account_id is not null as has_stated_usage
    from meter_months
    inner join meters
        on meter_months.meter_number = meters.meter_number
    left join versions
        on
        meter_months.meter_id = versions.meter_id
        and meter_months.period_end >= versions.valid_from
        and meter_months.period_end < versions.valid_to
    left join stated_months
        on
        versions.account_id = stated_months.account_id
        and meter_months.period_start = stated_months.period_start

)

select * from final
