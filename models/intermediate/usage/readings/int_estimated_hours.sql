-- Nothing here looks at a later day. Longer than others, because an hour is estimated in one pass.
-- The days are read twice: a CTE used twice would be kept in memory.
{%- set missing_days = missing_days(ref('int_validated_days'), 'hours_to_estimate') %}

{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_stale_days(ref('int_validated_days'), 'hours_to_estimate') }}",
) }}

with days as (

    select * from {{ ref('int_validated_days') }}
    {% if is_incremental() %}where (meter_number, read_on) in ({{ missing_days }}){% endif %}

),

days_before as (

    select * from {{ ref('int_validated_days') }}

),

outage_hours as (

    select * from {{ ref('int_outage_hours') }}

),

each_hour as (

    select
        *,
        cast({{ each_integer('0', '23') }} as integer) as hour_of_day
    from days
    where hours_to_estimate > 0

),

hours as (

    select
        meter_number,
        {{ hour_start('read_on', 'hour_of_day') }} as read_at,
        read_on,
        feeder,
        hour_of_day,
        day_version,
        (off_hours >> hour_of_day) & 1 as is_off,
        case
            when ((outage_hours | off_hours) >> hour_of_day) & 1 = 0
                then {{ value_between(
                    'anchors_by_hour', 'hour_of_day', var('interpolation_max_hours')
                ) }}
        end as bridged_kwh,
        mean_anchor_kwh as day_mean_kwh
    from each_hour
    where (gap_hours >> hour_of_day) & 1 = 1

),

-- an hour without a reading takes its usual share, scaled by the supply there was
supplied as (

    select
        hours.*,
        (1 - hours.is_off)
        * coalesce(60 - outage_hours.outage_minutes, 60) / cast(60 as double) as supplied_share
    from hours
    left join outage_hours
        on
        hours.feeder = outage_hours.feeder
        and hours.read_at = outage_hours.hour_start

),

unbridged as (

    select
        meter_number,
        read_at,
        read_on,
        hour_of_day,
        cast({{ each_integer('1', var('profile_days')) }} as integer) as days_back
    from supplied
    where bridged_kwh is null and supplied_share > 0

),

-- the same hour on the days before
same_hour_before as (

    select
        unbridged.meter_number,
        unbridged.read_at,
        {{ element_of('days_before.anchors_by_hour', 'unbridged.hour_of_day') }} as kwh
    from unbridged
    inner join days_before
        on
        unbridged.meter_number = days_before.meter_number
        and {{ day_add('unbridged.read_on', '-unbridged.days_back') }} = days_before.read_on

),

usual as (

    select
        meter_number,
        read_at,
        cast(sum(kwh) as double) / nullif(count(kwh), 0) as kwh
    from same_hour_before
    group by meter_number, read_at

),

final as (

    select
        supplied.meter_number,
        supplied.read_at,
        supplied.read_on,
        case
            when supplied.supplied_share = 0 then 0
            else cast(
                coalesce(
                    supplied.bridged_kwh,
                    coalesce(usual.kwh, supplied.day_mean_kwh) * supplied.supplied_share
                ) as decimal(18, 3)
            )
        end as estimated_kwh,
        supplied.bridged_kwh is not null as is_interpolated,
        supplied.day_version
    from supplied
    left join usual
        on
        supplied.meter_number = usual.meter_number
        and supplied.read_at = usual.read_at

)

select * from final
