-- First every meter's own mean, then how the meters of a type differ; from the arrays of its days,
-- of which there are 24 times fewer than readings.

with days as (

    select * from {{ ref('int_validated_days') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}
    where not is_feeder_meter and consumer_type is not null

),

meter_weekdays as (

    select
        meter_number,
        cast({{ iso_day_of_week('read_on') }} as integer) as day_of_week,
        {{ season_of('read_on') }} as season,
        {{ each_hour_of('sum', 'anchors_by_hour') }} as kwh_by_hour,
        {{ each_hour_of('count', 'anchors_by_hour') }} as hours_by_hour
    from days
    group by
        meter_number, cast({{ iso_day_of_week('read_on') }} as integer), {{ season_of('read_on') }}

),

numbered as (

    select
        *,
        cast({{ each_integer('0', '23') }} as integer) as hour_of_day
    from meter_weekdays

),

meter_hours as (

    select
        meter_number,
        day_of_week,
        season,
        hour_of_day,
        {{ element_of('kwh_by_hour', 'hour_of_day') }} as kwh,
        {{ element_of('hours_by_hour', 'hour_of_day') }} as hours
    from numbered

),

meter_means as (

    select
        meters.consumer_type,
        meter_hours.day_of_week,
        meter_hours.hour_of_day,
        meter_hours.season,
        meter_hours.kwh,
        meter_hours.hours,
        cast(cast(meter_hours.kwh as double) / meter_hours.hours as decimal(18, 6)) as mean_kwh
    from meter_hours
    inner join meters
        on meter_hours.meter_number = meters.meter_number
    where meter_hours.hours > 0

),

final as (

    select
        consumer_type,
        season,
        day_of_week,
        hour_of_day,
        cast(count(*) as bigint) as meters,
        cast(sum(hours) as bigint) as hours,
        cast(cast(sum(kwh) as double) / sum(hours) as decimal(18, 6)) as mean_kwh,
        cast({{ quantile_of('mean_kwh', 0.1) }} as decimal(18, 6)) as p10_kwh,
        cast({{ quantile_of('mean_kwh', 0.9) }} as decimal(18, 6)) as p90_kwh
    from meter_means
    group by consumer_type, season, day_of_week, hour_of_day

)

select * from final
