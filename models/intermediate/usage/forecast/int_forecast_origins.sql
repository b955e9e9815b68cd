with as_of as (

    select * from {{ ref('int_as_of_date') }}

),

numbered as (

    select
        as_of_date,
        {{ each_integer(0, var('forecast_backtest_weeks')) }} as weeks_ago
    from as_of

),

final as (

    select
        weeks_ago,
        {{ day_add('as_of_date', '-7 * weeks_ago') }} as origin_on
    from numbered

)

select * from final
