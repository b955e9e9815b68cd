-- The energy used in a day. Energy estimated for hours of zeros may never have been used: the
-- certain energy is kept next to the best estimate. A meter that reports nothing all day though
-- there was supply has stopped measuring, as has one that repeats one value all day, to the Wh.

with days as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

versions as (

    select * from {{ ref('int_meter_versions') }}

),

-- zeros of a meter that is cut off are no gap to be filled
known as (

    select
        days.*,
        meters.meter_id,
        cast(date_trunc('month', days.read_on) as date) as period_start,
        coalesce(days.kwh_valid, 0) + days.allocated_kwh as reported_kwh,
        case
            when {{ is_cut_off('versions.status') }} then days.kwh_valid + days.allocated_kwh
            else days.validated_kwh
        end as usage_kwh,
        coalesce({{ is_cut_off('versions.status') }}, false) as is_cut_off,
        coalesce(days.kwh_valid, 0) + days.allocated_kwh = 0
        and days.hours_expected > days.outage_hours as is_silent,
        -- a register that has stopped reports zeros
        coalesce(
            days.hours_valid > 1
            and days.register_hours = 0
            and cast(days.kwh_valid * 1000 as bigint)
            % nullif(cast(days.peak_demand_kw * 1000 as bigint), 0) = 0,
            false
        ) as is_frozen
    from days
    inner join meters
        on days.meter_number = meters.meter_number
    left join versions
        on
        meters.meter_id = versions.meter_id
        and days.read_on >= versions.valid_from
        and days.read_on < versions.valid_to

),

weighed as (

    select
        *,
        coalesce(usage_kwh, 0) - reported_kwh as estimated_kwh,
        case
            when is_cut_off then 0
            when is_frozen or is_silent then hours_expected
            else hours_expected - hours_valid - hours_allocated
        end as hours_unsure,
        coalesce(
            cast(greatest(hours_estimated - zero_run_hours, 0) as double)
            / nullif(hours_estimated, 0), 1
        ) as trusted_share
    from known

),

final as (

    select
        meter_number,
        meter_id,
        read_on,
        period_start,
        usage_kwh,
        kwh_valid,
        cast(
            reported_kwh + estimated_kwh * trusted_share as decimal(18, 3)
        ) as certain_kwh,
        cast(-coalesce(negative_kwh, 0) as decimal(18, 3)) as backward_kwh,
        night_kwh,
        peak_demand_kw,
        peak_hour,
        hours_expected,
        hours_read,
        hours_valid,
        hours_estimated,
        hours_unsure,
        outage_hours,
        is_cut_off,
        is_cut_off or not (is_frozen or is_silent) as is_measuring
    from weighed

)

select * from final
