-- The load of the weeks a forecast looks at: what is fed into a feeder where that is metered,
-- otherwise what its meters register together. An hour counts when it was supplied and read.

with readings as (

    select * from {{ ref('int_validated_readings') }}
    where
        read_on <= {{ as_of_date() }}
        and read_on > {{ day_add(
            as_of_date(), '-7 * ' ~ (var('forecast_backtest_weeks') + var('forecast_weeks_back'))
        ) }}

),

meters as (

    select * from {{ ref('int_meters') }}
    where feeder is not null

),

summed as (

    select
        meters.feeder,
        readings.read_at,
        bool_or(readings.is_in_outage) as is_in_outage,
        bool_or(meters.is_feeder_meter) as is_fed_metered,
        sum(readings.validated_kwh) filter (where meters.is_feeder_meter) as fed_kwh,
        bool_and(readings.validation_method = 'as_read') filter (where meters.is_feeder_meter)
            as is_fed_read,
        sum(readings.validated_kwh) filter (where not meters.is_feeder_meter) as metered_kwh,
        count(readings.validated_kwh) filter (where not meters.is_feeder_meter) as metered_rows,
        count(*) filter (where not meters.is_feeder_meter) as meter_rows
    from readings
    inner join meters
        on readings.meter_number = meters.meter_number
    group by meters.feeder, readings.read_at

),

final as (

    select
        feeder,
        read_at as hour_start,
        case when is_fed_metered then 'feeder_meter' else 'meters' end as load_source,
        cast(case when is_fed_metered then fed_kwh else metered_kwh end as decimal(18, 3))
            as load_kw,
        not is_in_outage
        and case
            when is_fed_metered then is_fed_read
            else metered_rows >= meter_rows * {{ var('forecast_min_read_share') }}
        end as is_usable
    from summed

)

select * from final
