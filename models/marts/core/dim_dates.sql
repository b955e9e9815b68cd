with days as (

    {{ calendar_days() }}

),

final as (

    select
        calendar_date as date_key,
        cast(extract(year from calendar_date) as integer) as calendar_year,
        cast(extract(quarter from calendar_date) as integer) as calendar_quarter,
        cast(extract(month from calendar_date) as integer) as calendar_month,
        cast(extract(day from calendar_date) as integer) as day_of_month,
        cast({{ iso_day_of_week('calendar_date') }} as integer) as day_of_week,
        {{ iso_day_of_week('calendar_date') }} >= 6 as is_weekend,
        cast(date_trunc('month', calendar_date) as date) as month_start,
        cast(last_day(calendar_date) as date) as month_end,
        calendar_date = last_day(calendar_date) as is_month_end
    from days

)

select * from final
