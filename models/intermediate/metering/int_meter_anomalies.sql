-- A stopped meter says nothing of theft, and theft leaves a meter running: each has its score.

with scores as (

    select * from {{ ref('int_theft_scores') }}

),

losses as (

    select
        meter_id,
        cast(sum(lost_kwh) as decimal(18, 3)) as lost_kwh
    from {{ ref('int_theft_losses') }}
    group by meter_id

),

stops as (

    select * from {{ ref('int_meter_stops') }}

),

noise as (

    select * from {{ ref('int_meter_noise') }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

thefts as (

    select
        scores.meter_id,
        'energy_theft' as anomaly_type,
        scores.trace,
        scores.suspected_from as period_start,
        scores.last_judged_on as period_end,
        scores.score,
        -- by then its trace is long enough to be one
        case
            when scores.trace = 'rollback' then scores.suspected_from
            else least(
                {{ day_add('scores.suspected_from', var('anomaly_min_days_after')) }},
                scores.last_judged_on
            )
        end as first_seen_on,
        losses.lost_kwh as estimated_kwh,
        {{ theft_reason() }} as reason,
        scores.level_drop,
        scores.night_drop,
        scores.load_off,
        scores.rollback_days,
        scores.scattered_lows,
        scores.tamper_days,
        scores.missing_day_kwh,
        scores.lost_day_kwh,
        cast(null as bigint) as stopped_days
    from scores
    left join losses
        on scores.meter_id = losses.meter_id

),

failures as (

    select
        stops.meter_id,
        'meter_failure' as anomaly_type,
        case when stops.dead_days * 2 >= stops.stopped_days then 'dead' else 'frozen' end as trace,
        stops.stopped_on as period_start,
        stops.last_stopped_on as period_end,
        cast(
            cast(stops.stopped_days as double)
            / (stops.stopped_days + {{ var('failure_min_days') }}) as decimal(5, 4)
        ) as score,
        least(
            {{ day_add('stops.stopped_on', var('failure_min_days') - 1) }}, stops.last_stopped_on
        ) as first_seen_on,
        cast(noise.mean_day_kwh * stops.stopped_days as decimal(18, 3)) as estimated_kwh,
        concat_ws(
            '; ',
            case
                when stops.dead_days * 2 >= stops.stopped_days then 'no energy on '
                else 'the same energy every hour on '
            end || cast(stops.stopped_days as {{ dbt.type_string() }}) || ' days to the last',
            'its feeder is supplied'
        ) as reason,
        stops.stopped_days
    from stops
    left join noise
        on stops.meter_id = noise.meter_id

),

unioned as (

    select * from thefts
    union all
    select
        meter_id,
        anomaly_type,
        trace,
        period_start,
        period_end,
        score,
        first_seen_on,
        estimated_kwh,
        reason,
        null as level_drop,
        null as night_drop,
        null as load_off,
        null as rollback_days,
        null as scattered_lows,
        null as tamper_days,
        null as missing_day_kwh,
        null as lost_day_kwh,
        stopped_days
    from failures

),

final as (

    select
        unioned.meter_id,
        meters.meter_number,
        meters.account_id,
        meters.consumer_type,
        meters.district,
        meters.feeder,
        unioned.anomaly_type,
        unioned.period_start,
        unioned.period_end,
        unioned.score,
        unioned.score >= {{ var('anomaly_flag_score') }} as is_flagged,
        unioned.trace,
        unioned.reason,
        unioned.estimated_kwh,
        unioned.first_seen_on,
        cast(unioned.level_drop as decimal(9, 4)) as level_drop,
        cast(unioned.night_drop as decimal(9, 4)) as night_drop,
        cast(unioned.load_off as decimal(9, 4)) as load_off,
        cast(unioned.rollback_days as bigint) as rollback_days,
        cast(unioned.scattered_lows as bigint) as scattered_lows,
        cast(unioned.tamper_days as bigint) as tamper_days,
        cast(unioned.missing_day_kwh as decimal(18, 3)) as missing_day_kwh,
        cast(unioned.lost_day_kwh as decimal(18, 3)) as lost_day_kwh,
        unioned.stopped_days
    from unioned
    inner join meters
        on unioned.meter_id = meters.meter_id

)

select * from final
