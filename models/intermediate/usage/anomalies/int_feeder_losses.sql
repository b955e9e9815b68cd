with daily as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

judged_days as (

    select * from {{ ref('int_judged_days') }}

),

fed as (

    select
        meters.feeder,
        daily.read_on,
        sum(daily.validated_kwh) as fed_kwh
    from daily
    inner join meters
        on daily.meter_number = meters.meter_number
    where
        meters.is_feeder_meter
        and daily.hours_valid >= {{ var('anomaly_min_read_hours') }}
    group by meters.feeder, daily.read_on

),

metered as (

    select
        meters.feeder,
        daily.read_on,
        sum(coalesce(judged_days.registered_kwh, daily.validated_kwh, 0)) as metered_kwh
    from daily
    inner join meters
        on daily.meter_number = meters.meter_number
    left join judged_days
        on
        daily.meter_number = judged_days.meter_number
        and daily.read_on = judged_days.read_on
    where not meters.is_feeder_meter
    group by meters.feeder, daily.read_on

),

shares as (

    select
        fed.feeder,
        fed.read_on,
        fed.fed_kwh,
        metered.metered_kwh,
        cast(
            1 - cast(metered.metered_kwh as double) / cast(fed.fed_kwh as double)
            as decimal(9, 6)
        ) as loss_share
    from fed
    inner join metered
        on
        fed.feeder = metered.feeder
        and fed.read_on = metered.read_on
    where fed.fed_kwh > 0

),

quiet as (

    select
        feeder,
        {{ quantile_of('loss_share', var('feeder_quiet_quantile')) }} as quiet_loss_share
    from shares
    group by feeder

),

final as (

    select
        shares.feeder,
        shares.read_on,
        shares.fed_kwh,
        shares.metered_kwh,
        shares.loss_share,
        cast(quiet.quiet_loss_share as decimal(9, 6)) as quiet_loss_share,
        cast(
            shares.fed_kwh * (1 - cast(quiet.quiet_loss_share as decimal(9, 6)))
            - shares.metered_kwh as decimal(18, 3)
        ) as unexplained_kwh
    from shares
    inner join quiet
        on shares.feeder = quiet.feeder

)

select * from final
