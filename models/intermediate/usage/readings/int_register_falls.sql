-- Days on which readings run backwards by more than a single garbage hour would. A register cannot
-- be turned back by more than it ever counted: such a value is evidence of nothing. One that loses
-- all it has counted since the first reading or its last restart, to within a day, has restarted.

with days as (

    select * from {{ ref('int_daily_consumption') }}
    where read_on <= {{ as_of_date() }}

),

fallen_meters as (

    select meter_number
    from days
    where -negative_kwh > {{ var('register_fall_min_kwh') }}
    group by meter_number

),

counted as (

    select
        days.meter_number,
        days.read_on,
        -days.negative_kwh as fallen_kwh,
        coalesce(days.validated_kwh, 0) as day_kwh,
        sum(coalesce(days.validated_kwh, 0)) over (
            partition by days.meter_number order by days.read_on
            rows between unbounded preceding and current row
        ) as counted_kwh
    from days
    inner join fallen_meters
        on days.meter_number = fallen_meters.meter_number

),

-- what a register that began at 0 would show after the fall
netted as (

    select
        *,
        fallen_kwh <= counted_kwh as is_possible,
        counted_kwh - sum(case when fallen_kwh <= counted_kwh then fallen_kwh else 0 end) over falls
            as left_kwh,
        sum(case when fallen_kwh <= counted_kwh then 0 else 1 end) over falls as restarts
    from counted
    where fallen_kwh > {{ var('register_fall_min_kwh') }}
    window falls as (
        partition by meter_number order by read_on
        rows between unbounded preceding and current row
    )

),

-- and one that restarted with its last fall, or with the last that was more than it had counted
based as (

    select
        *,
        left_kwh - lag(left_kwh) over (
            partition by meter_number order by read_on
        ) as left_since_fall,
        left_kwh - max(case when not is_possible then left_kwh end) over (
            partition by meter_number, restarts
        ) as left_since_restart
    from netted

),

final as (

    select
        meter_number,
        read_on as fell_on,
        cast(fallen_kwh as decimal(18, 3)) as fallen_kwh,
        cast(counted_kwh as decimal(18, 3)) as counted_kwh,
        case
            when not is_possible or left_kwh < -fallen_kwh * {{ var('register_restart_share') }}
                then 'impossible'
            when
                least(
                    abs(left_kwh),
                    coalesce(abs(left_since_fall), abs(left_kwh)),
                    coalesce(abs(left_since_restart), abs(left_kwh))
                )
                <= greatest(fallen_kwh * {{ var('register_restart_share') }}, day_kwh)
                then 'restarted'
            else 'turned_back'
        end as course
    from based

)

select * from final
