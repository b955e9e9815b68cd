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

places as (

    select * from {{ ref('int_metered_places') }}

),

meters as (

    select * from {{ ref('int_meters') }}

),

judged_meters as (

    select
        place_id,
        meter_id,
        min(read_on) as first_judged_on,
        max(read_on) as last_judged_on
    from {{ ref('int_day_residuals') }}
    group by place_id, meter_id

),

-- a meter that was taken down before the suspicious spell has nothing to do with it
suspected as (

    select
        scores.*,
        judged_meters.meter_id,
        judged_meters.last_judged_on as meter_last_on,
        case
            when judged_meters.last_judged_on >= scores.suspected_from
                then greatest(scores.suspected_from, judged_meters.first_judged_on)
            else judged_meters.first_judged_on
        end as meter_from,
        case
            when judged_meters.last_judged_on >= scores.suspected_from then scores.trace
            else 'none'
        end as meter_trace,
        case
            when judged_meters.last_judged_on >= scores.suspected_from then scores.score
            else 0
        end as meter_score
    from scores
    inner join judged_meters
        on scores.place_id = judged_meters.place_id

),

thefts as (

    select
        suspected.meter_id,
        'energy_theft' as anomaly_type,
        suspected.meter_trace as trace,
        suspected.meter_from as period_start,
        suspected.meter_last_on as period_end,
        cast(suspected.meter_score as decimal(5, 4)) as score,
        -- by then its trace is long enough to be one
        case
            when suspected.meter_trace = 'rollback' then suspected.meter_from
            else least(
                {{ day_add('suspected.meter_from', var('anomaly_min_days_after')) }},
                suspected.meter_last_on
            )
        end as first_seen_on,
        losses.lost_kwh as estimated_kwh,
        {{ theft_reason('meter_trace') }} as reason,
        suspected.level_drop,
        suspected.night_drop,
        suspected.load_off,
        suspected.rollback_days,
        suspected.scattered_lows,
        suspected.tamper_days,
        suspected.missing_day_kwh,
        suspected.lost_day_kwh,
        cast(null as bigint) as stopped_days
    from suspected
    left join losses
        on suspected.meter_id = losses.meter_id

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
    left join places
        on stops.meter_id = places.meter_id
    left join noise
        on places.place_id = noise.place_id

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
