-- One pass over the readings: first every meter's own mean, then how the meters of a type differ.

with readings as (

    select * from {{ ref('int_validated_readings') }}
    where
        read_on <= {{ as_of_date() }}
        and validation_method = 'as_read'
        and not is_in_outage

),

meters as (

    select * from {{ ref('int_meters') }}
    where not is_feeder_meter and consumer_type is not null

),

meter_hours as (

    select
        meter_number,
        cast({{ iso_day_of_week('read_on') }} as integer) as day_of_week,
        hour_of_day,
        {{ season_of('read_on') }} as season,
        sum(validated_kwh) as kwh,
        count(*) as hours
    from readings
    group by
        meter_number, cast({{ iso_day_of_week('read_on') }} as integer), hour_of_day,
        {{ season_of('read_on') }}

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

),

final as (

    select
        consumer_type,
        season,
        day_of_week,
        cast(hour_of_day as integer) as hour_of_day,
        cast(count(*) as bigint) as meters,
        cast(sum(hours) as bigint) as hours,
        cast(cast(sum(kwh) as double) / sum(hours) as decimal(18, 6)) as mean_kwh,
        cast({{ quantile_of('mean_kwh', 0.1) }} as decimal(18, 6)) as p10_kwh,
        cast({{ quantile_of('mean_kwh', 0.9) }} as decimal(18, 6)) as p90_kwh
    from meter_means
    group by consumer_type, season, day_of_week, hour_of_day

)

select * from final
