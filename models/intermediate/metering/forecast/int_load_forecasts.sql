-- Forecasts of the seven days after an origin, from what was known on it: the first is that of the
-- as-of date, those of the weeks before are there to be tested. The same hour of the week before
-- says what comes; where that was interrupted or not read, an earlier week does. Beside it stands the
-- naive guess that every day is like the last, told from the same origin.

with hours as (

    select * from {{ ref('int_feeder_hours') }}
    where is_usable and load_kw is not null

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

feeders as (

    select feeder from {{ ref('int_feeder_hours') }}
    group by feeder

),

origins as (

    select
        weeks_ago,
        {{ day_add('as_of_date', '-7 * weeks_ago') }} as origin_on
    from (
        select
            as_of_date,
            {{ each_integer(0, var('forecast_backtest_weeks')) }} as weeks_ago
        from as_of
    ) as numbered

),

-- an hour of the past speaks for the hour so many weeks on, and for the same hour of coming days
weekly as (

    select
        origins.weeks_ago,
        hours.feeder,
        cast(
            {{ dbt.dateadd('day', '7 * weeks.weeks_back', 'hours.hour_start') }} as timestamp
        ) as hour_start,
        weeks.weeks_back,
        hours.load_kw
    from hours
    cross join (select {{ each_integer(1, var('forecast_weeks_back')) }} as weeks_back) as weeks
    inner join origins
        on
        cast(hours.hour_start as date)
        > {{ day_add('origins.origin_on', '-7 * weeks.weeks_back') }}
        and cast(hours.hour_start as date)
        <= {{ day_add('origins.origin_on', '7 - 7 * weeks.weeks_back') }}

),

seasonal as (

    select
        weeks_ago,
        feeder,
        hour_start,
        min(weeks_back) as weeks_back,
        min_by(load_kw, weeks_back) as forecast_kw
    from weekly
    group by weeks_ago, feeder, hour_start

),

-- the last day before the origin on which the hour was read
daily as (

    select
        origins.weeks_ago,
        hours.feeder,
        extract(hour from hours.hour_start) as hour_of_day,
        max_by(hours.load_kw, hours.hour_start) as naive_kw
    from hours
    inner join origins
        on
        cast(hours.hour_start as date) > {{ day_add('origins.origin_on', -7) }}
        and cast(hours.hour_start as date) <= origins.origin_on
    group by origins.weeks_ago, hours.feeder, extract(hour from hours.hour_start)

),

targets as (

    select
        origins.weeks_ago,
        origins.origin_on,
        feeders.feeder,
        cast(
            {{ dbt.dateadd('hour', 'steps.hour_no', 'cast(origins.origin_on as timestamp)') }}
            as timestamp
        ) as hour_start
    from origins
    cross join feeders
    cross join (select {{ each_integer(24, 191) }} as hour_no) as steps

),

final as (

    select
        targets.weeks_ago,
        targets.origin_on,
        targets.feeder,
        targets.hour_start,
        cast(seasonal.forecast_kw as decimal(18, 3)) as forecast_kw,
        seasonal.weeks_back,
        cast(daily.naive_kw as decimal(18, 3)) as naive_kw
    from targets
    left join seasonal
        on
        targets.weeks_ago = seasonal.weeks_ago
        and targets.feeder = seasonal.feeder
        and targets.hour_start = seasonal.hour_start
    left join daily
        on
        targets.weeks_ago = daily.weeks_ago
        and targets.feeder = daily.feeder
        and extract(hour from targets.hour_start) = daily.hour_of_day

)

select * from final
